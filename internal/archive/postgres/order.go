// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package postgres stores an archive in PostgreSQL (docs/archive.md).
//
// It has two halves, like every package that talks to a server that somebody names (trust.md#loads). Client runs in the
// manager, and never connects to a database. Handle runs in a loader process: it connects, works, and returns one short
// answer for each thing that was asked. So a database that attacks its client harms one process, which has limits on
// memory and time.
package postgres

import (
	"github.com/seatplane/seatplane/internal/archive"
	"github.com/seatplane/seatplane/internal/dataloader/sql"
)

// Job is the kind of the jobs that Handle carries out.
const Job = "archive"

// order is what a loader process gets for one job. It contains credentials.
type order struct {
	Database sql.Database
	Schema   string
	// Records are stored, read back and compared.
	Records []archive.Record
	// States are the states of invoices, as rows of archive.InvoiceStates. They replace what is stored.
	States []archive.Row
	// Known are records that may be stored already; the answer says which of them are.
	Known []Known
	// Check are the UIDs of subscriptions; the answer says what is stored about them.
	Check []string
}

// Known is a record that may be stored already.
type Known struct {
	Kind archive.Kind
	UID  string
	// Subscription and Sequence identify an invoice. They are empty for an update.
	Subscription string
	Sequence     int64
}

// keyOf identifies what an answer is about.
func keyOf(kind archive.Kind, uid string) string { return string(kind) + "/" + uid }

// The answers about a record. A column or a SQLSTATE follows after a space.
const (
	saysEqual   = "equal"
	saysDiffers = "differs"
	saysRefused = "refused"
	// saysHeld is followed by the version of the invoice whose state is stored, if there is one.
	saysHeld = "held"
	// saysOther means that another invoice has the number.
	saysOther = "other"
	// saysKnown is followed by the highest number of an invoice of the subscription, 0 for none, its name and its cell.
	saysKnown = "known"
)
