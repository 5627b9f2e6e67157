// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"encoding/json"
	"fmt"

	"k8s.io/utils/ptr"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// The bounds of consistency.md#5-size-bounds.
const (
	// maxObject is what etcd takes.
	maxObject = 1500 << 10
	// maxStatus is what a status of up to 10 items and fewLines accrued lines should stay below, the
	// outbox apart.
	maxStatus = 16 << 10
	fewLines  = 20
	// maxEffects and maxOutbox bound what one commit owes; one event always fits.
	maxEffects = 64
	maxOutbox  = 256 << 10
	// maxAccrued is how many accrued lines are kept one by one.
	maxAccrued = 50
)

// sizes are the largest that were seen.
type sizes struct {
	object, status, statusOfFewLines, outbox, effects, accrued, deferred int
	// folded counts the versions with a line that stands for several.
	folded int
}

// measure takes one version in, and says which bound it breaks.
func (s *sizes) measure(sub *v1alpha1.Subscription) []string {
	status := sub.Status.DeepCopy()
	lines := 0
	if status.UpcomingInvoice != nil {
		lines = len(status.UpcomingInvoice.Lines)
		for i := range status.UpcomingInvoice.Lines {
			if ptr.Deref(status.UpcomingInvoice.Lines[i].Count, 0) > 1 {
				s.folded++
				break
			}
		}
	}
	status.Outbox, status.Notifications = nil, nil
	now := sizes{
		object: bytesOf(sub), status: bytesOf(status), outbox: bytesOf(sub.Status.Outbox),
		effects: len(sub.Status.Outbox), accrued: lines, deferred: len(status.Deferred),
	}
	if lines <= fewLines {
		now.statusOfFewLines = now.status
	}
	s.widen(now)
	return now.broken()
}

func (s *sizes) widen(now sizes) {
	s.object, s.status = max(s.object, now.object), max(s.status, now.status)
	s.statusOfFewLines = max(s.statusOfFewLines, now.statusOfFewLines)
	s.outbox, s.effects = max(s.outbox, now.outbox), max(s.effects, now.effects)
	s.accrued, s.deferred = max(s.accrued, now.accrued), max(s.deferred, now.deferred)
}

func (s sizes) broken() []string {
	var wrong []string
	for _, each := range []struct {
		what        string
		value, most int
	}{
		{"bytes of the object", s.object, maxObject},
		{"bytes of a status of few lines", s.statusOfFewLines, maxStatus},
		{"bytes of the outbox", s.outbox, maxOutbox},
		{"effects", s.effects, maxEffects},
		{"accrued lines", s.accrued, maxAccrued},
	} {
		if each.value > each.most {
			wrong = append(wrong, fmt.Sprintf("%d %s, at most %d", each.value, each.what, each.most))
		}
	}
	return wrong
}

func (s sizes) String() string {
	return fmt.Sprintf("at most %d bytes an object, %d a status without its outbox (%d with up to %d accrued lines), "+
		"%d an outbox, %d effects, %d accrued lines, %d deferred; %d versions with folded lines",
		s.object, s.status, s.statusOfFewLines, fewLines, s.outbox, s.effects, s.accrued, s.deferred, s.folded)
}

// bytesOf is the length of a value as the API server stores it.
func bytesOf(value any) int {
	raw, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return len(raw)
}
