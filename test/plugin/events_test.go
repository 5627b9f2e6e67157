// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package plugin

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/seatplane/seatplane/internal/cli"
)

const signingKey = "whsec_b2xkLWtleS1vbGQta2V5LW9sZC1rZXktb2xk"

// toldOfAcme is a sink of the receiver at an address, and what a subscription needs. Its verbs are the host, the key and the
// address.
const toldOfAcme = `
apiVersion: v1
kind: Secret
metadata:
  name: hooks
  labels: {billing.seatplane.dev/allow: sink}
  annotations: {billing.seatplane.dev/allow-hosts: "%s"}
stringData: {signing-key: "%s"}
---
apiVersion: billing.seatplane.dev/v1alpha1
kind: EventSink
metadata: {name: books}
spec:
  url: "%s"
  signingSecretRefs: [{name: hooks, key: signing-key}]
---
apiVersion: billing.seatplane.dev/v1alpha1
kind: TestClock
metadata: {name: clock}
spec: {now: 2026-04-01T00:00:00Z}
---
apiVersion: billing.seatplane.dev/v1alpha1
kind: SeatProduct
metadata: {name: editor-seat}
spec:
  externalRef: itm_1
  plans:
  - {name: monthly, currency: EUR, interval: {unit: Month, count: 1}, pricing: {model: PerUnit, unitAmount: "12.50"}, seats: {minimum: 1}}
`

const acmeOfEvents = `
apiVersion: billing.seatplane.dev/v1alpha1
kind: Subscription
metadata: {name: acme}
spec:
  customer: {id: acme}
  externalRef: sub_1
  startTime: 2026-04-01T00:00:00Z
  testClockRef: {name: clock}
  items:
  - {name: editors, productRef: {name: editor-seat}, plan: monthly}
`

// inbox is a receiver that keeps the bodies that it was sent, by their IDs, and the headers of the last request.
type inbox struct {
	mu     sync.Mutex
	bodies map[string]string
	header http.Header
	// again are the IDs of replays, in the order in which they arrived.
	again []string
	wrong []string
}

func (i *inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	i.mu.Lock()
	defer i.mu.Unlock()
	verifier, err := standardwebhooks.NewWebhook(signingKey)
	if err == nil {
		err = verifier.Verify(body, r.Header)
	}
	id := r.Header.Get("webhook-id")
	if before, known := i.bodies[id]; err == nil && known && before != string(body) {
		err = fmt.Errorf("event %s has other bytes than before:\n%s", id, cmp.Diff(before, string(body)))
	}
	if err != nil {
		i.wrong = append(i.wrong, err.Error())
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if r.Header.Get("webhook-replay") == "true" {
		i.again = append(i.again, id)
	}
	i.bodies[id], i.header = string(body), r.Header
	w.WriteHeader(http.StatusNoContent)
}

func (i *inbox) types() []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	var types []string
	for _, id := range slices.Sorted(maps.Keys(i.bodies)) {
		var event struct{ Type string }
		if json.Unmarshal([]byte(i.bodies[id]), &event) == nil {
			types = append(types, event.Type)
		}
	}
	slices.Sort(types)
	return types
}

// What the operator delivers, what the plugin lists and what it replays are the same, byte for byte, and a receiver accepts
// the signatures of both.
func TestEvents(t *testing.T) {
	received := &inbox{bodies: map[string]string{}}
	server := httptest.NewServer(received)
	defer server.Close()
	address, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	p := visit(t, "events", fmt.Sprintf(toldOfAcme, address.Host, signingKey, server.URL))
	p.kubectl("wait", "eventsink/books", "--for=condition=Ready", "--timeout=60s")
	p.apply(acmeOfEvents)
	p.kubectl("wait", "subscription/acme", "--for=condition=Ready", "--timeout=60s")
	p.move("2026-04-16T00:00:00Z")
	p.types(cli.Done, "seats", "add", "acme", "editors", "4")
	p.move("2026-05-01T00:00:00Z")
	want := []string{
		"dev.seatplane.invoice.issued.v1", "dev.seatplane.invoice.issued.v1", "dev.seatplane.subscription-update.applied.v1",
		"dev.seatplane.subscription.renewed.v1", "dev.seatplane.subscription.started.v1",
	}
	deadline := time.Now().Add(time.Minute)
	for !slices.Equal(received.types(), want) && time.Now().Before(deadline) {
		time.Sleep(100 * time.Millisecond)
	}
	if diff := cmp.Diff(want, received.types()); diff != "" {
		t.Fatalf("the receiver has (-want +got):\n%s%s", diff, strings.Join(received.wrong, "\n"))
	}

	listed := p.types(cli.Done, "events", "list", "books", "-o", "json")
	var list struct {
		Items []struct {
			ID    string
			Event json.RawMessage
		}
	}
	if err := json.Unmarshal([]byte(listed.out), &list); err != nil {
		t.Fatal(err)
	}
	for _, each := range list.Items {
		var got, want any
		if json.Unmarshal(each.Event, &got) != nil || json.Unmarshal([]byte(received.bodies[each.ID]), &want) != nil {
			t.Fatalf("event %s was not delivered: %s", each.ID, each.Event)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("event %s (-delivered +listed):\n%s", each.ID, diff)
		}
	}
	if len(list.Items) != len(want) {
		t.Errorf("%d events are listed, and %d were delivered", len(list.Items), len(want))
	}

	p.types(cli.Done, "events", "replay", "books", "--subscription", "acme", "--dry-run").has(t, "Would send again: 5 events.")
	p.types(cli.Done, "events", "replay", "books", "--subscription", "acme").has(t, "Sent again: 5 events.")
	if len(received.again) != 5 || !slices.IsSorted(received.again) || len(received.wrong) > 0 {
		t.Errorf("replayed %v; %s", received.again, strings.Join(received.wrong, "\n"))
	}
	// The eleven fields of the reference API.
	applied := p.types(cli.Done, "events", "list", "books", "--since", "2026-04-16", "-o", "json").out
	for _, text := range []string{
		`"id": "`, `"application_schedule": "immediately"`, `"apply_at": "2026-04-16T00:00:00Z"`, `"payment_schedule": "next_invoice"`,
		`"calculation_method": "pro_rata"`, `"adjustment_amount": 25`, `"subscription_id": "sub_1"`, `"product_id": "itm_1"`,
		`"previous_count": 1`, `"new_count": 5`, `"next_refresh_date": null`,
	} {
		if !strings.Contains(applied, text) {
			t.Errorf("%s is not in %s", text, applied)
		}
	}
}

// A replay needs the right to read the sink's Secret, which viewers do not have.
func TestReplayNeedsTheSecret(t *testing.T) {
	config, err := ground.Plane.AddUser("viewer-of-events")
	if err != nil {
		t.Fatal(err)
	}
	admin := visit(t, "replays", fmt.Sprintf(toldOfAcme, "127.0.0.1:1", signingKey, "http://127.0.0.1:1/")+"---"+acmeOfEvents)
	admin.kubectl("create", "rolebinding", "viewer", "--clusterrole=seatplane-viewer", "--user=viewer-of-events")
	admin.kubectl("wait", "subscription/acme", "--for=condition=Ready", "--timeout=60s")
	p := &person{t: t, namespace: "replays", config: config}
	p.types(cli.Done, "events", "list", "books").has(t, "subscription.started")
	a := p.types(cli.Failed, "events", "replay", "books", "--subscription", "acme")
	a.has(t, `you may not read Secret "hooks"`)
	if a.out != "" {
		t.Errorf("it printed %q", a.out)
	}
}
