// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/event"
)

const (
	oldKey = "whsec_b2xkLWtleS1vbGQta2V5LW9sZC1rZXktb2xk"
	newKey = "whsec_bmV3LWtleS1uZXcta2V5LW5ldy1rZXktbmV3"
)

// books is a sink that posts to an address, with two keys.
func books(url string) *v1alpha1.EventSink {
	return &v1alpha1.EventSink{
		TypeMeta:   metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "EventSink"},
		ObjectMeta: metav1.ObjectMeta{Name: "books", Namespace: "shop", UID: "s1"},
		Spec: v1alpha1.EventSinkSpec{
			URL: url, SigningSecretRefs: []v1alpha1.SecretKeyReference{{Name: "hooks", Key: "old"}, {Name: "hooks", Key: "new"}},
			Types: []v1alpha1.EventType{"subscription-update.*", "invoice.*", "seats.*"},
		},
	}
}

func hooks(old string) *corev1.Secret {
	return &corev1.Secret{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"}, ObjectMeta: metav1.ObjectMeta{Name: "hooks", Namespace: "shop"},
		Data: map[string][]byte{"old": []byte(old), "new": []byte(newKey)},
	}
}

// eventful has three events of acme, of which the sink has two, and one of a subscription that was deleted.
func eventful(url string) map[string][]any {
	s := acme()
	s.Labels = map[string]string{"region": "eu"}
	s.Status.EventSequence = 4
	s.Status.EventCursors = []v1alpha1.EventCursor{{Sink: "books", UID: "s1", Sequence: 3}}
	s.Status.Notifications = []v1alpha1.Notification{
		{Sequence: 3, Type: string(event.SubscriptionRenewed), Time: day(3)},
		{Sequence: 4, Type: string(event.SeatsLimitReached), Time: day(4), Item: "editors", Threshold: ptr.To[int32](90), Quantity: ptr.To[int64](45)},
	}
	applied := anUpdate("done", v1alpha1.UpdateApplied, "Applied", "The change has taken effect.")
	applied.UID, applied.Status.SubscriptionUID = "up1", s.UID
	applied.Status.EventSequence, applied.Status.EventTime = 2, ptr.To(day(2))
	applied.Status.Changes = []v1alpha1.ItemChange{{Item: "editors", Product: "editor-seat", PreviousCount: 10, NewCount: 15, AdjustmentAmount: "31.25"}}
	applied.Status.ApplyAt, applied.Status.AppliedTime, applied.Status.AdjustmentAmount = ptr.To(day(2)), ptr.To(day(2)), "31.25"
	first := anInvoice(1, "acme", "125.00")
	first.Spec.EventSequence = 1
	gone := anInvoice(1, "globex", "125.00")
	gone.Spec.SubscriptionRef.UID, gone.Spec.EventSequence, gone.Spec.IssueTime = "u9", 7, day(5)
	return map[string][]any{
		"eventsinks": {books(url)}, "secrets": {hooks(oldKey)}, "subscriptions": {s},
		"subscriptionupdates": {applied}, "invoices": {first, gone},
	}
}

func TestEventsList(t *testing.T) {
	for name, tc := range map[string]struct {
		reason  string
		args    []string
		selects bool
		want    string
	}{
		"all": {
			reason: "records and the status, by time; the sink does not want renewals, and has no cursor for what is deleted",
			want: "TIME                   SUBSCRIPTION   TYPE                          ABOUT                     WAITS   ID\n" +
				"2026-04-01T00:00:00Z   acme           invoice.issued                Invoice/acme-000001               u1/1\n" +
				"2026-04-02T00:00:00Z   acme           subscription-update.applied   SubscriptionUpdate/done           u1/2\n" +
				"2026-04-04T00:00:00Z   acme           seats.limit-reached                                     yes     u1/4\n" +
				"2026-04-05T00:00:00Z   globex         invoice.issued                Invoice/globex-000001             u9/7\n",
		},
		"since": {
			reason: "the instant itself counts",
			args:   []string{"--since", "2026-04-04"},
			want: "TIME                   SUBSCRIPTION   TYPE                  ABOUT                   WAITS   ID\n" +
				"2026-04-04T00:00:00Z   acme           seats.limit-reached                           yes     u1/4\n" +
				"2026-04-05T00:00:00Z   globex         invoice.issued        Invoice/globex-000001           u9/7\n",
		},
		"one ID": {
			reason: "as a receiver logged it",
			args:   []string{"--id", "u1/2"},
			want: "TIME                   SUBSCRIPTION   TYPE                          ABOUT                     WAITS   ID\n" +
				"2026-04-02T00:00:00Z   acme           subscription-update.applied   SubscriptionUpdate/done           u1/2\n",
		},
		"a deleted subscription": {
			reason:  "its labels are gone, but it is named",
			args:    []string{"--subscription", "globex"},
			selects: true,
			want: "TIME                   SUBSCRIPTION   TYPE             ABOUT                   WAITS   ID\n" +
				"2026-04-05T00:00:00Z   globex         invoice.issued   Invoice/globex-000001           u9/7\n",
		},
		"a selector": {
			reason:  "nobody knows whether it selected what is deleted",
			args:    []string{"--since", "2026-04-04"},
			selects: true,
			want: "TIME                   SUBSCRIPTION   TYPE                  ABOUT   WAITS   ID\n" +
				"2026-04-04T00:00:00Z   acme           seats.limit-reached           yes     u1/4\n\n" + deletedNote + "\n",
		},
		"nothing": {
			reason: "a time after everything",
			args:   []string{"--since", "2026-05-01"},
			want:   "There are no such events for the sink books.\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			objects := eventful("https://hooks.example.com")
			if tc.selects {
				objects["eventsinks"][0].(*v1alpha1.EventSink).Spec.SubscriptionSelector = &v1alpha1.LabelSelector{
					MatchLabels: map[string]v1alpha1.LabelValue{"region": "eu"},
				}
			}
			code, out, said := newStub(t, objects).run(append([]string{"events", "list", "books"}, tc.args...)...)
			if diff := cmp.Diff(tc.want, out); code != Done || diff != "" {
				t.Errorf("%s: code %d, it said %q (-want +got):\n%s", tc.reason, code, said, diff)
			}
		})
	}
}

// The JSON has the body of each event, byte for byte, and says why there is none.
func TestEventsListJSON(t *testing.T) {
	objects := eventful("https://hooks.example.com")
	s := objects["subscriptions"][0].(*v1alpha1.Subscription)
	open := objects["subscriptionupdates"][0].(*v1alpha1.SubscriptionUpdate)
	s.Status.Notifications = append(s.Status.Notifications, v1alpha1.Notification{
		Sequence: 5, Type: string(event.UpdateApplied), Time: day(6),
		Ref: &v1alpha1.NotificationReference{Kind: "SubscriptionUpdate", Name: "missing", UID: "up2"},
	})
	code, out, said := newStub(t, objects).run("events", "list", "books", "--subscription", "acme", "-o", "json")
	if code != Done {
		t.Fatal(said)
	}
	var list listedEvents
	if err := json.Unmarshal([]byte(out), &list); err != nil {
		t.Fatal(err)
	}
	if len(list.Items) != 4 {
		t.Fatalf("got %d events: %s", len(list.Items), out)
	}
	body, err := event.Body(v1alpha1.Notification{
		Sequence: 2, Type: string(event.UpdateApplied), Time: day(2),
		Ref: &v1alpha1.NotificationReference{Kind: "SubscriptionUpdate", Name: "done", UID: "up1"},
	}, "u1", event.Record{Update: open})
	if err != nil {
		t.Fatal(err)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, list.Items[1].Event); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(body), compact.String()); diff != "" {
		t.Errorf("the body (-want +got):\n%s", diff)
	}
	if last := list.Items[3]; last.Event != nil || !strings.Contains(last.Problem, "the SubscriptionUpdate is missing") {
		t.Errorf("an event without its record is %+v", last)
	}
}

// receiver is a server that keeps what it was sent, and answers with a status.
type receiver struct {
	*httptest.Server
	mu      sync.Mutex
	status  int
	headers []http.Header
	bodies  []string
}

func newReceiver(t *testing.T, status int) *receiver {
	t.Helper()
	r := &receiver{status: status}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		body, _ := io.ReadAll(request.Body)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.headers, r.bodies = append(r.headers, request.Header), append(r.bodies, string(body))
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(r.status)
		_, _ = w.Write([]byte("an answer that nobody repeats"))
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) sent() ([]http.Header, []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.headers, r.bodies
}

// A replay has the same IDs and bodies as the list, in the order of each subscription, and signatures of both keys.
func TestEventsReplay(t *testing.T) {
	to := newReceiver(t, http.StatusNoContent)
	s := newStub(t, eventful(to.URL))
	code, out, said := s.run("events", "replay", "books", "--since", "2026-04-01")
	if code != Done || !strings.Contains(out, "Sent again: 4 events.") {
		t.Fatalf("code %d, printed %q, said %q", code, out, said)
	}
	headers, bodies := to.sent()
	var ids []string
	for n, header := range headers {
		ids = append(ids, header.Get("webhook-id"))
		if header.Get("webhook-replay") != "true" || header.Get("Content-Type") != event.ContentType || header.Get("webhook-timestamp") != "1776643200" {
			t.Errorf("the headers of event %d are %v", n, header)
		}
		for _, key := range []string{oldKey, newKey} {
			verifier, err := standardwebhooks.NewWebhook(key)
			if err != nil {
				t.Fatal(err)
			}
			if err := verifier.VerifyIgnoringTimestamp([]byte(bodies[n]), header); err != nil {
				t.Errorf("event %d: %v", n, err)
			}
		}
	}
	if diff := cmp.Diff([]string{"u1/1", "u1/2", "u1/4", "u9/7"}, ids); diff != "" {
		t.Errorf("the IDs (-want +got):\n%s", diff)
	}
	invoice := eventful(to.URL)["invoices"][0].(*v1alpha1.Invoice)
	want, err := event.Body(v1alpha1.Notification{
		Sequence: 1, Type: string(event.InvoiceIssued), Time: day(1), Ref: &v1alpha1.NotificationReference{Kind: "Invoice", Name: invoice.Name},
	}, types.UID("u1"), event.Record{Invoice: invoice})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), bodies[0]); diff != "" {
		t.Errorf("the body (-want +got):\n%s", diff)
	}
	for _, asked := range s.asked {
		if !strings.HasPrefix(asked, "GET ") {
			t.Errorf("a replay wrote to the cluster: %s", asked)
		}
	}
}

func TestEventsReplayRefuses(t *testing.T) {
	forbidden := apierrors.NewForbidden(corev1.Resource("secrets"), "hooks", nil)
	for name, tc := range map[string]struct {
		reason string
		args   []string
		status int
		change func(*stub)
		// sent is how many requests the receiver had.
		sent int
		want string
	}{
		"no choice": {
			reason: "nobody sends everything again by mistake", args: nil, want: "--since, --id or --subscription",
		},
		"not a date": {
			reason: "a flag that cannot be read", args: []string{"--since", "yesterday"}, want: `"yesterday" is not a date`,
		},
		"no such event": {
			reason: "an ID with a typing error", args: []string{"--id", "u1/99"}, want: "there is no such event",
		},
		"no such subscription": {
			reason: "neither it nor a record", args: []string{"--subscription", "initech"}, want: `there is no Subscription "initech"`,
		},
		"an event without its record": {
			reason: "half of the order would be sent", args: []string{"--subscription", "acme"}, want: "nothing was sent: event u1/5",
			change: func(s *stub) {
				sub := s.objects["subscriptions"][0].(*v1alpha1.Subscription)
				sub.Status.Notifications = append(sub.Status.Notifications, v1alpha1.Notification{
					Sequence: 5, Type: string(event.InvoiceIssued), Time: day(6), Ref: &v1alpha1.NotificationReference{Kind: "Invoice", Name: "acme-000009"},
				})
			},
		},
		"no Secret": {
			reason: "it was deleted", args: []string{"--id", "u1/1"}, want: `Secret "hooks", which sink "books" signs with, does not exist`,
			change: func(s *stub) { s.objects["secrets"] = nil },
		},
		"no right": {
			reason: "the plugin has no rights of its own", args: []string{"--id", "u1/1"}, want: `you may not read Secret "hooks"`,
			change: func(s *stub) { s.secret = forbidden },
		},
		"a short key": {
			reason: "the operator refuses it too", args: []string{"--id", "u1/1"}, want: `Secret "hooks", key "old": the signing key has 9 bytes`,
			change: func(s *stub) { s.objects["secrets"] = []any{hooks("c2hvcnQta2V5")} },
		},
		"a failure": {
			reason: "the order is kept, so the first failure ends it", args: []string{"--since", "2026-04-01"}, status: http.StatusInternalServerError,
			sent: 1, want: "0 of 4 events were sent again, and then event u1/1 failed: The receiver answered with an internal error (status 500).",
		},
		"a redirect": {
			reason: "the signature is for the sink's address alone", args: []string{"--id", "u1/1"}, status: http.StatusTemporaryRedirect,
			sent: 1, want: "redirects (status 307)",
		},
		"nobody listens": {
			reason: "the receiver is reached from the user's machine", args: []string{"--id", "u1/1"}, want: "cannot be reached from this machine",
			change: func(s *stub) { s.objects["eventsinks"] = []any{books("http://127.0.0.1:1/")} },
		},
	} {
		t.Run(name, func(t *testing.T) {
			to := newReceiver(t, tc.status)
			s := newStub(t, eventful(to.URL))
			if tc.change != nil {
				tc.change(s)
			}
			code, out, said := s.run(append([]string{"events", "replay", "books"}, tc.args...)...)
			if code != Failed || out != "" || !strings.Contains(said, tc.want) || strings.Count(said, "\n") != 1 {
				t.Errorf("%s: code %d, printed %q, said %q, want %q", tc.reason, code, out, said, tc.want)
			}
			if strings.Contains(said, "c2hvcnQta2V5") || strings.Contains(said, "nobody repeats") {
				t.Errorf("it said too much: %q", said)
			}
			if headers, _ := to.sent(); len(headers) != tc.sent {
				t.Errorf("the receiver had %d requests, want %d", len(headers), tc.sent)
			}
		})
	}
}

// A dry run checks everything, and sends nothing.
func TestEventsReplayDryRun(t *testing.T) {
	to := newReceiver(t, http.StatusOK)
	code, out, said := newStub(t, eventful(to.URL)).run("events", "replay", "books", "--id", "u1/4", "--dry-run")
	if headers, _ := to.sent(); code != Done || len(headers) != 0 || !strings.Contains(out, "Would send again: 1 event.") {
		t.Errorf("code %d, printed %q, said %q, and sent %d", code, out, said, len(headers))
	}
}

// Events of products are listed next to those of subscriptions, whatever the sink's selector, and sent again with the same
// IDs. Whoever names a subscription gets none of them.
func TestEventsOfProducts(t *testing.T) {
	failing := &v1alpha1.SeatProduct{
		TypeMeta:   metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "SeatProduct"},
		ObjectMeta: metav1.ObjectMeta{Name: "editor-seat", Namespace: "shop", UID: "p1"},
		Status: v1alpha1.SeatProductStatus{
			EventSequence: 2, EventCursors: []v1alpha1.EventCursor{{Sink: "books", UID: "s1", Sequence: 1}},
			Notifications: []v1alpha1.Notification{
				{Sequence: 1, Type: string(event.ProductRefreshFailed), Time: day(2), Reason: v1alpha1.ReasonSourceUnreachable, Message: "The source cannot be reached."},
				{Sequence: 2, Type: string(event.ProductRefreshRecovered), Time: day(3)},
			},
		},
	}
	with := func(url string) map[string][]any {
		objects := eventful(url)
		sink := books(url)
		sink.Spec.Types = []v1alpha1.EventType{"product.*", "invoice.*"}
		sink.Spec.SubscriptionSelector = &v1alpha1.LabelSelector{MatchLabels: map[string]v1alpha1.LabelValue{"region": "us"}}
		objects["eventsinks"], objects["seatproducts"] = []any{sink}, []any{failing}
		return objects
	}
	want := "TIME                   SUBSCRIPTION   TYPE                        ABOUT                     WAITS   ID\n" +
		"2026-04-02T00:00:00Z                  product.refresh-failed      SeatProduct/editor-seat           p1/1\n" +
		"2026-04-03T00:00:00Z                  product.refresh-recovered   SeatProduct/editor-seat   yes     p1/2\n\n" + deletedNote + "\n"
	to := newReceiver(t, http.StatusOK)
	code, out, said := newStub(t, with(to.URL)).run("events", "list", "books")
	if diff := cmp.Diff(want, out); code != Done || diff != "" {
		t.Errorf("code %d, it said %q (-want +got):\n%s", code, said, diff)
	}
	if code, out, said = newStub(t, with(to.URL)).run("events", "list", "books", "--subscription", "acme"); code != Done || strings.Contains(out, "product.") {
		t.Errorf("code %d, printed %q, said %q", code, out, said)
	}
	if code, out, said = newStub(t, with(to.URL)).run("events", "replay", "books", "--id", "p1/1"); code != Done || !strings.Contains(out, "Sent again: 1 event.") {
		t.Fatalf("code %d, printed %q, said %q", code, out, said)
	}
	body, err := event.Body(failing.Status.Notifications[0], "p1", event.Record{Product: failing})
	if err != nil {
		t.Fatal(err)
	}
	headers, bodies := to.sent()
	if len(bodies) != 1 || bodies[0] != string(body) || headers[0].Get("webhook-id") != "p1/1" {
		t.Errorf("sent %q with %v, want %s", bodies, headers, body)
	}
}
