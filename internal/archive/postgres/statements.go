// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"fmt"
	"strings"

	"github.com/seatplane/seatplane/internal/archive"
)

// All values are sent and read as text, in arrays with one element for each row. So one statement stores any number of
// rows, and what is read back has the form of what was sent.

// insert is the statement that adds the rows that are not there. It never changes a row. It returns the first column
// of each row that it added.
func insert(t archive.Table) string {
	return fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM %s AS r(%s) ON CONFLICT DO NOTHING RETURNING %s",
		t.Name, names(t), casts(t), arrays(len(t.Columns)), names(t), t.Columns[0].Name)
}

// replaceStates is the statement that stores the states of invoices that are stored.
func replaceStates() string {
	t := archive.InvoiceStates
	var sets []string
	for _, column := range t.Columns[1:] {
		sets = append(sets, column.Name+" = excluded."+column.Name)
	}
	return fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM %s AS r(%s) WHERE EXISTS (SELECT FROM %s AS i WHERE i.uid = r.invoice_uid)"+
		" ON CONFLICT (invoice_uid) DO UPDATE SET %s, seen_at = now()",
		t.Name, names(t), casts(t), arrays(len(t.Columns)), names(t), archive.Invoices.Name, strings.Join(sets, ", "))
}

// read is the statement that reads the rows with the given identities.
func read(t archive.Table) string {
	conditions := make([]string, len(t.Identity))
	for n, column := range t.Identity {
		conditions[n] = fmt.Sprintf("t.%s = k.%s::%s", column, column, t.Columns[t.At(column)].Type)
	}
	order := ""
	if t.At("position") >= 0 {
		order = " ORDER BY t." + t.Identity[0] + ", t.position"
	}
	return fmt.Sprintf("SELECT %s FROM %s AS t JOIN (SELECT DISTINCT * FROM %s) AS k(%s) ON %s%s",
		texts(t), t.Name, arrays(len(t.Identity)), strings.Join(t.Identity, ", "), strings.Join(conditions, " AND "), order)
}

const (
	knownUpdates = "SELECT u.uid FROM updates AS u JOIN unnest($1::text[]) AS k(uid) ON u.uid = k.uid"

	knownInvoices = "SELECT k.uid, i.uid, s.resource_version" +
		" FROM unnest($1::text[], $2::text[], $3::text[]) AS k(uid, subscription, sequence)" +
		" JOIN invoices AS i ON i.subscription_uid = k.subscription AND i.sequence = k.sequence::bigint" +
		" LEFT JOIN invoice_states AS s ON s.invoice_uid = i.uid"

	checked = "SELECT k.uid, coalesce(i.sequence, 0)::text, i.name, i.cell" +
		" FROM unnest($1::text[]) AS k(uid)" +
		" LEFT JOIN LATERAL (SELECT sequence, name, cell FROM invoices WHERE subscription_uid = k.uid ORDER BY sequence DESC LIMIT 1) AS i ON true" +
		" WHERE i.sequence IS NOT NULL OR EXISTS (SELECT FROM subscriptions AS s WHERE s.uid = k.uid)"
)

func names(t archive.Table) string {
	all := make([]string, len(t.Columns))
	for n, column := range t.Columns {
		all[n] = column.Name
	}
	return strings.Join(all, ", ")
}

// casts converts the texts of a row to the types of the table.
func casts(t archive.Table) string {
	all := make([]string, len(t.Columns))
	for n, column := range t.Columns {
		all[n] = fmt.Sprintf("r.%s::%s", column.Name, column.Type)
	}
	return strings.Join(all, ", ")
}

// texts converts the columns of a table to the texts that were sent.
func texts(t archive.Table) string {
	all := make([]string, len(t.Columns))
	for n, column := range t.Columns {
		all[n] = "t." + column.Name + "::text"
		if column.Type == archive.Instant {
			all[n] = fmt.Sprintf(`to_char(t.%s AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`, column.Name)
		}
	}
	return strings.Join(all, ", ")
}

// arrays is a table of so many columns, each from one parameter.
func arrays(columns int) string {
	all := make([]string, columns)
	for n := range all {
		all[n] = fmt.Sprintf("$%d::text[]", n+1)
	}
	return "unnest(" + strings.Join(all, ", ") + ")"
}

// columnsOf turns rows into one array for each column.
func columnsOf(rows []archive.Row, columns int) []any {
	all := make([]any, columns)
	for n := range all {
		values := make([]*string, len(rows))
		for row := range rows {
			values[row] = rows[row][n]
		}
		all[n] = values
	}
	return all
}

// identities turns the identities of rows into one array for each column.
func identities(t archive.Table, rows []archive.Row) []any {
	all := make([][]string, len(t.Identity))
	for _, row := range rows {
		for n, value := range t.Identify(row) {
			all[n] = append(all[n], value)
		}
	}
	parameters := make([]any, len(all))
	for n := range all {
		parameters[n] = all[n]
	}
	return parameters
}
