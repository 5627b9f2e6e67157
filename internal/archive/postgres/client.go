// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/seatplane/seatplane/internal/archive"
	"github.com/seatplane/seatplane/internal/dataloader/guest"
	"github.com/seatplane/seatplane/internal/dataloader/sql"
)

// Client asks loader processes to work on one archive.
type Client struct {
	Runner   guest.Runner
	Database sql.Database
	Schema   string
}

// Order is what is asked of an archive at once. Records together should not take more than a few MiB.
type Order struct {
	// Records are stored where they are not there, read back, and compared.
	Records []archive.Record
	// States are rows of archive.InvoiceStates, which replace what is stored.
	States []archive.Row
	// Known are records that may be stored already; the answer says which of them are.
	Known []Known
	// Check are the UIDs of subscriptions; the answer says what is stored about them.
	Check []string
}

// Reply is what an archive says. A record or a subscription that it says nothing about is not stored.
type Reply struct {
	// Outcomes are those of the records, by kind and UID.
	Outcomes map[archive.Kind]map[string]Outcome
	// Known are those of Order.Known that are stored.
	Known map[archive.Kind]map[string]Holding
	// Issued are the subscriptions that the archive knows, by UID.
	Issued map[string]Issued
}

// Outcome is the result of storing a record.
type Outcome struct {
	// Equal means that the record was read back and is equal.
	Equal bool
	// Differs is the column in which the stored record differs.
	Differs string
	// Refused is the SQLSTATE with which the server refused the record.
	Refused string
}

// Holding is what is stored of a record.
type Holding struct {
	// Other means that another invoice has the number.
	Other bool
	// Version is the resourceVersion of the invoice whose state is stored.
	Version string
}

// Issued is the latest invoice of a subscription in an archive.
type Issued struct {
	// Sequence is its number, or 0 if there is none.
	Sequence int64
	// Name is the name of the invoice, and Cell the cell that archived it.
	Name, Cell string
}

// Do carries out an order in a loader process. The error is a *dataloader.Failure, or the context's own. After an
// error, any part of the order may have been carried out, and the same order can be given again.
func (c Client) Do(ctx context.Context, o Order) (Reply, error) {
	answer, err := c.Runner.Run(ctx, guest.Job{
		Kind: Job, Timeout: timeout, Wanted: wanted(o), Secrets: c.Database.Secrets,
		Source: guest.NewPayload(order{
			Database: c.Database, Schema: c.Schema, Records: o.Records, States: o.States, Known: o.Known, Check: o.Check,
		}),
	})
	if err != nil {
		return Reply{}, err
	}
	reply := Reply{
		Outcomes: map[archive.Kind]map[string]Outcome{}, Known: map[archive.Kind]map[string]Holding{}, Issued: map[string]Issued{},
	}
	for _, row := range answer.Rows {
		kind, uid, _ := strings.Cut(row.Key, "/")
		reply.take(archive.Kind(kind), uid, row.Count)
	}
	return reply, nil
}

// wanted are the keys that an answer may have.
func wanted(o Order) []string {
	var keys []string
	for i := range o.Records {
		keys = append(keys, keyOf(o.Records[i].Kind, o.Records[i].UID))
	}
	for _, each := range o.Known {
		keys = append(keys, keyOf(each.Kind, each.UID))
	}
	for _, uid := range o.Check {
		keys = append(keys, keyOf(archive.KindSubscription, uid))
	}
	return sortedOnce(keys)
}

// take reads one answer. What it does not understand counts as not said: a loader process may be in the hands of the
// database.
func (r Reply) take(kind archive.Kind, uid, answer string) {
	word, rest, _ := strings.Cut(answer, " ")
	switch word {
	case saysEqual:
		put(r.Outcomes, kind, uid, Outcome{Equal: true})
	case saysDiffers:
		put(r.Outcomes, kind, uid, Outcome{Differs: onlyName(rest)})
	case saysRefused:
		put(r.Outcomes, kind, uid, Outcome{Refused: onlyName(rest)})
	case saysHeld:
		put(r.Known, kind, uid, Holding{Version: rest})
	case saysOther:
		put(r.Known, kind, uid, Holding{Other: true})
	case saysKnown:
		fields := strings.SplitN(rest, " ", 3)
		if sequence, err := strconv.ParseInt(fields[0], 10, 64); err == nil && len(fields) == 3 && sequence >= 0 {
			r.Issued[uid] = Issued{Sequence: sequence, Name: onlyName(fields[1]), Cell: onlyName(fields[2])}
		}
	}
}

// name is what a column, a SQLSTATE, an object and a cell look like.
var name = regexp.MustCompile(`^[A-Za-z0-9][-A-Za-z0-9_. ]{0,100}$`)

// onlyName returns a text if it is a name, because it is shown to people.
func onlyName(s string) string {
	if !name.MatchString(s) {
		return "unknown"
	}
	return s
}

func put[T any](into map[archive.Kind]map[string]T, kind archive.Kind, uid string, each T) {
	if into[kind] == nil {
		into[kind] = map[string]T{}
	}
	into[kind][uid] = each
}

func sortedOnce(keys []string) []string {
	slices.Sort(keys)
	return slices.Compact(keys)
}
