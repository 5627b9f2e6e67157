// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package hostile

import (
	"context"
	"fmt"
	"testing"

	"k8s.io/utils/ptr"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// attacker is a server that attacks whoever asks it.
type attacker struct {
	// asked returns how often it was asked so far.
	asked func() int
	// loader returns the loader of the product with a number.
	loader func(number int) *v1alpha1.DataLoader
}

// workers is how many products the manager reconciles at once. One attacker more holds all of them, if an
// attacker can hold one at all.
const workers = 16

// attack is a way to stop or slow the manager.
type attack struct {
	// reason is what happened to a manager that loads by itself.
	reason string
	// products is how many products attack at once.
	products int
	// begin starts a server.
	begin func(s *system, namespace string) attacker
	// fails is the reason that the refreshes fail for, and says a pattern of the sentence. An attack without
	// them continues for longer than a test does.
	fails, says string
}

// endless is the attack that continues until it is ended.
const endless = "row 6: a byte a second"

// The rows of the table of issue 11 that stopped or slowed everybody.
var attacks = map[string]attack{
	"row 1: a result of 2^40 columns": {
		reason:   "the driver made room for them: out of memory, which ends a Go program, again after each restart",
		products: 1, begin: mysqlAnswering(hugeHeader), fails: v1alpha1.ReasonSourceError, says: "needed more than 256 MiB",
	},
	"row 2: a result of one byte": {
		reason:   "the driver panicked and left a lock held, for ever; all workers waited for theirs",
		products: workers + 1, begin: mysqlAnswering(cutOK), fails: v1alpha1.ReasonSourceError, says: "could not be processed",
	},
	"row 3: a regular expression that runs for hours": {
		reason:   "no limit, deletion or signal ended it",
		products: workers + 1, begin: evaluating(backtracking(400, 100, 60_000)),
		fails: v1alpha1.ReasonInvalidExpression, says: "pattern",
	},
	"row 3: the largest pattern and text": {
		reason:   "a limit on the pattern alone leaves hours for a long text",
		products: workers + 1, begin: evaluating(backtracking(95, 20, longest-20)),
		fails: v1alpha1.ReasonInvalidExpression, says: "rows",
	},
	"row 3: a pattern in the answer": {
		reason:   "a pattern that is not in the expression is checked by nobody",
		products: workers + 1, begin: evaluating(smuggled), fails: v1alpha1.ReasonSourceError, says: "pattern",
	},
	"row 4: literals in a loop": {
		reason: "they made 2.6 GiB where the pod has 1",
		// On a slow machine, the timeout comes first.
		products: 1, begin: evaluating(multiplying(longest/2 - 1)), fails: v1alpha1.ReasonSourceError, says: "values|took longer",
	},
	"row 4: literals in a loop over fewer": {
		reason:   "a limit on the answer alone leaves 400 times as much to the expression",
		products: 1, begin: evaluating(multiplying(400_000)), fails: v1alpha1.ReasonInvalidExpression, says: "rows",
	},
	"row 5: objects in objects": {
		reason:   "8 MiB of them were 930 MiB when decoded; two at once passed the pod's limit",
		products: 3, begin: evaluating(nesting), fails: v1alpha1.ReasonSourceError,
		// Either limit may be the first.
		says: "values|needed more than 256 MiB",
	},
	endless: {
		reason:   "sixteen such servers held all workers, and deleting their products freed none",
		products: workers + 1, begin: drip,
	},
}

func TestOneSourceOnlyFailsItself(t *testing.T) {
	for name, each := range attacks {
		t.Run(name, func(t *testing.T) { each.play(t) })
	}
}

// play attacks the manager, and requires that others are served while it lasts, that it is seen as a failed
// refresh, and that removing its products frees what they use.
func (a attack) play(t *testing.T) {
	s := start(t, reachable...)
	namespace := s.namespace("hostile")
	by := a.begin(s, namespace)
	var hostile []product
	for n := range a.products {
		hostile = append(hostile, s.sells(namespace, fmt.Sprintf("seat-%d", n), by.loader(n)))
	}
	s.eventually("the attack is under way", func(ctx context.Context) (bool, string) {
		// What is refused at once asks no server.
		outcome, err := hostile[0].condition(ctx)
		return by.asked() > 0 || outcome != nil, fmt.Sprint("the server was not asked ", err)
	})
	s.requireNeighborsServed()
	if a.fails != "" {
		for _, each := range hostile {
			each.fails(a.fails, a.says)
			each.requireUncounted()
		}
	}
	for _, each := range hostile {
		each.remove()
	}
	s.requireFreed()
}

// requireFreed requires that no load runs or waits any more, long before the limits of the loads end them.
func (s *system) requireFreed() {
	s.Helper()
	s.eventually("no load runs after its product was deleted", func(ctx context.Context) (bool, string) {
		running, waiting, err := s.loads(ctx)
		return err == nil && running == 0 && waiting == 0, fmt.Sprintf("%v loads run, %v wait, %v", running, waiting, err)
	})
}

// mysqlAnswering is a MySQL server with one answer for every query.
func mysqlAnswering(answer []byte) func(*system, string) attacker {
	return func(s *system, namespace string) attacker {
		server := listenToMySQL(s, answer)
		return attacker{server.calls, func(number int) *v1alpha1.DataLoader {
			dsn := "mysql://editor:hunter2@" + server.address + "/crm?tls=false"
			return s.sql(namespace, fmt.Sprintf("dsn-%d", number), v1alpha1.DriverMySQL, server.address, dsn, "SELECT 'acme', 1")
		}}
	}
}

// evaluating is an HTTP server whose answer costs a lot to read, or to evaluate an expression on.
func evaluating(expensive func() (rows string, answer []byte)) func(*system, string) attacker {
	return func(s *system, _ string) attacker {
		rows, answer := expensive()
		server := answering(s, answer)
		return attacker{server.calls, func(int) *v1alpha1.DataLoader { return overHTTP(server.URL, rows) }}
	}
}

func nesting() (rows string, answer []byte) { return "response", nested() }

// drip is a server that never ends its answer, with the longest timeout there is.
func drip(s *system, _ string) attacker {
	server := dripping(s)
	return attacker{server.calls, func(int) *v1alpha1.DataLoader {
		loader := overHTTP(server.URL, "response")
		loader.HTTP.TimeoutSeconds = ptr.To[int32](300)
		return loader
	}}
}
