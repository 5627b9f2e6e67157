// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1_test

import "testing"

func TestArchiveValidation(t *testing.T) {
	validate(t, "Archive",
		selectors("spec.subscriptionSelector", "full/archive"),
		secretKeys("spec.postgres.dsnSecretRef", ""),
		secretKeys("spec.postgres.caSecretRef", "full/archive"),
		archiveRows,
	)
}

const (
	notASchema = "a schema has lower-case letters, digits and _ only, and begins neither with a digit nor with pg_: write one such as seatplane"
	notACell   = "the name of a cell has lower-case letters, digits and - only, and begins and ends with a letter or a digit: write one such as eu-1"
)

var archiveRows = map[string]row{
	"the least":    {reason: "a database is enough"},
	"everything":   {reason: "all fields together", from: "full/archive"},
	"no database":  {reason: "records have to go somewhere", with: "{spec.postgres: null}", refused: "Required value"},
	"no DSN":       {reason: "a database has an address", with: "{spec.postgres.dsnSecretRef: null}", refused: "Required value"},
	"a schema":     {reason: "schemas are named so", with: "{spec.postgres.schema: _books_2}"},
	"SQL":          {reason: "the name of a schema cannot be a statement", with: `{spec.postgres.schema: 'a"; DROP TABLE b'}`, refused: notASchema},
	"in capitals":  {reason: "SQL without quotes would not find it", with: "{spec.postgres.schema: Books}", refused: notASchema},
	"a catalog":    {reason: "PostgreSQL keeps these names", with: "{spec.postgres.schema: pg_books}", refused: notASchema},
	"a cell":       {reason: "cells are named so", with: "{spec.cell: eu-1}"},
	"an odd cell":  {reason: "people type it in SQL", with: `{spec.cell: "EU 1"}`, refused: notACell},
	"a cell moves": {reason: "what is archived carries the name", with: "{spec.cell: eu-1}", edit: "{spec.cell: eu-2}", refused: "the cell cannot be changed, because archived rows contain it: create another Archive"},
	"a schema moves": {
		reason: "what is archived would be left behind", with: "{spec.postgres.schema: a}", edit: "{spec.postgres.schema: b}",
		refused: "the schema cannot be changed: create another Archive for another schema",
	},
	"a cell is named late": {
		reason: "what is archived says default", edit: "{spec.cell: eu-1}", refused: "the cell cannot be changed, because archived rows contain it: create another Archive",
	},
	"the default is written": {reason: "it is the same cell and schema", edit: "{spec.cell: default, spec.postgres.schema: seatplane}"},
	"a schema is named late": {
		reason: "what is archived is in the default", edit: "{spec.postgres.schema: books}",
		refused: "the schema cannot be changed: create another Archive for another schema",
	},
	"another server": {
		reason: "databases move, with their content", edit: "{spec.postgres.dsnSecretRef.name: other}",
	},
}
