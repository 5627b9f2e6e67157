// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package archive translates finished records to the rows of the archive's tables, and compares stored rows with
// what they should be (docs/archive.md).
//
// It is pure: it knows no database, no cluster and no clock. internal/archive/postgres stores the rows.
package archive

// Type is the type of a column, in SQL.
type Type string

// The types of columns.
const (
	Text    Type = "text"
	Integer Type = "bigint"
	Numeric Type = "numeric"
	Instant Type = "timestamptz"
	Boolean Type = "boolean"
	JSON    Type = "jsonb"
)

// Column is one column of a table.
type Column struct {
	Name string
	Type Type
	// Free means that the column is not compared. The cluster may have another value for the same record: an invoice
	// that was issued again after a restore has another UID.
	Free bool
	// Part is the member of a JSON object that is compared. "" compares the whole object.
	Part string
}

// Table describes one table, without the columns that the database fills.
type Table struct {
	Name    string
	Columns []Column
	// Identity are the columns that identify a row.
	Identity []string
}

// Row has one value for each column of a table, in the order of its columns. Nil is NULL.
type Row []*string

// The tables.
var (
	Subscriptions = Table{
		Name: "subscriptions", Identity: []string{"uid", "generation", "digest"},
		Columns: []Column{
			{Name: "uid", Type: Text},
			{Name: "generation", Type: Integer},
			{Name: "digest", Type: Text},
			{Name: "cell", Type: Text, Free: true},
			{Name: "namespace", Type: Text},
			{Name: "name", Type: Text},
			{Name: "customer_id", Type: Text},
			{Name: "customer_name", Type: Text},
			{Name: "external_ref", Type: Text},
			{Name: "test_clock", Type: Text},
			{Name: "created_at", Type: Instant},
			{Name: "object", Type: JSON},
		},
	}
	Updates = Table{
		Name: "updates", Identity: []string{"uid"},
		Columns: []Column{
			{Name: "uid", Type: Text},
			{Name: "cell", Type: Text},
			{Name: "namespace", Type: Text},
			{Name: "name", Type: Text},
			{Name: "subscription_uid", Type: Text},
			{Name: "subscription_name", Type: Text},
			{Name: "origin", Type: Text},
			{Name: "state", Type: Text},
			{Name: "reason", Type: Text},
			{Name: "summary", Type: Text},
			{Name: "created_at", Type: Instant},
			{Name: "applied_at", Type: Instant},
			{Name: "effective_at", Type: Instant},
			{Name: "adjustment", Type: Numeric},
			{Name: "currency", Type: Text},
			{Name: "invoice", Type: Text},
			{Name: "object", Type: JSON},
		},
	}
	UpdateItems = Table{
		Name: "update_items", Identity: []string{"update_uid"},
		Columns: []Column{
			{Name: "update_uid", Type: Text},
			{Name: "position", Type: Integer},
			{Name: "item", Type: Text},
			{Name: "product", Type: Text},
			{Name: "product_ref", Type: Text},
			{Name: "previous_plan", Type: Text},
			{Name: "new_plan", Type: Text},
			{Name: "previous_count", Type: Integer},
			{Name: "new_count", Type: Integer},
			{Name: "adjustment", Type: Numeric},
		},
	}
	UpdateLines = Table{Name: "update_lines", Identity: []string{"update_uid"}, Columns: lineColumns(Column{Name: "update_uid", Type: Text})}
	Invoices    = Table{
		Name: "invoices", Identity: []string{"subscription_uid", "sequence"},
		Columns: []Column{
			{Name: "uid", Type: Text, Free: true},
			{Name: "cell", Type: Text},
			{Name: "namespace", Type: Text},
			{Name: "name", Type: Text},
			{Name: "subscription_uid", Type: Text},
			{Name: "subscription_name", Type: Text},
			{Name: "customer_id", Type: Text},
			{Name: "customer_name", Type: Text},
			{Name: "type", Type: Text},
			{Name: "reason", Type: Text},
			{Name: "sequence", Type: Integer},
			{Name: "issued_at", Type: Instant},
			{Name: "period_start", Type: Instant},
			{Name: "period_end", Type: Instant},
			{Name: "currency", Type: Text},
			{Name: "subtotal", Type: Numeric},
			{Name: "credit_applied", Type: Numeric},
			{Name: "amount_due", Type: Numeric},
			{Name: "credit_balance_after", Type: Numeric},
			{Name: "previous", Type: Text},
			{Name: "created_at", Type: Instant, Free: true},
			{Name: "object", Type: JSON, Part: "spec"},
		},
	}
	InvoiceLines = Table{
		Name: "invoice_lines", Identity: []string{"invoice_uid"},
		Columns: lineColumns(Column{Name: "invoice_uid", Type: Text, Free: true}),
	}
	InvoiceStates = Table{
		Name: "invoice_states", Identity: []string{"invoice_uid"},
		Columns: []Column{
			{Name: "invoice_uid", Type: Text},
			{Name: "resource_version", Type: Text},
			{Name: "paid", Type: Boolean},
			{Name: "paid_at", Type: Instant},
			{Name: "void", Type: Boolean},
			{Name: "void_at", Type: Instant},
		},
	}
)

// lineColumns are the columns of a table of lines.
func lineColumns(of Column) []Column {
	return []Column{
		of,
		{Name: "position", Type: Integer},
		{Name: "key", Type: Text},
		{Name: "item", Type: Text},
		{Name: "product", Type: Text},
		{Name: "plan", Type: Text},
		{Name: "kind", Type: Text},
		{Name: "description", Type: Text},
		{Name: "quantity", Type: Integer},
		{Name: "unit_amount", Type: Numeric},
		{Name: "full_amount", Type: Numeric},
		{Name: "from_at", Type: Instant},
		{Name: "to_at", Type: Instant},
		{Name: "units", Type: Text},
		{Name: "units_in_period", Type: Text},
		{Name: "unit", Type: Text},
		{Name: "rounding", Type: Text},
		{Name: "unrounded_amount", Type: Text},
		{Name: "carried", Type: Text},
		{Name: "amount", Type: Numeric},
		{Name: "update_name", Type: Text},
		{Name: "count", Type: Integer},
		{Name: "first_update", Type: Text},
		{Name: "last_update", Type: Text},
	}
}

// TableOf returns the table of a kind of record: its own, and those of its parts. known is false for a kind that there
// is not.
func TableOf(kind Kind) (head Table, parts []Table, known bool) {
	switch kind {
	case KindSubscription:
		return Subscriptions, nil, true
	case KindUpdate:
		return Updates, []Table{UpdateItems, UpdateLines}, true
	case KindInvoice:
		return Invoices, []Table{InvoiceLines}, true
	default:
		return Table{}, nil, false
	}
}

// At returns the position of a column, or -1.
func (t Table) At(column string) int {
	for n := range t.Columns {
		if t.Columns[n].Name == column {
			return n
		}
	}
	return -1
}

// Identify returns the values of a row that identify it.
func (t Table) Identify(row Row) []string {
	values := make([]string, len(t.Identity))
	for n, column := range t.Identity {
		if at := t.At(column); at >= 0 && at < len(row) && row[at] != nil {
			values[n] = *row[at]
		}
	}
	return values
}
