// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package databases

import (
	"database/sql"
	"fmt"
	"os/exec"
	"strconv"

	"github.com/go-sql-driver/mysql"
)

var mariadb = engine{
	name:       "MariaDB",
	main:       "mysql",
	scheme:     "mysql",
	files:      writeFirstStatements,
	initialize: initMariaDB,
	serve:      serveMariaDB,
	open:       openMariaDB,
}

// writeFirstStatements creates the file that the server executes at each start.
func writeFirstStatements(s *Server) error {
	statements := fmt.Sprintf("CREATE USER IF NOT EXISTS %[1]s@'%%' IDENTIFIED BY '%[2]s';\nGRANT ALL ON *.* TO %[1]s@'%%' WITH GRANT OPTION;\n",
		administrator, adminPassword)
	return s.account.write(s.path("first.sql"), []byte(statements))
}

// small reduces the memory of a server with few tables.
var small = []string{"--innodb-buffer-pool-size=32M", "--innodb-log-file-size=8M"}

func mariadbProgram(name string) (string, error) {
	return find("MariaDB", "the packages mariadb-server-core and mariadb-client-core", name,
		"/usr/bin", "/usr/sbin", "/usr/libexec", "/opt/homebrew/opt/mariadb/bin")
}

func initMariaDB(s *Server) (*exec.Cmd, error) {
	// The script needs another program, which is in a separate package on Debian.
	if _, err := mariadbProgram("my_print_defaults"); err != nil {
		return nil, err
	}
	program, err := mariadbProgram("mariadb-install-db")
	if err != nil {
		return nil, err
	}
	arguments := append([]string{
		"--no-defaults", "--datadir=" + s.path("data"), "--auth-root-authentication-method=normal", "--skip-test-db",
	}, small...)
	return exec.Command(program, arguments...), nil
}

func serveMariaDB(s *Server) (*exec.Cmd, error) {
	program, err := mariadbProgram("mariadbd")
	if err != nil {
		return nil, err
	}
	arguments := append([]string{
		"--no-defaults", "--datadir=" + s.path("data"), "--tmpdir=" + s.path("data"), "--init-file=" + s.path("first.sql"),
		"--port=" + strconv.Itoa(s.Port), "--bind-address=127.0.0.1", "--socket=" + s.path("socket"),
		"--ssl-cert=" + s.path(certificateFile), "--ssl-key=" + s.path(keyFile),
		"--innodb-flush-log-at-trx-commit=2", "--skip-log-bin", "--skip-name-resolve", "--character-set-server=utf8mb4",
	}, small...)
	return exec.Command(program, arguments...), nil
}

func openMariaDB(s *Server, database string) (*sql.DB, error) {
	config := mysql.NewConfig()
	config.User, config.Passwd = administrator, adminPassword
	config.Net, config.Addr, config.DBName = "tcp", s.Address(), database
	// The logger would report each attempt to reach a server that is still starting.
	config.Logger = &mysql.NopLogger{}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector), nil
}
