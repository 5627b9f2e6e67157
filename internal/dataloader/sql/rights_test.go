// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package sql

import (
	"fmt"
	"strings"
	"testing"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
)

// A user whose query could do more than read tables is refused, and the right is named.
func TestServerRefusesRights(t *testing.T) {
	cases := map[string]struct {
		reason string
		driver v1alpha1.SQLDriver
		make   []string
		right  string
	}{
		"Superuser": {
			reason: "pg_read_file and the like work in a read-only transaction", driver: v1alpha1.DriverPostgres,
			make: []string{"CREATE ROLE %[1]s LOGIN SUPERUSER PASSWORD 'hunter2'"}, right: "SUPERUSER",
		},
		"MemberOfSuperuser": {
			reason: "set_config('role', …) is a function", driver: v1alpha1.DriverPostgres,
			make:  []string{"CREATE ROLE boss_of_%[1]s SUPERUSER", "CREATE ROLE %[1]s LOGIN NOINHERIT PASSWORD 'hunter2' IN ROLE boss_of_%[1]s"},
			right: "SUPERUSER",
		},
		"ReadServerFiles": {
			reason: "files of the server", driver: v1alpha1.DriverPostgres,
			make: []string{"CREATE ROLE %[1]s LOGIN PASSWORD 'hunter2' IN ROLE pg_read_server_files"}, right: "pg_read_server_files",
		},
		"WriteServerFiles": {
			reason: "files of the server", driver: v1alpha1.DriverPostgres,
			make: []string{"CREATE ROLE %[1]s LOGIN PASSWORD 'hunter2' IN ROLE pg_write_server_files"}, right: "pg_write_server_files",
		},
		"Program": {
			reason: "programs of the server", driver: v1alpha1.DriverPostgres,
			make: []string{"CREATE ROLE %[1]s LOGIN PASSWORD 'hunter2' IN ROLE pg_execute_server_program"}, right: "pg_execute_server_program",
		},
		"Signal": {
			reason: "pg_terminate_backend is a function", driver: v1alpha1.DriverPostgres,
			make: []string{"CREATE ROLE %[1]s LOGIN PASSWORD 'hunter2' IN ROLE pg_signal_backend"}, right: "pg_signal_backend",
		},
		"Replication": {
			reason: "a slot that nobody reads fills the disk", driver: v1alpha1.DriverPostgres,
			make: []string{"CREATE ROLE %[1]s LOGIN REPLICATION PASSWORD 'hunter2'"}, right: "REPLICATION",
		},
		"ReadsAllData": {
			reason: "reading is what it is for", driver: v1alpha1.DriverPostgres,
			make: []string{"CREATE ROLE %[1]s LOGIN PASSWORD 'hunter2' IN ROLE pg_read_all_data"},
		},
		"File": {
			reason: "files of the server", driver: v1alpha1.DriverMySQL,
			make: []string{"CREATE USER %[1]s IDENTIFIED BY 'hunter2'", "GRANT SELECT, FILE ON *.* TO %[1]s"}, right: "FILE",
		},
		"Super": {
			reason: "what administrators may", driver: v1alpha1.DriverMySQL,
			make: []string{"CREATE USER %[1]s IDENTIFIED BY 'hunter2'", "GRANT SUPER ON *.* TO %[1]s", "GRANT SELECT ON *.* TO %[1]s"}, right: "SUPER",
		},
		"All": {
			reason: "everything", driver: v1alpha1.DriverMySQL,
			make: []string{"CREATE USER %[1]s IDENTIFIED BY 'hunter2'", "GRANT ALL ON *.* TO %[1]s"}, right: "ALL PRIVILEGES",
		},
		"DefaultRole": {
			reason: "by a role that is on from the beginning", driver: v1alpha1.DriverMySQL,
			make: []string{
				"CREATE ROLE files_of_%[1]s", "GRANT FILE ON *.* TO files_of_%[1]s", "CREATE USER %[1]s IDENTIFIED BY 'hunter2'",
				"GRANT SELECT ON *.* TO %[1]s", "GRANT files_of_%[1]s TO %[1]s", "SET DEFAULT ROLE files_of_%[1]s FOR %[1]s",
			},
			right: "FILE",
		},
		"ReadsEverything": {
			reason: "reading is what it is for", driver: v1alpha1.DriverMySQL,
			make: []string{"CREATE USER %[1]s IDENTIFIED BY 'hunter2'", "GRANT SELECT ON *.* TO %[1]s"},
		},
		"OwnsADatabase": {
			reason: "all rights on one database are not rights on the server", driver: v1alpha1.DriverMySQL,
			make: []string{"CREATE USER %[1]s IDENTIFIED BY 'hunter2'", "GRANT ALL ON `%%`.* TO %[1]s"},
		},
	}
	onServers(t, func(t *testing.T, s *stage) {
		for name, tc := range cases {
			if tc.driver != s.driver {
				continue
			}
			t.Run(name, func(t *testing.T) {
				user := "rights_" + strings.ToLower(name)
				for _, statement := range tc.make {
					if err := s.server.Exec(s.database, fmt.Sprintf(statement, user)); err != nil {
						t.Fatal(err)
					}
				}
				s.use(s.server.DSN(user, "hunter2", s.database, [2]string{"sslmode=disable", "tls=false"}[place(s.driver)]))
				_, err := s.load("SELECT 'acme', 1")
				if tc.right == "" {
					if err != nil {
						t.Errorf("%s: got %v", tc.reason, err)
					}
					return
				}
				failure := dataloader.AsFailure(err)
				if failure.Reason != dataloader.ReasonSourceError || !strings.Contains(failure.Message, "the database user has the right "+tc.right+",") {
					t.Errorf("%s: got %v, want that it names %s", tc.reason, err, tc.right)
				}
			})
		}
	})
}

func TestExcessOf(t *testing.T) {
	cases := map[string]struct {
		reason, grant, want string
	}{
		"Usage":       {reason: "nothing", grant: "GRANT USAGE ON *.* TO `u`@`%` IDENTIFIED BY PASSWORD '*1'"},
		"Select":      {reason: "tables of a database", grant: "GRANT SELECT ON `crm`.* TO `u`@`%`"},
		"Among":       {reason: "among others", grant: "GRANT SELECT, PROCESS, FILE, REPLICATION CLIENT ON *.* TO `u`@`%`", want: "FILE"},
		"Everything":  {reason: "all", grant: "GRANT ALL PRIVILEGES ON *.* TO `u`@`%` WITH GRANT OPTION", want: "ALL PRIVILEGES"},
		"OneDatabase": {reason: "all of a database", grant: "GRANT ALL PRIVILEGES ON `crm`.* TO `u`@`%`"},
		"OddColumn":   {reason: "a column with an odd name", grant: "GRANT SELECT (`FILE`) ON `crm`.`users` TO `u`@`%`"},
		"Role":        {reason: "a role", grant: "GRANT `FILE`@`%` TO `u`@`%`"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := excessOf(tc.grant); got != tc.want {
				t.Errorf("%s: got %q, want %q", tc.reason, got, tc.want)
			}
		})
	}
}
