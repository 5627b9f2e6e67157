// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/examples/webhook-receiver/receiver"
	"github.com/seatplane/seatplane/internal/event"
)

// chat is a chat room that keeps what it receives.
type chat struct {
	status int
	texts  []string
}

func (c *chat) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var posted struct{ Text string }
	body, _ := io.ReadAll(r.Body)
	if err := json.Unmarshal(body, &posted); err == nil && c.status < 300 {
		c.texts = append(c.texts, posted.Text)
	}
	w.WriteHeader(c.status)
}

// Events that Seatplane makes and signs become messages, those of other types do not, and one that the chat did not take is
// asked for again.
func TestMessages(t *testing.T) {
	now := time.Date(2026, 4, 16, 12, 0, 0, 0, time.UTC)
	key := []byte("a key of twenty-eight bytes.")
	acme := &v1alpha1.Subscription{ObjectMeta: metav1.ObjectMeta{Namespace: "billing", Name: "acme", UID: "u1"}}
	held := &v1alpha1.SubscriptionUpdate{ObjectMeta: metav1.ObjectMeta{Namespace: "billing", Name: "acme-7f3k2x", UID: "up1"}}
	held.Spec.SubscriptionRef.Name = "acme"
	room := &chat{}
	messages := httptest.NewServer(room)
	defer messages.Close()
	handler := &receiver.Receiver{
		Keys: [][]byte{key}, Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler),
		Handle: newRoom(messages.URL).tell,
	}
	server := httptest.NewServer(handler)
	defer server.Close()
	post := func(n v1alpha1.Notification, r event.Record) int {
		n.Time = metav1.NewTime(now)
		body, err := event.Body(n, "u1", r)
		if err != nil {
			t.Fatal(err)
		}
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, strings.NewReader(string(body)))
		if err != nil {
			t.Fatal(err)
		}
		maps.Copy(request.Header, event.Sign([][]byte{key}, event.ID("u1", n.Sequence), now, body))
		answer, err := server.Client().Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		return answer.StatusCode
	}
	limit := v1alpha1.Notification{Sequence: 1, Type: string(event.SeatsLimitReached), Item: "editors", Threshold: ptr.To[int32](90), Quantity: ptr.To[int64](45)}
	room.status = http.StatusServiceUnavailable
	if status := post(limit, event.Record{Subscription: acme}); status != http.StatusInternalServerError {
		t.Errorf("while the chat is down, the answer is %d", status)
	}
	room.status = http.StatusOK
	for _, each := range []struct {
		n v1alpha1.Notification
		r event.Record
	}{
		{limit, event.Record{Subscription: acme}},
		{limit, event.Record{Subscription: acme}},
		{v1alpha1.Notification{Sequence: 2, Type: string(event.SubscriptionCanceled)}, event.Record{Subscription: acme}},
		{v1alpha1.Notification{
			Sequence: 3, Type: string(event.UpdateHeld), Summary: "editors 7 → 70",
			Ref: &v1alpha1.NotificationReference{Kind: "SubscriptionUpdate", Name: "acme-7f3k2x", UID: "up1"},
		}, event.Record{Update: held}},
	} {
		if status := post(each.n, each.r); status != http.StatusNoContent {
			t.Errorf("the answer to %s is %d", each.n.Type, status)
		}
	}
	want := []string{
		"acme has 45 seats of editors: 90 % of the maximum of its plan.",
		"A change of acme is pending approval: editors 7 → 70. To see what it costs, and to approve it:\n" +
			"kubectl seatplane explain update acme-7f3k2x -n billing\nkubectl seatplane approve acme-7f3k2x -n billing",
	}
	if !slices.Equal(room.texts, want) {
		t.Errorf("the room was told %q, want %q", room.texts, want)
	}
}
