// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package databases

import (
	"database/sql"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

var postgres = engine{
	name:       "PostgreSQL",
	main:       "postgres",
	scheme:     "postgres",
	files:      func(s *Server) error { return s.account.write(s.path("password"), []byte(adminPassword)) },
	initialize: initPostgres,
	serve:      servePostgres,
	open: func(s *Server, database string) (*sql.DB, error) {
		return sql.Open("pgx", s.DSN(administrator, adminPassword, database, "sslmode=disable"))
	},
}

// postgresBinary looks next to the server, because Debian keeps its programs out of PATH.
func postgresBinary(name string) (string, error) {
	server, err := find("PostgreSQL", "the package postgresql", "postgres",
		"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin")
	return filepath.Join(filepath.Dir(server), name), err
}

func initPostgres(s *Server) (*exec.Cmd, error) {
	program, err := postgresBinary("initdb")
	if err != nil {
		return nil, err
	}
	return exec.Command(program, "--pgdata", s.path("data"), "--username", administrator, "--pwfile", s.path("password"),
		"--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--no-sync"), nil
}

func servePostgres(s *Server) (*exec.Cmd, error) {
	program, err := postgresBinary("postgres")
	if err != nil {
		return nil, err
	}
	// Use a file and not arguments, so that a test can change a setting with ALTER SYSTEM.
	var settings strings.Builder
	for name, value := range map[string]string{
		"port": strconv.Itoa(s.Port), "listen_addresses": "127.0.0.1", "unix_socket_directories": "",
		"ssl": "on", "ssl_cert_file": s.path(certificateFile), "ssl_key_file": s.path(keyFile),
		"fsync": "off", "shared_buffers": "16MB", "max_connections": "40",
	} {
		fmt.Fprintf(&settings, "%s = '%s'\n", name, value)
	}
	if err := s.account.write(filepath.Join(s.path("data"), "postgresql.conf"), []byte(settings.String())); err != nil {
		return nil, err
	}
	return exec.Command(program, "-D", s.path("data")), nil
}
