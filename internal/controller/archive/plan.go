// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package archive

import (
	"cmp"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/archive"
	"github.com/seatplane/seatplane/internal/archive/postgres"
	"github.com/seatplane/seatplane/internal/books"
)

// This file decides what one pass does. It is pure.

// holding is what the archive holds of a record.
type holding struct {
	// version is that of the invoice whose state the archive has. It is "" for an update.
	version string
}

// state is the state of an invoice that the archive does not have yet.
type state struct {
	row     archive.Row
	version string
}

// problem is why a record could not be archived, or could not be marked as archived.
type problem struct {
	item item
	// differs is the column in which the stored record differs, and refused the SQLSTATE with which it was refused.
	differs, refused string
	// unmarked says why the API server refused to mark the invoice, which the archive holds.
	unmarked string
	// since is when it was last tried.
	since time.Time
}

// belongs reports whether the archive has to hold a record: one of a subscription that it selects, or of a deleted one.
// The labels of a deleted subscription are unknown, so its records belong to an archive without a selector, and to one
// that has seen the subscription.
func (g *gathered) belongs(i item, selectsAll bool, knows func(types.UID) bool) bool {
	if _, isSelected := g.subscriptions[i.subscription]; isSelected {
		return true
	}
	return !g.existing[i.subscription] && (selectsAll || knows(i.subscription))
}

// isPending reports whether a record has to be stored, or stored again: if the archive does not have it, if the state
// of an invoice has changed, if an invoice does not say that it is archived, or if retention waits for a confirmation.
func (a *account) isPending(i item, isAsked bool) bool {
	held, isHeld := a.held[i.uid]
	if !isHeld || isAsked {
		return true
	}
	if i.kind != archive.KindInvoice {
		return false
	}
	isLater := a.states[i.uid].version != i.version && held.version != i.version
	return isLater || i.unmarked
}

// choose returns the oldest pending records, up to the limit of a pass, and whether more are left. A record that could
// not be archived waits.
func (a *account) choose(items []item, asked map[types.UID]bool, now time.Time) (chosen []item, more bool) {
	for _, i := range items {
		if failed, hasFailed := a.problems[i.uid]; hasFailed && now.Sub(failed.since) < recheck {
			continue
		}
		if a.isPending(i, asked[i.uid]) {
			chosen = append(chosen, i)
		}
	}
	slices.SortFunc(chosen, func(x, y item) int {
		return cmp.Or(x.created.Compare(y.created), cmp.Compare(x.name, y.name), cmp.Compare(x.uid, y.uid))
	})
	return chosen[:min(len(chosen), maxRecords)], len(chosen) > maxRecords
}

// batches divides records so that each loader process gets a few MiB.
func batches(records []archive.Record) [][]archive.Record {
	var all [][]archive.Record
	size := 0
	for i := range records {
		bytes := records[i].Bytes()
		if len(all) == 0 || size+bytes > maxBytes {
			all, size = append(all, nil), 0
		}
		size += bytes
		all[len(all)-1] = append(all[len(all)-1], records[i])
	}
	return all
}

// isAhead reports whether an archive holds an invoice that a subscription has not issued yet.
func isAhead(sub *v1alpha1.Subscription, issued postgres.Issued) bool {
	return issued.Sequence >= max(sub.Status.NextInvoiceNumber, 1)
}

// ahead describes that the archive is ahead of a subscription.
func ahead(of string, issued postgres.Issued) *books.Ahead {
	return &books.Ahead{Archive: of, Cell: issued.Cell, Invoice: issued.Name}
}

// retry returns how long to wait after so many failures in a row.
func retry(failures int) time.Duration {
	wait := firstRetry
	for range max(failures-1, 0) {
		if wait *= 2; wait >= lastRetry {
			return lastRetry
		}
	}
	return wait
}
