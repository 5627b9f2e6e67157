// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/seatplane/seatplane/internal/simulation"
	"github.com/seatplane/seatplane/internal/table"
)

func newEvents(o *Options) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "events",
		Short: "List the events of an EventSink, or send them again",
		Long: "List the events of an EventSink, or send them again. An event is not stored: it is built again from a SubscriptionUpdate, " +
			"an Invoice, or the status of a Subscription or a SeatProduct, with the same ID and the same bytes. Events whose record was deleted are missing.",
		Args: onlySubcommands,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newEventsList(o), newEventsReplay(o))
	return cmd
}

func newEventsList(o *Options) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list SINK",
		Short: "List the events that were sent to a sink, or will be",
		Long: "List the events that were sent to a sink, or will be, according to its current types and selector. The column WAITS says which " +
			"of them it has not received yet. With -o json, each event has the body that is sent.",
		Example: "  kubectl seatplane events list books --since 2026-04-01\n" +
			"  kubectl seatplane events list books --subscription acme -o json",
		Args:              arguments("SINK"),
		ValidArgsFunction: o.completeNames("eventsinks"),
	}
	f, out := addEventsFlags(cmd), AddOutput(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if _, err := out.Format(); err != nil {
			return err
		}
		wanted, err := f.parse()
		if err != nil {
			return err
		}
		c, err := o.Connect()
		if err != nil {
			return err
		}
		listed, err := readEvents(cmd.Context(), c, args[0], wanted)
		if err != nil {
			return err
		}
		return out.Print(o, listed, listed.text)
	}
	return cmd
}

// eventsFlags choose events.
type eventsFlags struct{ since, id, subscription string }

func addEventsFlags(cmd *cobra.Command) *eventsFlags {
	f := &eventsFlags{}
	flags := cmd.Flags()
	flags.StringVar(&f.since, "since", "", "only events since an instant: a date such as 2026-04-16, or 2026-04-16T12:00:00Z, on the clock of the subscription or product")
	flags.StringVar(&f.id, "id", "", "only the event with this ID, as in the header webhook-id")
	flags.StringVar(&f.subscription, "subscription", "", "only events of this Subscription, which may have been deleted")
	return f
}

// chosen is what the flags say.
type chosen struct {
	since            time.Time
	id, subscription string
}

func (f *eventsFlags) parse() (chosen, error) {
	c := chosen{id: f.id, subscription: f.subscription}
	if f.since == "" {
		return c, nil
	}
	since, err := simulation.ParseInstant(f.since)
	if err != nil {
		return c, Fail(Failed, "--since: %w", err)
	}
	c.since = since
	return c, nil
}

// listedEvent is an event of a sink.
type listedEvent struct {
	ID   string `json:"id"`
	Time string `json:"time"`
	Type string `json:"type"`
	// Subscription is absent from an event of a product.
	Subscription string `json:"subscription,omitempty"`
	// About is the record or the product that the event is made from: "Invoice/acme-000004".
	About string `json:"about,omitempty"`
	// Waits means that the sink has not received it yet.
	Waits bool `json:"waits"`
	// Event is the body.
	Event json.RawMessage `json:"event,omitempty"`
	// Problem says why there is no body.
	Problem string `json:"problem,omitempty"`

	sequence int64
}

// listedEvents are the events of a sink, by time.
type listedEvents struct {
	Sink  string        `json:"sink"`
	Items []listedEvent `json:"items"`
	// Note says what the list may lack.
	Note string `json:"note,omitempty"`
}

func (l *listedEvents) sort() {
	slices.SortFunc(l.Items, func(a, b listedEvent) int {
		return cmp.Or(cmp.Compare(a.Time, b.Time), cmp.Compare(a.Subscription, b.Subscription), cmp.Compare(uidIn(a.ID), uidIn(b.ID)),
			cmp.Compare(a.sequence, b.sequence))
	})
}

func (l *listedEvents) text() string {
	out := &strings.Builder{}
	if len(l.Items) == 0 {
		fmt.Fprintf(out, "There are no such events for the sink %s.\n", l.Sink)
	} else {
		out.WriteString(tableOf(l.Items))
	}
	if l.Note != "" {
		fmt.Fprintf(out, "\n%s\n", l.Note)
	}
	return out.String()
}

// tableOf shows events to people.
func tableOf(events []listedEvent) string {
	rows := table.Table{Columns: []string{"TIME", "SUBSCRIPTION", "TYPE", "ABOUT", "WAITS", "ID"}}
	for n := range events {
		each := &events[n]
		waits := ""
		switch {
		case each.Problem != "":
			waits = "no body"
		case each.Waits:
			waits = "yes"
		}
		rows.Add(each.Time, each.Subscription, each.Type, each.About, waits, each.ID)
	}
	return rows.String()
}
