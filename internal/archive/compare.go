// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package archive

import (
	"fmt"
	"reflect"

	"github.com/cockroachdb/apd/v3"
)

// Stored is a record as it was read from the database.
type Stored struct {
	Head  Row
	Parts [][]Row
}

// Difference returns the first column in which a stored record differs from what it should be, as table.column, or
// "". The name of a table alone means that it has more or fewer rows than it should have.
func Difference(want Record, got Stored) string {
	head, parts, known := TableOf(want.Kind)
	if !known || len(got.Parts) != len(parts) || len(want.Parts) != len(parts) {
		return string(want.Kind)
	}
	if column := differs(head, want.Head, got.Head); column != "" {
		return head.Name + "." + column
	}
	for n, part := range parts {
		if len(want.Parts[n]) != len(got.Parts[n]) {
			return part.Name
		}
		for row := range want.Parts[n] {
			if column := differs(part, want.Parts[n][row], got.Parts[n][row]); column != "" {
				return part.Name + "." + column
			}
		}
	}
	return ""
}

// differs returns the first column in which two rows differ, or "".
func differs(table Table, want, got Row) string {
	if len(want) != len(table.Columns) || len(got) != len(table.Columns) {
		return fmt.Sprintf("%d columns", len(got))
	}
	for n, column := range table.Columns {
		if !column.Free && !same(column, want[n], got[n]) {
			return column.Name
		}
	}
	return ""
}

// same compares two values by the meaning of their type: 1.5 and 1.50 are one number, and JSON has no order of
// members.
func same(column Column, want, got *string) bool {
	if want == nil || got == nil {
		return want == nil && got == nil
	}
	if *want == *got {
		return true
	}
	switch column.Type {
	case Numeric:
		a, _, errA := apd.NewFromString(*want)
		b, _, errB := apd.NewFromString(*got)
		return errA == nil && errB == nil && a.Form == apd.Finite && b.Form == apd.Finite && a.Cmp(b) == 0
	case JSON:
		a, errA := decode(*want)
		b, errB := decode(*got)
		return errA == nil && errB == nil && reflect.DeepEqual(part(a, column.Part), part(b, column.Part))
	default:
		return false
	}
}

// part returns a member of an object, or the value itself for "".
func part(of any, name string) any {
	object, isObject := of.(map[string]any)
	if name == "" || !isObject {
		return of
	}
	return object[name]
}
