// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"testing"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

func TestPlaced(t *testing.T) {
	owing := func(version string, names ...string) *v1alpha1.Subscription {
		return builders.MakeSubscription("acme", "shop").With(func(s *v1alpha1.Subscription) {
			s.UID, s.ResourceVersion = "uid", version
			for _, name := range names {
				s.Status.Outbox = append(s.Status.Outbox, v1alpha1.Effect{Type: v1alpha1.EffectCreateInvoice, Name: name})
			}
		}).Obj()
	}
	place := func(p *placed, s *v1alpha1.Subscription) {
		for i := range s.Status.Outbox {
			p.add(s.UID, &s.Status.Outbox[i])
		}
		p.end(s)
	}
	cases := map[string]struct {
		reason string
		did    func(*placed)
		asked  *v1alpha1.Subscription
		want   bool
	}{
		"Committed": {
			reason: "the process put in place what it committed",
			did:    func(p *placed) { p.begin(owing("2", "a", "b")); place(p, owing("2", "a", "b")) },
			asked:  owing("3", "a", "b"), want: true,
		},
		"Part": {
			reason: "one of two effects is in place",
			did: func(p *placed) {
				s := owing("2", "a", "b")
				p.begin(s)
				p.add(s.UID, &s.Status.Outbox[0])
			},
			asked: owing("2", "a", "b"),
		},
		"Another process": {
			reason: "the outbox is that of a commit which somebody else made since",
			did:    func(p *placed) { p.begin(owing("2", "a")); place(p, owing("2", "a")) },
			asked:  owing("4", "c"),
		},
		"Next commit": {
			reason: "what was in place belongs to the commit before",
			did: func(p *placed) {
				p.begin(owing("2", "a"))
				place(p, owing("2", "a"))
				p.begin(owing("3", "a"))
			},
			asked: owing("3", "a"),
		},
		"Taken over": {
			reason: "the process put in place what an earlier one committed",
			did:    func(p *placed) { place(p, owing("2", "a")) },
			asked:  owing("2", "a"), want: true,
		},
		"Restart": {
			reason: "the cache shows what an earlier process put in place, so nothing is remembered",
			did:    func(p *placed) { p.end(owing("2", "a")) },
			asked:  owing("2", "a"),
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var p placed
			tc.did(&p)
			if got := p.whole(tc.asked); got != tc.want {
				t.Errorf("%s: got %t", tc.reason, got)
			}
			if of := p.of["uid"]; tc.want && of.seen != nil {
				t.Errorf("what is in place takes memory: %v", of.seen)
			}
		})
	}
}
