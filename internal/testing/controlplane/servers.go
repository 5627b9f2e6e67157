// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"syscall"
	"time"

	"k8s.io/client-go/rest"
)

// Server is etcd or kube-apiserver, for tests that kill it and start it again on its data. Its methods must be
// called by one goroutine at a time.
type Server struct {
	// Name is that of the program.
	Name string

	running *Running
	ready   func(context.Context) error
	pid     int
	args    []string
	exited  <-chan struct{}
}

// Etcd returns etcd as it was launched.
func (r *Running) Etcd() (*Server, error) {
	return r.server("etcd", http.DefaultClient, r.EtcdURL()+"/health")
}

// APIServer returns kube-apiserver as it was launched.
func (r *Running) APIServer() (*Server, error) {
	admin, err := rest.HTTPClientFor(r.Config)
	if err != nil {
		return nil, err
	}
	base, _, err := rest.DefaultServerUrlFor(r.Config)
	if err != nil {
		return nil, err
	}
	return r.server("kube-apiserver", admin, base.JoinPath("readyz").String())
}

func (r *Running) server(name string, asking *http.Client, url string) (*Server, error) {
	pid, args, err := r.watchdog.Noted(r.Binary(name))
	if err != nil {
		return nil, fmt.Errorf("%s was not launched: %w", name, err)
	}
	ready := func(ctx context.Context) error { return answersOK(ctx, asking, url) }
	return &Server{Name: name, running: r, ready: ready, pid: pid, args: args}, nil
}

// answersOK asks a server for its health once.
func answersOK(ctx context.Context, asking *http.Client, url string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	response, err := asking.Do(request)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		err = fmt.Errorf("it answers %s", response.Status)
	}
	return errors.Join(err, response.Body.Close())
}

// Kill ends the server at once, and returns when it has ended. It flushes nothing.
func (s *Server) Kill() error {
	if err := syscall.Kill(s.pid, syscall.SIGKILL); err != nil {
		return fmt.Errorf("killing %s: %w", s.Name, err)
	}
	// The first process is a child of envtest, which waits for it; the ID is free when that is done.
	for deadline := time.Now().Add(startTimeout); ; time.Sleep(time.Millisecond) {
		if errors.Is(syscall.Kill(s.pid, 0), syscall.ESRCH) {
			break
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%s does not end when it is killed", s.Name)
		}
	}
	return s.running.watchdog.Forget(s.pid)
}

// Start starts the server again after Kill, with the same flags, ports and data, and returns when it is ready.
// The error contains the end of the servers' logs.
func (s *Server) Start(ctx context.Context) error {
	log, err := os.OpenFile(s.running.logOf(s.Name), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command(s.running.Binary(s.Name), s.args...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := s.running.Guard(cmd); err != nil {
		return fmt.Errorf("starting %s again: %w", s.Name, err)
	}
	exited := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(exited)
	}()
	s.pid, s.exited = cmd.Process.Pid, exited
	return s.await(ctx)
}

// await returns when the server is ready.
func (s *Server) await(ctx context.Context) error {
	for deadline := time.Now().Add(startTimeout); ; {
		err := s.ready(ctx)
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%s is not ready again: %w%s", s.Name, err, s.running.lastWords())
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.exited:
			return fmt.Errorf("%s ends when it is started again%s", s.Name, s.running.lastWords())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Forget says that a process that Guard started has ended, because another process may get its ID.
func (r *Running) Forget(pid int) error { return r.watchdog.Forget(pid) }
