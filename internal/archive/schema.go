// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package archive

import (
	"embed"
	"fmt"
	"path"
	"slices"
)

// migrations are the statements that make the tables, one file for each version. A file that was released never
// changes.
//
//go:embed migrations/*.sql
var migrations embed.FS

// VersionsTable has one row for each migration that was made.
const VersionsTable = "schema_versions"

// Migration brings a schema from the version before to its own.
type Migration struct {
	// Version counts from 1, without gaps.
	Version int
	// SQL is a list of statements.
	SQL string
}

// Migrations returns all migrations, in order. The last one is the version that this program works with.
func Migrations() []Migration {
	entries, err := migrations.ReadDir("migrations")
	if err != nil {
		panic(err) // the folder is compiled in
	}
	var all []Migration
	for _, entry := range entries {
		content, err := migrations.ReadFile(path.Join("migrations", entry.Name()))
		if err != nil {
			panic(err) // the file is compiled in
		}
		var version int
		if _, err := fmt.Sscanf(entry.Name(), "%04d_", &version); err != nil {
			panic(fmt.Sprintf("the name of %s does not begin with four digits", entry.Name()))
		}
		all = append(all, Migration{Version: version, SQL: string(content)})
	}
	slices.SortFunc(all, func(a, b Migration) int { return a.Version - b.Version })
	return all
}

// Version returns the version of the schema that this program works with.
func Version() int {
	all := Migrations()
	return all[len(all)-1].Version
}
