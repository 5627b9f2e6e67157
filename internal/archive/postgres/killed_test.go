// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/seatplane/seatplane/internal/archive"
	"github.com/seatplane/seatplane/internal/dataloader/guest"
	"github.com/seatplane/seatplane/internal/testing/databases"
)

// numberFrom returns a number from the environment, or another one.
func numberFrom(t testing.TB, variable string, otherwise int) int {
	t.Helper()
	written := os.Getenv(variable)
	if written == "" {
		return otherwise
	}
	n, err := strconv.Atoi(written)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// The server is killed in the midst of a batch, or the loader process is, as it happens when the manager is killed. The
// batch is given again. Every record is there once, with all of its lines.
func TestKilled(t *testing.T) {
	kills := numberFrom(t, "SEATPLANE_DATABASE_KILLS", 4)
	for name, kill := range map[string]func(s *databases.Server, stop context.CancelFunc) error{
		"Server": func(s *databases.Server, _ context.CancelFunc) error {
			if err := s.Kill(); err != nil {
				return err
			}
			return s.Restart()
		},
		"LoaderProcess": func(_ *databases.Server, stop context.CancelFunc) error { stop(); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			s := databases.StartPostgres(t)
			if err := s.Exec("", "CREATE ROLE seatplane LOGIN PASSWORD '"+password+"'"); err != nil {
				t.Fatal(err)
			}
			st := newStage(t, s)
			st.Runner = guest.NewProcess(guest.ProcessOptions{})
			const each = 60
			interrupted := 0
			for n := range kills {
				if st.killedOnce(some(t, fmt.Sprint("customer-", n), each), time.Duration(n*13%150)*time.Millisecond, func(stop context.CancelFunc) error { return kill(s, stop) }) {
					interrupted++
				}
			}
			t.Logf("%d of %d batches were interrupted", interrupted, kills)
			for table, want := range map[string]int{"invoices": each, "invoice_lines": 2 * each, "updates": each, "update_items": each, "update_lines": each, "subscriptions": 1} {
				if got := st.text("SELECT count(*) FROM seatplane." + table); got != fmt.Sprint(kills*want) {
					t.Errorf("%s has %s rows, want %d", table, got, kills*want)
				}
			}
			if got, want := st.text("SELECT sum(amount)::text FROM seatplane.invoice_lines"), fmt.Sprintf("%d.%03d", kills*each*118750/1000, kills*each*118750%1000); got != want {
				t.Errorf("the lines come to %s, want %s", got, want)
			}
		})
	}
}

// killedOnce stores records, kills something after a while, and stores them again until that succeeds. It reports whether
// the first attempt failed.
func (s *stage) killedOnce(records []archive.Record, after time.Duration, kill func(context.CancelFunc) error) (interrupted bool) {
	s.t.Helper()
	ctx, stop := context.WithCancel(s.t.Context())
	defer stop()
	ended := make(chan error, 1)
	go func() {
		_, err := s.Do(ctx, Order{Records: records})
		ended <- err
	}()
	time.Sleep(after)
	if err := kill(stop); err != nil {
		s.t.Fatal(err)
	}
	interrupted = <-ended != nil
	for range 20 {
		reply, err := s.Do(s.t.Context(), Order{Records: records})
		if err == nil {
			requireEqual(s.t, reply, records)
			return interrupted
		}
		time.Sleep(100 * time.Millisecond)
	}
	s.t.Fatal("the batch cannot be stored")
	return interrupted
}
