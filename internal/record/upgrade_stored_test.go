// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package record_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/proration"
	"github.com/seatplane/seatplane/internal/billing/subscription"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/record"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

// stored is what a namespace held when the version before coverage was stopped. The files in testdata/previous were
// written by that version's own code (commit b5ec991): it replayed each story, and its objects were saved as they were.
type stored struct {
	Subscription *v1alpha1.Subscription         `json:"subscription"`
	Product      *v1alpha1.SeatProduct          `json:"product"`
	Updates      []*v1alpha1.SubscriptionUpdate `json:"updates,omitempty"`
}

func readStored(t *testing.T, name string) *stored {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "previous", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var s stored
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&s); err != nil {
		t.Fatal(err)
	}
	return &s
}

func inApril(day, hour int) time.Time { return time.Date(2026, 4, day, hour, 0, 0, 0, time.UTC) }

// ask adds an update that a user creates after the upgrade.
func (s *stored) ask(u *builders.SubscriptionUpdate, at time.Time) {
	object := u.Obj()
	object.UID, object.Generation, object.CreationTimestamp = types.UID(object.Name), 1, metav1.NewTime(at)
	s.Updates = append(s.Updates, object)
}

// goesOn takes one pass at an instant, as the reconciler does: read, replay, write. It returns what was decided and issued.
func (s *stored) goesOn(t *testing.T, now time.Time) []string {
	t.Helper()
	status := &s.Subscription.Status
	state, err := record.ReadState(status)
	if err != nil {
		t.Fatal(err)
	}
	product, err := record.Product(s.Product, "")
	if err != nil {
		t.Fatal(err)
	}
	in := subscription.Input{
		Now: now, Terms: record.Terms(s.Subscription), Products: map[string]subscription.Product{s.Product.Name: product},
		Policies: map[subscription.PolicyRef]subscription.Policy{{Kind: "ProrationPolicy", Name: "by-day"}: {
			Policy: proration.Policy{Name: "by-day", Unit: proration.Day, Rounding: proration.Down}, Generation: 1,
		}},
	}
	for _, u := range s.Updates {
		if !facts.Finished(u.Status.State) && !s.owes(u.UID) {
			in.Updates = append(in.Updates, record.Update(u))
		}
	}
	out := subscription.Replay(state, in)
	if out.Blocked != nil {
		t.Fatalf("blocked: %+v", out.Blocked)
	}
	record.WriteState(out.State, subscription.UpcomingInvoice(out.State, out.Open(in)), status)
	var said []string
	for _, e := range out.Effects {
		said = append(said, s.carriedOut(e, out.State))
	}
	return said
}

// owes reports whether the outbox that the previous version left has the decision on an update.
func (s *stored) owes(uid types.UID) bool {
	for _, effect := range s.Subscription.Status.Outbox {
		if effect.UID == uid {
			return true
		}
	}
	return false
}

func (s *stored) carriedOut(e subscription.Effect, state subscription.State) string {
	if e.Document != nil {
		return fmt.Sprintf("%s %s %s", e.Document.Issued.Format(time.DateOnly), e.Document.Reason, state.Currency.Format(e.Document.Subtotal))
	}
	for _, u := range s.Updates {
		if string(u.UID) == e.Decision.UID {
			u.Status.State = v1alpha1.UpdateState(e.Decision.Verdict)
		}
	}
	adjustment := "nothing"
	if e.Decision.Adjustment != nil {
		adjustment = state.Currency.Format(*e.Decision.Adjustment)
	}
	return fmt.Sprintf("%s %s %s", e.Decision.Name, e.Decision.Verdict, adjustment)
}

// What the previous version stored continues with the right amounts, whatever was under way.
func TestStoredByThePreviousVersion(t *testing.T) {
	more := func(name string) *builders.SubscriptionUpdate {
		return builders.MakeSubscriptionUpdate(name, "shop", "acme").Increment("editors", 5)
	}
	fewer := func() *builders.SubscriptionUpdate {
		return builders.MakeSubscriptionUpdate("fewer", "shop", "acme").Decrement("editors", 5)
	}
	// Each subscription has ten seats at 10.00 in April, and five more since the 6th where the story says so.
	cases := map[string]struct {
		reason, story string
		ask           *builders.SubscriptionUpdate
		at            time.Time
		// until is when the story ends, want what is decided and issued on the way.
		until time.Time
		want  []string
	}{
		"in arrears": {
			reason: "−50 × 15/30; then 100 + 41.67 − 25", story: "arrears", ask: fewer(), at: inApril(16, 0), until: inApril(31, 0),
			want: []string{"fewer Applied -25.00", "2026-05-01 Renewal 116.67"},
		},
		"a stub": {
			reason: "the stub was charged for 14 of 30 days: no credit covers more, although 15 are left", story: "stub",
			ask: fewer(), at: inApril(16, 20), until: inApril(31, 0),
			want: []string{"fewer Applied -23.33", "2026-05-01 Renewal 100.00"},
		},
		"a trial": {
			reason: "time in it costs nothing; then 15 seats", story: "trial", ask: more("more"), at: inApril(10, 0), until: inApril(15, 0),
			want: []string{"more Applied nothing", "2026-04-15 Initial 150.00"},
		},
		"paid in full": {
			reason: "−50 × 15/30; then 100 + 50 − 25", story: "pay-in-full", ask: fewer(), at: inApril(16, 0), until: inApril(31, 0),
			want: []string{"fewer Applied -25.00", "2026-05-01 Renewal 125.00"},
		},
		"a billing date": {
			reason: "50 × 25/30 on the 25th; then 20 seats and 50 × 15/30", story: "deferred", ask: more("more"), at: inApril(16, 0),
			until: inApril(31, 0),
			want:  []string{"more Applied 25.00", "2026-04-25 Custom 41.67", "2026-05-01 Renewal 225.00"},
		},
		"an open outbox": {
			reason: "what it owes is not decided again; −50 × 15/30, then 100 − 25", story: "outbox", ask: fewer(), at: inApril(16, 0),
			until: inApril(31, 0),
			want:  []string{"fewer Applied -25.00", "2026-05-01 Renewal 75.00"},
		},
		"open updates": {
			reason: "30 × 25/30 was committed; 50 × 10/30 on the 21st; then two fewer than 18 seats", story: "open-updates",
			ask: more("more"), at: inApril(21, 0), until: inApril(31, 0),
			want: []string{"more Applied 16.67", "two-less Applied 0.00", "2026-05-01 Renewal 201.67"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := readStored(t, tc.story)
			s.ask(tc.ask, tc.at)
			said := s.goesOn(t, tc.at)
			said = append(said, s.goesOn(t, tc.until)...)
			if diff := cmp.Diff(tc.want, said); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

// What the previous version committed is carried out as it was committed: reading it and writing it again loses nothing.
func TestOutboxOfThePreviousVersion(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "previous", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no stored objects: %v", err)
	}
	effects := 0
	for _, file := range files {
		name := filepath.Base(file)
		s := readStored(t, name[:len(name)-len(".json")])
		for _, effect := range s.Subscription.Status.Outbox {
			effects++
			payload := any(&v1alpha1.InvoiceSpec{})
			if effect.Type == v1alpha1.EffectMarkUpdate {
				payload = &v1alpha1.SubscriptionUpdateStatus{}
			}
			decoder := json.NewDecoder(bytes.NewReader(effect.Payload.Raw))
			decoder.DisallowUnknownFields()
			if err := decoder.Decode(payload); err != nil {
				t.Errorf("%s: %s %s: %v", name, effect.Type, effect.Name, err)
				continue
			}
			if diff := cmp.Diff(tree(t, effect.Payload.Raw), tree(t, payload)); diff != "" {
				t.Errorf("%s: %s %s (-stored +carried out):\n%s", name, effect.Type, effect.Name, diff)
			}
		}
	}
	if effects == 0 {
		t.Error("no stored subscription owes anything")
	}
}

// tree is a JSON value without the order of its fields.
func tree(t *testing.T, value any) (parsed any) {
	t.Helper()
	raw, ok := value.(json.RawMessage)
	if bare, isBytes := value.([]byte); isBytes {
		raw, ok = bare, true
	}
	if !ok {
		var err error
		if raw, err = json.Marshal(value); err != nil {
			t.Fatal(err)
		}
	}
	if err := json.Unmarshal(raw, &parsed); err != nil {
		t.Fatal(err)
	}
	return parsed
}
