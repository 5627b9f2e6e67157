// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/delivery"
	"github.com/seatplane/seatplane/internal/event"
)

// replayTimeout is how long one request to a receiver takes at most.
const replayTimeout = 15 * time.Second

func newEventsReplay(o *Options) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "replay SINK --since T|--id ID|--subscription S",
		Short: "Send events of a sink again",
		Long: "Send events of a sink again, from this machine, with the same IDs and the same bytes. The header webhook-replay: true marks " +
			"them. The command signs with the sink's keys, so you need the right to read its Secrets. The events of a " +
			"subscription or product are sent in order, one after the other. The first one that the receiver does not accept ends the command.\n\n" +
			"The command does not affect the deliveries of the operator, which still delivers an event that waits.",
		Example: "  kubectl seatplane events replay books --since 2026-04-01 --dry-run\n" +
			"  kubectl seatplane events replay books --id 5f0c2f0e-7a39-4d0c-9c7a-0d7a5d2f5a11/7",
		Args:              arguments("SINK"),
		ValidArgsFunction: o.completeNames("eventsinks"),
	}
	f, out := addEventsFlags(cmd), AddOutput(cmd)
	dryRun := cmd.Flags().Bool("dry-run", false, "show what would be sent, and send nothing")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if _, err := out.Format(); err != nil {
			return err
		}
		wanted, err := f.parse()
		if err != nil {
			return err
		}
		if wanted == (chosen{}) {
			return Fail(Failed, "choose which events to send again with --since, --id or --subscription")
		}
		c, err := o.Connect()
		if err != nil {
			return err
		}
		r := &replay{o: o, c: c, client: newReceiverClient(), DryRun: *dryRun}
		if err := r.run(cmd.Context(), args[0], wanted); err != nil {
			return err
		}
		return out.Print(o, r, r.text)
	}
	return cmd
}

// replay sends events again.
type replay struct {
	Sink string `json:"sink"`
	URL  string `json:"url"`
	// DryRun means that nothing was sent.
	DryRun bool          `json:"dryRun,omitempty"`
	Events []listedEvent `json:"events"`

	o      *Options
	c      *Cluster
	client *http.Client
	keys   [][]byte
}

// newReceiverClient returns a client that follows no redirect: the signature is for the address of the sink alone.
func newReceiverClient() *http.Client {
	return &http.Client{
		Timeout:       replayTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func (r *replay) run(ctx context.Context, sink string, wanted chosen) error {
	listed, err := readEvents(ctx, r.c, sink, wanted)
	if err != nil {
		return err
	}
	found := &v1alpha1.EventSink{}
	if err := r.c.Find(ctx, sink, found); err != nil {
		return err
	}
	r.Sink, r.URL, r.Events = sink, found.Spec.URL, listed.Items
	if len(r.Events) == 0 {
		return Fail(Failed, "there is no such event for the sink %q: list those that exist with \"kubectl seatplane events list %s\"", sink, sink)
	}
	for n := range r.Events {
		if problem := r.Events[n].Problem; problem != "" {
			return Fail(Failed, "nothing was sent: %s", problem)
		}
	}
	slices.SortStableFunc(r.Events, func(a, b listedEvent) int {
		return cmp.Or(cmp.Compare(a.Subscription, b.Subscription), cmp.Compare(uidIn(a.ID), uidIn(b.ID)), cmp.Compare(a.sequence, b.sequence))
	})
	if r.keys, err = r.readKeys(ctx, found); err != nil || r.DryRun {
		return err
	}
	return r.send(ctx)
}

// readKeys reads the signing keys of a sink, with the rights of the user.
func (r *replay) readKeys(ctx context.Context, sink *v1alpha1.EventSink) ([][]byte, error) {
	var keys [][]byte
	for _, ref := range sink.Spec.SigningSecretRefs {
		secret := &corev1.Secret{}
		err := r.c.Find(ctx, ref.Name, secret)
		switch {
		case apierrors.IsNotFound(err):
			return nil, Fail(Failed, "Secret %q, which sink %q signs with, does not exist: create it, with the key %q", ref.Name, sink.Name, ref.Key)
		case apierrors.IsForbidden(err):
			return nil, Fail(Failed, "you may not read Secret %q, which sink %q signs with: ask your administrator for that right", ref.Name, sink.Name)
		case err != nil:
			return nil, err
		}
		key, err := event.ParseKey(secret.Data[ref.Key])
		if err != nil {
			return nil, Fail(Failed, "Secret %q, key %q: %w", ref.Name, ref.Key, err)
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// send sends one event after the other.
func (r *replay) send(ctx context.Context) error {
	for n := range r.Events {
		sentence, err := r.post(ctx, &r.Events[n])
		if err != nil {
			return err
		}
		if sentence != "" {
			return Fail(Failed, "%d of %d events were sent again, and then event %s failed: %s", n, len(r.Events), r.Events[n].ID, sentence)
		}
	}
	return nil
}

// post sends one event. The sentence explains why the receiver does not have it, and repeats nothing of the address or of
// the answer.
func (r *replay) post(ctx context.Context, e *listedEvent) (sentence string, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, r.URL, bytes.NewReader(e.Event))
	if err != nil {
		return "", Fail(Failed, "the url of sink %q is not an address: correct it", r.Sink)
	}
	request.Header = event.Sign(r.keys, e.ID, r.o.Now(), e.Event)
	request.Header.Set(event.HeaderReplay, "true")
	request.Header.Set("Content-Type", event.ContentType)
	request.Header.Set("User-Agent", "seatplane")
	answer, err := r.client.Do(request)
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if err != nil {
		return fmt.Sprintf("the receiver cannot be reached from this machine (%v)", rootOf(err)), nil
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusSwitchingProtocols { // whose body is the connection itself, which no deadline ends
		_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 4<<10))
	}
	if verdict, sentence := delivery.Judge(answer.StatusCode); verdict != delivery.Delivered {
		return sentence, nil
	}
	return "", nil
}

func (r *replay) text() string {
	out := &strings.Builder{}
	out.WriteString(tableOf(r.Events))
	sent := "Sent again"
	if r.DryRun {
		sent = "Would send again"
	}
	noun := "events"
	if len(r.Events) == 1 {
		noun = "event"
	}
	fmt.Fprintf(out, "\n%s: %d %s.\n", sent, len(r.Events), noun)
	return out.String()
}

// uidIn is the UID of the subscription or product in the ID of an event.
func uidIn(id string) string {
	uid, _, _ := strings.Cut(id, "/")
	return uid
}
