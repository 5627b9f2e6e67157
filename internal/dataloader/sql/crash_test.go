// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package sql

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
)

// killsEnv names the environment variable that says how often the database is killed; make
// test-database-kill sets it to a hundred.
const killsEnv = "SEATPLANE_DATABASE_KILLS"

func kills(t *testing.T) int {
	text := os.Getenv(killsEnv)
	if text == "" {
		return 4
	}
	number, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s=%q is not a number", killsEnv, text)
	}
	return number
}

// The database is killed at a random moment of a refresh that reads 100,000 rows, with one query or in
// ten batches: the loader has the whole right answer or a failure that says so, and the next refresh
// is right.
func TestServerKilled(t *testing.T) {
	for _, each := range backends {
		for _, keys := range []v1alpha1.QueryKeys{v1alpha1.QueryAll, v1alpha1.QueryBound} {
			t.Run(fmt.Sprint(each.driver, keys), func(t *testing.T) { testKilled(t, newStage(t, each), keys) })
		}
	}
}

func testKilled(t *testing.T, s *stage, keys v1alpha1.QueryKeys) {
	s.exec("CREATE TABLE seats (tenant VARCHAR(256) PRIMARY KEY, seats INT)",
		fmt.Sprintf("INSERT INTO seats SELECT concat('customer-', n), n FROM %s", s.numbers))
	loader := s.spec("SELECT tenant, seats FROM seats")
	wanted := make([]string, 100_000)
	right := map[string]string{}
	for i := range wanted {
		wanted[i] = fmt.Sprint("customer-", i+1)
		right[wanted[i]] = strconv.Itoa(i + 1)
	}
	if keys == v1alpha1.QueryBound {
		loader.SQL.Keys = keys
		loader.SQL.Query += [2]string{
			" WHERE tenant = ANY($1)",
			" WHERE tenant IN (SELECT k FROM JSON_TABLE(?, '$[*]' COLUMNS (k VARCHAR(256) PATH '$')) AS wanted)",
		}[place(s.driver)]
	}
	check := func() (time.Duration, error) {
		began := time.Now()
		answer, err := s.loadSpec(loader, wanted...)
		took := time.Since(began)
		if err != nil {
			return 0, err
		}
		got := map[string]string{}
		for _, row := range answer.Rows {
			got[row.Key] = row.Count
		}
		if len(answer.Rows) != len(right) || !maps.Equal(right, got) {
			t.Fatalf("an answer of %d rows is not the right one", len(answer.Rows))
		}
		return took, nil
	}
	took, err := check()
	if err != nil {
		t.Fatal(err)
	}
	failed := 0
	for range kills(t) {
		killed := make(chan error, 1)
		moment := time.Duration(rand.Int64N(int64(took)))
		go func() {
			time.Sleep(moment)
			killed <- s.server.Kill()
		}()
		_, err := check()
		if err != nil {
			failed++
			if failure, ok := errors.AsType[*dataloader.Failure](err); !ok || failure.Reason != dataloader.ReasonSourceUnreachable {
				t.Errorf("killed after %s: %v", moment, err)
			}
			s.mustBeSilent(err)
		}
		if err := <-killed; err != nil {
			t.Fatal(err)
		}
		if err := s.server.Restart(); err != nil {
			t.Fatal(err)
		}
		again, err := check()
		if err != nil {
			t.Fatalf("after the restart: %v", err)
		}
		took = min(took, again)
	}
	t.Logf("of %d kills within %s, %d were seen as failures, the others came after the whole answer", kills(t), took, failed)
}
