// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package databases

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

func TestServers(t *testing.T) {
	for name, launch := range map[string]func() (*Server, error){"Postgres": LaunchPostgres, "MariaDB": LaunchMariaDB} {
		t.Run(name, func(t *testing.T) {
			s := started(t, launch)
			if err := s.Exec("", "CREATE DATABASE crm"); err != nil {
				t.Fatal(err)
			}
			if err := s.Exec("crm", "CREATE TABLE users (tenant VARCHAR(20))", "INSERT INTO users VALUES ('acme'), ('acme')"); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if err := s.Kill(); err != nil {
					t.Fatal(err)
				}
				if err := s.Exec("crm", "SELECT 1"); err == nil {
					t.Fatal("a killed server answers")
				}
				if err := s.Restart(); err != nil {
					t.Fatal(err)
				}
				if err := check(s); err != nil {
					t.Error(err)
				}
			}
			dir := s.Dir
			if err := s.Stop(); err != nil {
				t.Error(err)
			}
			if _, err := os.Stat(dir); !os.IsNotExist(err) {
				t.Errorf("after Stop there is still %s: %v", dir, err)
			}
			if err := s.Exec("crm", "SELECT 1"); err == nil {
				t.Error("a stopped server answers")
			}
		})
	}
}

func check(s *Server) error {
	db, err := s.Open("crm")
	if err != nil {
		return err
	}
	defer db.Close()
	var count int
	if err := db.QueryRow("SELECT count(*) FROM users").Scan(&count); err != nil {
		return err
	}
	if count != 2 {
		return fmt.Errorf("after a crash there are %d rows of 2", count)
	}
	return nil
}

func TestMissing(t *testing.T) {
	_, err := find("Oracle", "the package oracle", "no-such-server", t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "make test-servers") {
		t.Errorf("got %v, which does not say what to do", err)
	}
}
