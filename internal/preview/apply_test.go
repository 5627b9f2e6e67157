// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package preview_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seatplane/seatplane/internal/preview"
)

// A manifest whose name another subscription's update has is an edit of that update, which the API server refuses.
func TestNamesThatAreTaken(t *testing.T) {
	more := "  changeItems: {items: [{name: editors, productRef: {name: seat}, plan: monthly, quantity: 13}]}\n"
	ada := `
apiVersion: billing.seatplane.dev/v1alpha1
kind: SeatAssignment
metadata: {name: ada}
spec: {subscriptionRef: {name: acme}, item: editors, holder: {id: ada}}`
	later := strings.Replace(more, "  changeItems", "  applicationSchedule: Custom\n  applyAt: 2026-12-01T00:00:00Z\n  changeItems", 1)
	finished := update("more", more) + "status: {state: Applied}\n"
	cases := map[string]struct{ reason, present, proposed, want string }{
		"open":     {"an update that waits", update("more", later), update("more", more), `SubscriptionUpdate "more" exists, and its Subscription is "acme", which is immutable: choose another name`},
		"finished": {"one that is finished", finished, update("more", more), `SubscriptionUpdate "more" exists, and its Subscription is "acme", which is immutable: choose another name`},
		"assigned": {"an assignment", ada, ada, `SeatAssignment "ada" exists, and its Subscription is "acme", which is immutable: choose another name`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			proposed := strings.Replace(c.proposed, "{name: acme}", "{name: globex}", 1)
			r := comparedWith(t, base(t)+"\n---\n"+c.present, proposed, false)
			if r.Result != preview.Rejected || len(r.Invalid) != 1 || r.Invalid[0].Message != c.want || len(r.Totals) > 0 {
				t.Errorf("%s: got %s, %+v, %+v", c.reason, r.Result, r.Invalid, r.Totals)
			}
			again := comparedWith(t, base(t)+"\n---\n"+c.present, c.present, false)
			if len(again.Invalid) > 0 {
				t.Errorf("%s: its own manifest is refused: %+v", c.reason, again.Invalid)
			}
		})
	}
}

// A policy that is given up makes the next one usable, for everybody who waits for it.
func TestPoliciesThatTurn(t *testing.T) {
	policies := `
---
apiVersion: billing.seatplane.dev/v1alpha1
kind: ProrationPolicy
metadata: {name: a, namespace: billing}
spec: {displayName: First, rounding: Up, externalRef: pol-7}
---
apiVersion: billing.seatplane.dev/v1alpha1
kind: ProrationPolicy
metadata: {name: b, namespace: billing}
spec: {displayName: Second, rounding: Up, externalRef: pol-7}
`
	present := base(t, "  items:\n  - {name: desks", "  prorationPolicyRef: {kind: ProrationPolicy, name: b}\n  items:\n  - {name: desks") + policies
	proposed := strings.Replace(strings.Split(policies, "---")[1], "pol-7", "pol-8", 1)
	r := comparedWith(t, present, proposed, false)
	want := []string{"ProrationPolicy/b can be used: no older policy has the same externalRef"}
	if len(r.Catalogue) != 1 || !cmp.Equal(want, r.Catalogue[0].Edits) {
		t.Errorf("got %+v", r)
	}
}

// The manifest of a finished update stays in Git, and changes nothing. An edit of it changes nothing either, as the API
// server refuses it.
func TestFinishedUpdates(t *testing.T) {
	more := update("more", "  changeItems: {items: [{name: editors, productRef: {name: seat}, plan: monthly, quantity: 13}]}\n  effectiveTime: 2026-04-10T02:00:00+02:00\n")
	present := base(t) + "\n---\n" + more + "status: {state: Applied}\n"
	const refused = `SubscriptionUpdate "more" is finished, and everything in an update except approved is immutable: create another SubscriptionUpdate`
	cases := map[string]struct{ reason, proposed, want string }{
		"the same":        {"it was applied long ago", more, ""},
		"written anew":    {"the same instant in another zone", strings.Replace(more, "2026-04-10T02:00:00+02:00", "2026-04-10T00:00:00Z", 1), ""},
		"approved":        {"the only field that may change", more + "  approved: true\n", ""},
		"another count":   {"another update was meant", strings.Replace(more, "quantity: 13", "quantity: 14", 1), refused},
		"no longer there": {"fields cannot be removed", strings.Replace(more, "  effectiveTime: 2026-04-10T02:00:00+02:00\n", "", 1), refused},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r := comparedWith(t, present, c.proposed, false)
			got := ""
			for _, p := range r.Invalid {
				got += p.Message
			}
			if diff := cmp.Diff(c.want, got); diff != "" || (r.Result == preview.Rejected) != (c.want != "") {
				t.Errorf("%s: %s (-want +got):\n%s", c.reason, r.Result, diff)
			}
		})
	}
}
