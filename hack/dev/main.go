// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Command dev runs a control plane and the manager until it is interrupted, so that you can try
// things.
//
// With the argument sql it executes statements on a database instead: on that of the demo's users, or
// on one that you name first, such as my.db.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/seatplane/seatplane/hack/internal/crm"
	"github.com/seatplane/seatplane/hack/internal/session"
	"github.com/seatplane/seatplane/internal/testing/controlplane"
	"github.com/seatplane/seatplane/internal/testing/playground"
)

func main() {
	status, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "dev:", err)
		status = 1
	}
	os.Exit(status)
}

func run(args []string) (status int, err error) {
	root, err := controlplane.Root()
	if err != nil {
		return 0, err
	}
	// Databases that people create are kept from one run to the next.
	home := cmp.Or(os.Getenv("SEATPLANE_DEV_HOME"), filepath.Join(root, "bin", "dev-home"))
	sqliteDir := filepath.Join(home, "sqlite")
	databases := filepath.Join(sqliteDir, cmp.Or(os.Getenv("SEATPLANE_DEV_NAMESPACE"), "default"))
	if err := os.MkdirAll(databases, 0o700); err != nil {
		return 0, err
	}
	users := filepath.Join(databases, crm.File)
	if len(args) > 0 && args[0] == "sql" {
		return 0, execute(databases, args[1:])
	}
	if len(args) > 0 {
		return 0, fmt.Errorf("unexpected argument %q: write none, or sql", args[0])
	}
	lock, err := onlyOne(filepath.Join(home, "lock"))
	if err != nil {
		return 0, err
	}
	defer lock.Close()
	if err := fillOnce(users); err != nil {
		return 0, fmt.Errorf("make the customer database %s: %w", users, err)
	}
	fmt.Println("Starting etcd, kube-apiserver and the operator. This takes a few seconds.")
	number := filepath.Join(home, "manager.pid")
	defer os.Remove(number) // another process may get the same ID
	dev := session.Session{Name: "dev", EndsByInterrupt: true, Play: wait(root, number), Revive: revive(number)}
	return dev.Run(playground.Options{
		Kubeconfig: filepath.Join(home, "kubeconfig"), SQLiteDir: sqliteDir, Args: laptop,
	}), nil
}

// laptop are the manager's flags for sources on this machine and in its own network, where neither
// databases nor HTTP servers have certificates. Those about loaders are not safe on a shared cluster.
var laptop = []string{
	"--loader-allowed-networks=127.0.0.0/8,::1/128,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16",
	"--loader-allow-plain-sql", "--loader-allow-plain-http",
	"--events=All", // whoever plays wants to see everything that happens
}

// onlyOne makes sure that only one instance runs at a time, because two would share a kubeconfig.
func onlyOne(path string) (*os.File, error) {
	lock, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(errors.New("make dev is running already: use that one, or stop it first"), lock.Close())
	}
	return lock, nil
}

// fillOnce creates the customer database if it does not exist.
func fillOnce(path string) error {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	users, err := crm.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(users.Fill(context.Background()), users.Close())
}

// execute executes statements on a database, and prints the results of a SELECT.
func execute(folder string, args []string) error {
	file := crm.File
	if len(args) > 1 && strings.HasSuffix(args[0], ".db") {
		file, args = args[0], args[1:]
	}
	if file != filepath.Base(file) {
		return fmt.Errorf("write the name of a file in %s, without a path", folder)
	}
	if file == crm.File {
		if err := fillOnce(filepath.Join(folder, file)); err != nil {
			return err
		}
	}
	database, err := crm.Open(filepath.Join(folder, file))
	if err != nil {
		return err
	}
	defer database.Close()
	statements := strings.TrimSpace(strings.Join(args, " "))
	if strings.HasPrefix(strings.ToUpper(statements), "SELECT") {
		return database.Print(context.Background(), os.Stdout, statements)
	}
	return database.Exec(context.Background(), statements)
}

// wait explains how to use what is running, and waits for the interrupt. It writes the process ID of
// the manager to a file.
func wait(root, number string) func(context.Context, *playground.Playground) error {
	return func(ctx context.Context, ground *playground.Playground) error {
		if err := note(number, ground.Manager); err != nil {
			return err
		}
		fmt.Print(guide(root, number, ground))
		<-ctx.Done()
		return context.Cause(ctx)
	}
}
