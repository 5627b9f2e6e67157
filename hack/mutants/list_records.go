// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package main

// These are the files that mutants of the delivery and of the archive break.
const (
	tail       = "internal/delivery/tail.go"
	retry      = "internal/delivery/retry.go"
	breaker    = "internal/delivery/breaker.go"
	answer     = "internal/delivery/answer.go"
	next       = "internal/delivery/next.go"
	rebuild    = "internal/delivery/rebuild.go"
	sign       = "internal/event/sign.go"
	known      = "internal/books/books.go"
	compare    = "internal/archive/compare.go"
	handle     = "internal/archive/postgres/handle.go"
	store      = "internal/archive/postgres/store.go"
	statements = "internal/archive/postgres/statements.go"
)

// ofDelivery each break one rule of how events reach their receivers (docs/kinds/eventsink.md).
var ofDelivery = []mutant{
	{
		file: tail, why: "a cursor goes back, and events are sent again",
		from: "if reached.UID != committed.UID || reached.Sequence < committed.Sequence {",
		to:   "if reached.UID != committed.UID {",
	},
	{
		file: tail, why: "a cursor from before a restore skips what happens next",
		from: "cursor.Sequence = min(cursor.Sequence, newest)",
		to:   "cursor.Sequence = max(cursor.Sequence, newest)",
	},
	{
		file: tail, why: "an event that left the list is not rebuilt for a sink that waits for it",
		from: "c.RebuildUntil, c.Rebuilt = n.Sequence, c.Rebuilt+1",
		to:   "c.Rebuilt++",
	},
	{
		file: tail, why: "events that no record can rebuild are removed early",
		from: "\t\tif !HasRecord(n) {\n\t\t\treturn false\n\t\t}\n",
		to:   "",
	},
	{
		file: tail, why: "events that were given up are not counted",
		from: "c.Dropped++",
		to:   "c.Dropped += 0",
	},
	{
		file: tail, why: "a sink for which events are to be rebuilt counts as up to date",
		from: "if !waits && cursor.Sequence >= cursor.RebuildUntil && cursor.Sequence < newest {",
		to:   "if !waits && cursor.Sequence < newest {",
	},
	{
		file: retry, why: "an event has one attempt fewer",
		from: "MaxFailures = int32(len(delays) + 1)",
		to:   "MaxFailures = int32(len(delays))",
	},
	{
		file: breaker, why: "a receiver that is down is asked by many at once",
		from: "if b.IsOpen() && underWay > 0 {",
		to:   "if b.IsOpen() && underWay > 1 {",
	},
	{
		file: answer, why: "an event counts as delivered where the receiver redirects",
		from: "case status >= 200 && status < 300:",
		to:   "case status >= 200 && status < 400:",
	},
	{
		file: next, why: "the newest event is sent first",
		from: "each.Sequence < next.Sequence",
		to:   "each.Sequence > next.Sequence",
	},
	{
		file: rebuild, why: "events of an earlier subscription with the same name are sent",
		from: "if updates[i].Status.SubscriptionUID != facts.Identity(sub) {",
		to:   "if updates[i].Status.SubscriptionUID == \"\" {",
	},
	{
		file: sign, why: "the signature does not cover the time, so that a request can be sent again forever",
		from: `mac.Write([]byte(id + "." + timestamp + "."))`,
		to:   `mac.Write([]byte(id + ".."))`,
	},
}

// ofArchive each break one rule of the archive (docs/archive.md).
var ofArchive = []mutant{
	{
		file: compare, why: "a record with more lines counts as equal",
		from: "if len(want.Parts[n]) != len(got.Parts[n]) {",
		to:   "if len(want.Parts[n]) > len(got.Parts[n]) {",
	},
	{
		file: known, why: "a subscription that has nothing to do does not learn that an archive is ahead of it",
		from: `if name != "" && !a.told[uid] {`,
		to:   `if name != "" && a.told[uid] {`,
	},
	{
		file: known, why: "a verdict is not recorded",
		from: "a.checked[uid] = &ahead",
		to:   "a.checked[uid] = nil",
	},
	{
		file: known, why: "patience issues numbers that an archive has reported",
		from: `case facts.SaysAheadOf(sub, name.Name):`,
		to:   `case facts.SaysAheadOf(sub, name.Name) && ahead != nil:`,
	},
	{
		file: known, why: "no document waits for an archive",
		from: "case b.clock.Since(a.since(uid, b.clock.Now())) < Patience:",
		to:   "case b.clock.Since(a.since(uid, b.clock.Now())) < 0:",
	},
	{
		file: known, why: "a database that is down stops billing for good",
		from: "case b.clock.Since(a.since(uid, b.clock.Now())) < Patience:",
		to:   "case b.clock.Since(a.since(uid, b.clock.Now())) < 100*Patience:",
	},
	{
		file: known, why: "an imported subscription is not compared",
		from: `return facts.ImportedFrom(sub) == "" && !facts`,
		to:   `return !facts`,
	},
	{
		file: compare, why: "a record with another amount counts as equal",
		from: "if !column.Free && !same(",
		to:   "if column.Free && !same(",
	},
	{
		file: handle, why: "a number that another invoice has counts as archived",
		from: "if value(row[0]) == value(row[1]) {",
		to:   `if value(row[1]) != "" {`,
	},
	{
		file: store, why: "lines are not archived",
		from: "rows = append(rows, mine[i].Parts[n]...)",
		to:   "rows = append(rows, mine[i].Parts[n][:0]...)",
	},
	{
		file: statements, why: "the first number of a subscription counts as its latest",
		from: "ORDER BY sequence DESC LIMIT 1",
		to:   "ORDER BY sequence LIMIT 1",
	},
}
