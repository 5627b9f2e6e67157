// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package databases

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/seatplane/seatplane/internal/testing/watchdog"
)

const (
	// readyTimeout is generous because tests of several packages start servers at once on small machines.
	readyTimeout = 90 * time.Second
	// attempts allows for a port that another process took between choosing and using it.
	attempts = 3

	administrator = "seatplane_admin"
	// adminPassword protects nothing, because the server belongs to a test and listens on loopback.
	adminPassword = "administrator-of-a-test"
)

// engine is what differs between the kinds of servers.
type engine struct {
	name string
	// files prepares the files that the server reads, in its folder.
	files func(*Server) error
	// initialize returns the command that creates the data folder.
	initialize func(*Server) (*exec.Cmd, error)
	// serve returns the command that serves it.
	serve func(*Server) (*exec.Cmd, error)
	// open returns a pool for the administrator; see Server.Open.
	open func(s *Server, database string) (*sql.DB, error)
	// main is a database that always exists.
	main string
	// scheme is the scheme of connection strings.
	scheme string
}

// Server is a running database server. Stop it when done. Its methods must be called by one
// goroutine.
type Server struct {
	// Dir is the temporary folder. It contains the server's log.
	Dir string
	// Port is the port on 127.0.0.1.
	Port int

	engine   engine
	account  account
	ca       []byte
	cmd      *exec.Cmd
	ended    chan struct{}
	watchdog *watchdog.Watchdog
	stopOnce sync.Once
	stopErr  error
}

// LaunchPostgres starts a PostgreSQL server and returns when it answers. Its error says in one
// sentence what to install.
func LaunchPostgres() (*Server, error) { return launch(postgres) }

// LaunchMariaDB starts a MariaDB server and returns when it answers. Its error says in one sentence
// what to install.
func LaunchMariaDB() (*Server, error) { return launch(mariadb) }

func launch(e engine) (*Server, error) {
	for attempt := 1; ; attempt++ {
		s, err := launchOnce(e)
		if err == nil || attempt == attempts || errors.Is(err, ErrMissing) {
			return s, err
		}
	}
}

func launchOnce(e engine) (*Server, error) {
	dir, err := os.MkdirTemp("", "seatplane-"+e.name+"-")
	if err != nil {
		return nil, err
	}
	dog, err := watchdog.New(dir)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	s := &Server{Dir: dir, engine: e, watchdog: dog}
	if err := s.prepare(); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	if err := s.start(); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

// prepare creates everything that survives a crash of the server.
func (s *Server) prepare() error {
	var err error
	if s.account, err = unprivileged(); err != nil {
		return err
	}
	if s.Port, err = freePort(); err != nil {
		return err
	}
	if err := s.account.own(s.Dir); err != nil {
		return err
	}
	if s.ca, err = writeCertificates(s); err != nil {
		return err
	}
	if err := s.engine.files(s); err != nil {
		return err
	}
	cmd, err := s.engine.initialize(s)
	if err != nil {
		return err
	}
	s.account.use(cmd)
	cmd.Dir = s.Dir
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s cannot make its folder: %w\n%s", s.engine.name, err, said)
	}
	return nil
}

// start runs the server and waits until it answers.
func (s *Server) start() error {
	cmd, err := s.engine.serve(s)
	if err != nil {
		return err
	}
	log, err := os.OpenFile(s.log(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	// Use a file and not a pipe, because a pipe would break and end the server in the middle of its
	// output.
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Dir = s.Dir
	s.account.use(cmd)
	if err := s.watchdog.Start(cmd); err != nil {
		return err
	}
	s.cmd, s.ended = cmd, make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(s.ended)
	}()
	return s.awaitReady()
}

func (s *Server) awaitReady() error {
	db, err := s.Open("")
	if err != nil {
		return err
	}
	defer db.Close()
	ctx, cancel := context.WithTimeout(context.Background(), readyTimeout)
	defer cancel()
	for {
		err := db.PingContext(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-s.ended:
			return fmt.Errorf("%s does not start%s", s.engine.name, s.lastWords())
		case <-ctx.Done():
			return fmt.Errorf("%s does not answer: %w%s", s.engine.name, err, s.lastWords())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Open returns a pool for the administrator of the server. An empty database means one that always
// exists. Close it when done.
func (s *Server) Open(database string) (*sql.DB, error) {
	if database == "" {
		database = s.engine.main
	}
	return s.engine.open(s, database)
}

// Exec executes statements in a database as the administrator, one after another.
func (s *Server) Exec(database string, statements ...string) error {
	db, err := s.Open(database)
	if err != nil {
		return err
	}
	defer db.Close()
	for _, statement := range statements {
		if _, err := db.Exec(statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

// DSN returns a connection string for a user, with parameters such as "sslmode=require".
func (s *Server) DSN(user, password, database string, parameters ...string) string {
	dsn := url.URL{
		Scheme: s.engine.scheme, User: url.UserPassword(user, password),
		Host: s.Address(), Path: "/" + database, RawQuery: strings.Join(parameters, "&"),
	}
	return dsn.String()
}

// Address returns the host and port that it listens on.
func (s *Server) Address() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.Port)) }

// CA returns the certificate, in PEM, of the authority that signed the server's own. That one is for
// the name localhost and for no address.
func (s *Server) CA() []byte { return s.ca }

// Kill ends the server and all of its processes at once, as a power cut would.
func (s *Server) Kill() error {
	if s.cmd == nil {
		return nil
	}
	killWithChildren(s.cmd.Process)
	<-s.ended
	err := s.watchdog.Forget(s.cmd.Process.Pid)
	s.cmd = nil
	return err
}

// Restart starts a killed server again, on the same port and data, and returns when it answers.
func (s *Server) Restart() error {
	for attempt := 1; ; attempt++ {
		err := s.start()
		if err == nil || attempt == attempts {
			return err
		}
		// Remaining processes of the killed server may still use its port or its memory.
		err = s.Kill()
		if err != nil {
			return err
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// Stop ends everything and removes the temporary folder. Only the first call does something; later
// ones return the same error.
func (s *Server) Stop() error {
	s.stopOnce.Do(func() { s.stopErr = errors.Join(s.Kill(), s.watchdog.Release()) })
	return s.stopErr
}

func (s *Server) log() string { return filepath.Join(s.Dir, "server.log") }

func (s *Server) path(name string) string { return filepath.Join(s.Dir, name) }

// lastWords quotes the end of the log, which no longer exists when the caller reads the error.
func (s *Server) lastWords() string {
	const most = 2000
	content, err := os.ReadFile(s.log())
	if err != nil || len(content) == 0 {
		return ""
	}
	return fmt.Sprintf("\nlast words:\n%s", content[max(0, len(content)-most):])
}

func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}
