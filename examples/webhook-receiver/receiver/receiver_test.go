// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package receiver

import (
	"bytes"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/event"
)

const uid types.UID = "5f0c2f0e-7a39-4d0c-9c7a-0d7a5d2f5a11"

var (
	now     = time.Date(2026, 4, 16, 12, 0, 0, 0, time.UTC)
	aKey    = []byte("a key of twenty-eight bytes.")
	another = []byte("another key of thirty bytes...")
)

// canceled is an event as Seatplane makes it.
func canceled(t *testing.T, sequence int64) (id string, body []byte) {
	t.Helper()
	n := v1alpha1.Notification{Sequence: sequence, Type: string(event.SubscriptionCanceled), Time: metav1.NewTime(now)}
	acme := &v1alpha1.Subscription{ObjectMeta: metav1.ObjectMeta{Namespace: "billing", Name: "acme", UID: uid}}
	body, err := event.Body(n, uid, event.Record{Subscription: acme})
	if err != nil {
		t.Fatal(err)
	}
	return event.ID(uid, sequence), body
}

// post sends a request, and returns the status of the answer.
func post(t *testing.T, r *Receiver, method string, header http.Header, body []byte) int {
	t.Helper()
	server := httptest.NewServer(r)
	defer server.Close()
	request, err := http.NewRequestWithContext(t.Context(), method, server.URL, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	maps.Copy(request.Header, header)
	answer, err := server.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	return answer.StatusCode
}

func receiverOf(handle func(Event) error) *Receiver {
	return &Receiver{Keys: [][]byte{aKey}, Handle: handle, Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler)}
}

// Events that Seatplane signs are handled once each, however often they arrive, during a rotation of keys too.
func TestReceives(t *testing.T) {
	var got []Event
	r := receiverOf(func(e Event) error {
		got = append(got, e)
		return nil
	})
	first, body := canceled(t, 1)
	for _, keys := range [][][]byte{{aKey}, {another, aKey}, {aKey, another}} {
		if status := post(t, r, http.MethodPost, event.Sign(keys, first, now, body), body); status != http.StatusNoContent {
			t.Errorf("the answer is %d", status)
		}
	}
	second, body := canceled(t, 2)
	replay := event.Sign([][]byte{aKey}, second, now.Add(time.Minute), body)
	replay.Set(event.HeaderReplay, "true")
	if status := post(t, r, http.MethodPost, replay, body); status != http.StatusNoContent {
		t.Errorf("the answer to a replay is %d", status)
	}
	if len(got) != 2 || got[0].ID != first || got[0].Replayed || got[1].ID != second || !got[1].Replayed {
		t.Errorf("handled %+v", got)
	}
	if got[0].Type != "dev.seatplane.subscription.canceled.v1" || got[0].Subject != "subscriptions/acme" || got[0].PartitionKey != string(uid) {
		t.Errorf("the event is %+v", got[0])
	}
}

func TestRefuses(t *testing.T) {
	id, body := canceled(t, 1)
	signed := func(keys [][]byte, at time.Time) http.Header { return event.Sign(keys, id, at, body) }
	own := [][]byte{aKey}
	for name, tc := range map[string]struct {
		reason string
		method string
		header http.Header
		body   []byte
		want   int
	}{
		"another key":     {"anybody could have sent it", http.MethodPost, signed([][]byte{another}, now), body, http.StatusUnauthorized},
		"a changed body":  {"somebody changed it on the way", http.MethodPost, signed(own, now), bytes.ToUpper(body), http.StatusUnauthorized},
		"an old request":  {"somebody recorded it", http.MethodPost, signed(own, now.Add(-6*time.Minute)), body, http.StatusUnauthorized},
		"a future one":    {"its time was made up", http.MethodPost, signed(own, now.Add(6*time.Minute)), body, http.StatusUnauthorized},
		"no signature":    {"it is not from Seatplane", http.MethodPost, http.Header{}, body, http.StatusUnauthorized},
		"GET":             {"a browser", http.MethodGet, signed(own, now), nil, http.StatusMethodNotAllowed},
		"an endless body": {"memory is bounded", http.MethodPost, signed(own, now), bytes.Repeat([]byte("x"), maxBody+1), http.StatusRequestEntityTooLarge},
		"another ID": {
			"the header is signed, and must be the event's", http.MethodPost, event.Sign(own, "other/1", now, body), body, http.StatusBadRequest,
		},
		"not an event": {"signed, and not JSON", http.MethodPost, event.Sign(own, id, now, []byte("x")), []byte("x"), http.StatusBadRequest},
	} {
		t.Run(name, func(t *testing.T) {
			r := receiverOf(func(e Event) error {
				t.Errorf("%s: handled %+v", tc.reason, e)
				return nil
			})
			if got := post(t, r, tc.method, tc.header, tc.body); got != tc.want {
				t.Errorf("%s: the answer is %d, want %d", tc.reason, got, tc.want)
			}
		})
	}
}

// An event that could not be handled is not acknowledged, and is handled when it comes again.
func TestFailsAndComesAgain(t *testing.T) {
	failures := 1
	r := receiverOf(func(Event) error {
		failures--
		if failures >= 0 {
			return errors.New("the database is down")
		}
		return nil
	})
	id, body := canceled(t, 1)
	for _, want := range []int{http.StatusInternalServerError, http.StatusNoContent} {
		if got := post(t, r, http.MethodPost, event.Sign([][]byte{aKey}, id, now, body), body); got != want {
			t.Errorf("the answer is %d, want %d", got, want)
		}
	}
}

func TestParseKeys(t *testing.T) {
	keys, err := ParseKeys("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\nMfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw ")
	if err != nil || len(keys) != 2 || !bytes.Equal(keys[0], keys[1]) {
		t.Errorf("got %d keys, %v", len(keys), err)
	}
	for _, wrong := range []string{"", " ", "whsec_", "whsec_c2hvcnQ=", "secret"} {
		if _, err := ParseKeys(wrong); err == nil || (wrong == "secret" && strings.Contains(err.Error(), wrong)) {
			t.Errorf("%q: got error %v", wrong, err)
		}
	}
}
