// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package wake

import (
	"sync"

	"k8s.io/client-go/util/flowcontrol"
	"k8s.io/utils/clock"
)

const (
	// burst is the number of events of one namespace that have precedence at once.
	burst = 100
	// perSecond is how many more have precedence each second. A namespace can change that much without delaying others.
	perSecond = 20
)

// Allowance limits the events of one namespace that have precedence over those of others: 100 events at once, and 20 a
// second after that. The zero value is ready to use.
type Allowance struct {
	mu sync.Mutex
	of map[string]flowcontrol.PassiveRateLimiter
}

// Take takes one event from the allowance of a namespace. It reports false if the allowance is used up.
func (a *Allowance) Take(namespace string, time clock.PassiveClock) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.of == nil {
		a.of = map[string]flowcontrol.PassiveRateLimiter{}
	}
	if a.of[namespace] == nil {
		a.of[namespace] = flowcontrol.NewTokenBucketPassiveRateLimiterWithClock(perSecond, burst, time)
	}
	return a.of[namespace].TryAccept()
}
