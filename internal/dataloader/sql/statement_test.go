// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package sql

import "testing"

func TestCheckStatement(t *testing.T) {
	for query, accepted := range map[string]bool{
		"SELECT tenant, count(*) FROM users GROUP BY tenant": true,
		"  select 1, 2 ; ":                                  true,
		"-- how many\nSELECT 1, 2":                          true,
		"/* ; */ WITH a AS (SELECT 1 x) SELECT x, x FROM a": true,
		"VALUES ('acme', 1)":                                true,
		"SELECT ';', \"a;b\", `c;d`, [e;f] -- ; DROP":       true,
		"SELECT 'it''s; fine', 1":                           true,
		"SELECT 1, 2; SELECT 3, 4":                          false,
		"SELECT 1, 2;; ":                                    false,
		"SELECT 1, 2; -- one\nDELETE FROM users":            false,
		"SELECT 'a'';', 1; DROP TABLE users":                false,
		"":                                                  false,
		" -- nothing":                                       false,
		"/* never closed":                                   false,
		"INSERT INTO users VALUES ('acme')":                 false,
		"DELETE FROM users":                                 false,
		"ATTACH DATABASE '/etc/other.db' AS other":          false,
		"PRAGMA query_only = 0":                             false,
		"VACUUM INTO '/tmp/copy.db'":                        false,
		"EXPLAIN SELECT 1, 2":                               false,
		"BEGIN":                                             false,
		"COMMIT":                                            false,
		"SELECTED":                                          false,
		"/**/PRAGMA writable_schema=1":                      false,
	} {
		if err := checkStatement(query, sqliteLexicon); (err == nil) != accepted {
			t.Errorf("%q: got %v, accepted should be %v", query, err, accepted)
		}
	}
}
