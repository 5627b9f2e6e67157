// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"crypto/sha256"
	"sync"

	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// placed remembers which effects this process has put in place, so that no live read is needed while the cache lags.
// After a restart, they are read again. The zero value is ready to use.
type placed struct {
	mu sync.Mutex
	of map[types.UID]placement
}

// placement is what is remembered of one subscription.
type placement struct {
	// commit is the version that the newest commit of this process created, or "" if there was
	// none.
	commit string
	// seen are the effects of the outbox that are in place, while others are not.
	seen map[string]bool
	// all represents an outbox whose effects are all in place. It replaces seen, which is larger.
	all outboxKey
}

// outboxKey identifies an outbox by the effects in it. Zero means that there is none.
type outboxKey [16]byte

// effectKey tells an effect from all others.
func effectKey(effect *v1alpha1.Effect) string {
	return string(effect.Type) + "/" + effect.Name + "/" + string(effect.UID)
}

func keyOf(outbox []v1alpha1.Effect) outboxKey {
	hash := sha256.New()
	for i := range outbox {
		hash.Write([]byte(effectKey(&outbox[i]) + "\n"))
	}
	return outboxKey(hash.Sum(nil)[:len(outboxKey{})])
}

// whole reports whether this process has put all effects in the outbox of a subscription in place.
func (p *placed) whole(sub *v1alpha1.Subscription) bool {
	p.mu.Lock()
	known := p.of[sub.UID].all
	p.mu.Unlock()
	return known != outboxKey{} && known == keyOf(sub.Status.Outbox)
}

func (p *placed) has(sub types.UID, effect *v1alpha1.Effect) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.of[sub].seen[effectKey(effect)]
}

func (p *placed) add(sub types.UID, effect *v1alpha1.Effect) {
	p.mu.Lock()
	defer p.mu.Unlock()
	of := p.of[sub]
	if of.seen == nil {
		of.seen = map[string]bool{}
	}
	of.seen[effectKey(effect)] = true
	p.put(sub, of)
}

// begin drops what is known about a subscription that was just committed, because it has a new
// outbox.
func (p *placed) begin(sub *v1alpha1.Subscription) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.put(sub.UID, placement{commit: sub.ResourceVersion})
}

// end frees what is remembered about the single effects of an outbox once all of them are in place. If the cache
// already shows all effects of a subscription in place, as when a manager starts, nothing is remembered about it.
func (p *placed) end(sub *v1alpha1.Subscription) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if of, known := p.of[sub.UID]; known {
		p.put(sub.UID, placement{commit: of.commit, all: keyOf(sub.Status.Outbox)})
	}
}

// began reports whether a subscription is as the newest commit of this process left
// it.
func (p *placed) began(sub *v1alpha1.Subscription) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.of[sub.UID].commit == sub.ResourceVersion
}

// forget drops everything that is known about a subscription that is removed.
func (p *placed) forget(sub types.UID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.of, sub)
}

// put remembers a placement; the caller holds the lock.
func (p *placed) put(sub types.UID, of placement) {
	if p.of == nil {
		p.of = map[types.UID]placement{}
	}
	p.of[sub] = of
}
