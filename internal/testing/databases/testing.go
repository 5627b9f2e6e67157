// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package databases

import "testing"

// StartPostgres runs a PostgreSQL server until the test ends. If it cannot run, the test fails; it is
// never skipped.
func StartPostgres(t testing.TB) *Server {
	t.Helper()
	return started(t, LaunchPostgres)
}

// StartMariaDB runs a MariaDB server until the test ends. If it cannot run, the test fails; it is
// never skipped.
func StartMariaDB(t testing.TB) *Server {
	t.Helper()
	return started(t, LaunchMariaDB)
}

func started(t testing.TB, launch func() (*Server, error)) *Server {
	t.Helper()
	s, err := launch()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Errorf("stopping %s: %v", s.engine.name, err)
		}
	})
	return s
}
