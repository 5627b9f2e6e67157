// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1_test

import "testing"

const (
	clockForwardOnly = "a TestClock only moves forward: write a later time"
	clockTenYears    = "a TestClock moves at most ten years at once: move it in several steps"
)

func TestTestClockValidation(t *testing.T) {
	from := func(start, now, reason, refused string) row {
		return row{reason: reason, with: `{spec.now: "` + start + `"}`, edit: `{spec.now: "` + now + `"}`, refused: refused}
	}
	validate(t, "TestClock", instants("spec.now", "", ""), map[string]row{
		"forward":             from("2026-04-16T00:00:00Z", "2026-05-01T00:00:00Z", "time goes forward", ""),
		"not at all":          from("2026-04-16T00:00:00Z", "2026-04-16T00:00:00Z", "an edit may leave the time as it is", ""),
		"the same instant":    from("2026-04-16T00:00:00Z", "2026-04-16T02:00:00+02:00", "another offset is no other time", ""),
		"back":                from("2026-04-16T00:00:00Z", "2026-04-15T23:59:59Z", "what was replayed cannot be taken back", clockForwardOnly),
		"ten years":           from("2026-04-16T00:00:00Z", "2036-04-16T00:00:00Z", "ten years are ten years", ""),
		"a second more":       from("2026-04-16T00:00:00Z", "2036-04-16T00:00:01Z", "a slip of the year must not bill a century", clockTenYears),
		"a day more":          from("2026-01-01T00:00:00Z", "2036-01-02T00:00:00Z", "whatever leap days lie between", clockTenYears),
		"the end of a month":  from("2026-02-28T23:59:59Z", "2036-02-28T23:59:59Z", "a month that ends early is a month", ""),
		"past a month's end":  from("2026-02-28T23:59:59Z", "2036-02-29T00:00:00Z", "the day after is a day more", clockTenYears),
		"from a leap day":     from("2028-02-29T00:00:00Z", "2038-02-28T23:59:59Z", "the year that it ends in has no such day", ""),
		"past a leap day":     from("2028-02-29T00:00:00Z", "2038-03-01T00:00:00Z", "the day after is a day more", clockTenYears),
		"eleven years":        from("2026-12-31T00:00:00Z", "2037-01-01T00:00:00Z", "the year alone tells", clockTenYears),
		"over a new year":     from("2026-12-31T00:00:00Z", "2036-01-01T00:00:00Z", "nine years and a day", ""),
		"ten years by offset": from("2026-04-16T00:00:00Z", "2036-04-16T05:00:00+05:00", "an offset does not make it longer", ""),
	})
}
