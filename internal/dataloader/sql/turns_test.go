// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package sql

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// A database has two loads at a time; the third waits, and others do not wait for it.
func TestTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		crm, shop := database{driver: v1alpha1.DriverPostgres, host: "crm"}, database{driver: v1alpha1.DriverPostgres, host: "shop"}
		all := newTurns()
		take := func(at database) func() {
			t.Helper()
			done, err := all.take(t.Context(), at)
			if err != nil {
				t.Fatal(err)
			}
			return done
		}
		first, second := take(crm), take(crm)
		third := make(chan func())
		go func() { third <- take(crm) }()
		synctest.Wait()
		select {
		case <-third:
			t.Fatal("three loads use one database at a time")
		default:
		}
		take(shop)()
		first()
		(<-third)()
		second()
		if got := all.size(); got != 0 {
			t.Errorf("%d databases are remembered when nobody uses one", got)
		}
	})
}

// Whoever waits gives up when the load is ended.
func TestTurnsEnd(t *testing.T) {
	all, crm := newTurns(), database{driver: v1alpha1.DriverMySQL, host: "crm"}
	for range maxConcurrentLoads {
		if _, err := all.take(t.Context(), crm); err != nil {
			t.Fatal(err)
		}
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := all.take(ended, crm); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestDatabase(t *testing.T) {
	one := target{server: &server{Host: "DB.example.com", Port: 5432, Database: "crm", User: "reader", Password: "old"}}
	same := target{server: &server{Host: "db.example.com", Port: 5432, Database: "crm", User: "reader", Password: "new", Application: "x"}}
	other := target{server: &server{Host: "db.example.com", Port: 5433, Database: "crm", User: "reader"}}
	if one.database("shop", v1alpha1.DriverPostgres) != same.database("shop", v1alpha1.DriverPostgres) {
		t.Error("another way to write the same database makes it another one")
	}
	if one.database("shop", v1alpha1.DriverPostgres) == other.database("shop", v1alpha1.DriverPostgres) {
		t.Error("two servers are one")
	}
	if one.database("shop", v1alpha1.DriverPostgres) == one.database("bank", v1alpha1.DriverPostgres) {
		t.Error("the loads of one namespace wait for those of another")
	}
}
