// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"fmt"
	"testing"
	"time"

	"github.com/seatplane/seatplane/internal/archive"
	"github.com/seatplane/seatplane/internal/dataloader/guest"
)

// Stores many records in batches of 1,000, each in a loader process, and reads each of them back. `make bench-archive`
// stores 100,000 and says how long that took. Without it, a few thousand are stored, and nothing depends on the time.
func TestManyRecords(t *testing.T) {
	many := numberFrom(t, "SEATPLANE_BENCH_ARCHIVE", 3000)
	s := newStage(t, server(t))
	s.Runner = guest.NewProcess(guest.ProcessOptions{})
	const batch, each = 1000, 10
	var records []archive.Record
	stored, processes := 0, 0
	begin := time.Now()
	var building, first, last time.Duration
	for customer := 0; stored < many; customer++ {
		began := time.Now()
		records = append(records, some(t, fmt.Sprintf("customer-%06d", customer), each/2)...)
		building += time.Since(began)
		if len(records) < batch && stored+len(records) < many {
			continue
		}
		began = time.Now()
		requireEqual(t, s.do(Order{Records: records}), records)
		if last = time.Since(began); first == 0 {
			first = last
		}
		stored, processes = stored+len(records), processes+1
		records = nil
	}
	took := time.Since(begin)
	t.Logf("%d records in %d loader processes: %s, of which %s made the rows: %.0f records a second; the first batch took %s and the last one %s",
		stored, processes, took.Round(time.Millisecond), building.Round(time.Millisecond), float64(stored)/took.Seconds(),
		first.Round(time.Millisecond), last.Round(time.Millisecond))
	if got := s.text("SELECT (SELECT count(*) FROM seatplane.invoices) + (SELECT count(*) FROM seatplane.updates) + (SELECT count(*) FROM seatplane.subscriptions)"); got != fmt.Sprint(stored) {
		t.Errorf("there are %s of %d records", got, stored)
	}
}
