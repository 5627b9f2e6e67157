// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"context"
	"errors"
	"fmt"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/testing/faults"
)

// sort says what a write is for: what the API server answers may hang on what it says.
type sort string

const (
	aCommit   sort = "commit"
	anInvoice sort = "invoice"
	aMark     sort = "mark"
	aNote     sort = "note"
)

// sortOf tells the sort of a write of an object; "" for any other. A note is what an open update waits for.
func sortOf(object client.Object, committed int64) sort {
	switch o := object.(type) {
	case *v1alpha1.Subscription:
		if o.Status.Sequence > committed {
			return aCommit
		}
	case *v1alpha1.Invoice:
		return anInvoice
	case *v1alpha1.SubscriptionUpdate:
		if facts.Finished(o.Status.State) {
			return aMark
		}
		return aNote
	}
	return ""
}

// refusal has the API server refuse writes of one sort for some passes, and accept them afterwards.
type refusal struct {
	sort sort
	// because is what the API server says.
	because error
	// after is how many writes of the sort are accepted first.
	after int
}

// passesRefused is for how many tries a refusal lasts.
const passesRefused = 3

// refuser carries a refusal out, for all processes of a run.
type refuser struct {
	refusal *refusal
	truth   client.Reader

	mu             sync.Mutex
	seen, refusals int
}

// client returns a client whose writes may be refused.
func (r *refuser) client(c client.Client) client.Client {
	if r.refusal == nil {
		return c
	}
	return &tampered{Client: c, onCreate: r.judge, onStatus: r.judge}
}

func (r *refuser) judge(ctx context.Context, object client.Object, write call) error {
	if r.refuses(ctx, object) {
		return r.refusal.because
	}
	return write(object)
}

func (r *refuser) refuses(ctx context.Context, object client.Object) bool {
	var committed v1alpha1.Subscription
	if s, ok := object.(*v1alpha1.Subscription); ok {
		// One that is gone has no version that could be written to.
		_ = r.truth.Get(ctx, client.ObjectKeyFromObject(s), &committed)
	}
	if sortOf(object, committed.Status.Sequence) != r.refusal.sort {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen++
	if r.seen <= r.refusal.after || r.refusals == passesRefused {
		return false
	}
	r.refusals++
	return true
}

// invalid and forbidden are the answers 422 and 403.
var (
	invalid = apierrors.NewInvalid(schema.GroupKind{Group: v1alpha1.GroupName, Kind: "Subscription"}, "acme",
		field.ErrorList{field.Invalid(field.NewPath("status", "creditBalance"), "x", "is not an amount")})
	forbidden = apierrors.NewForbidden(schema.GroupResource{Group: v1alpha1.GroupName, Resource: "subscriptions"}, "acme",
		errors.New("an admission policy says no"))
)

// lastingRefusals refuse each write of each sort for some passes, by either answer.
var lastingRefusals = planner{"writes refused for some passes", func(undisturbed *evidence) []plan {
	var plans []plan
	for _, what := range []sort{aCommit, anInvoice, aMark, aNote} {
		for after := range undisturbed.mayBe(what) {
			for _, because := range []error{invalid, forbidden} {
				plans = append(plans, plan{
					name:    fmt.Sprintf("%s-for-%s-%d", apierrors.ReasonForError(because), what, after+1),
					refusal: &refusal{sort: what, because: because, after: after},
				})
			}
		}
	}
	return plans
}}

// faultsOnRefusals stop the process at every write while the first write of a sort is refused.
var faultsOnRefusals = planner{"crashes while writes are refused", func(undisturbed *evidence) []plan {
	var plans []plan
	for _, what := range []sort{aCommit, anInvoice, aMark, aNote} {
		if undisturbed.mayBe(what) == 0 {
			continue
		}
		for number := 1; number <= len(undisturbed.writes); number++ {
			for _, fault := range []faults.Fault{faults.CrashBefore, faults.CrashAfter, faults.Ambiguous} {
				plans = append(plans, plan{
					name:   fmt.Sprintf("%s-%d-while-%s-is-refused", fault, number, what),
					faults: faults.Plan{number: fault}, refusal: &refusal{sort: what, because: invalid},
				})
			}
		}
	}
	return plans
}}

// mayBe counts the writes of a run that may be of a sort, by their kind alone.
func (e *evidence) mayBe(what sort) int {
	objects := map[sort]string{
		aCommit: "update Subscription/status", anInvoice: "create Invoice",
		aMark: "update SubscriptionUpdate/status", aNote: "update SubscriptionUpdate/status",
	}
	count := 0
	for _, write := range e.writes {
		verb := write.Verb + " " + write.Kind
		if write.Subresource != "" {
			verb += "/" + write.Subresource
		}
		if verb == objects[what] {
			count++
		}
	}
	return count
}

// judgeRefusal: while a write is refused, a person can see it, and that it needs somebody.
func judgeRefusal(run *evidence) []finding {
	if run.refused == 0 {
		return nil
	}
	for _, s := range run.history {
		o, ok := s.object.(*v1alpha1.Subscription)
		if !ok {
			continue
		}
		ready := meta.FindStatusCondition(o.Status.Conditions, v1alpha1.ConditionReady)
		stalled := meta.IsStatusConditionTrue(o.Status.Conditions, v1alpha1.ConditionStalled)
		if ready != nil && ready.Reason == v1alpha1.ReasonCommitRefused && stalled {
			return nil
		}
	}
	return []finding{{everyState, "a write was refused, and no version of a subscription says so"}}
}

// refusalsSwallowed takes what the API server refused for done.
func refusalsSwallowed(_ context.Context, object client.Object, write call) error {
	err := write(object)
	if apierrors.IsInvalid(err) || apierrors.IsForbidden(err) {
		return nil
	}
	return err
}

// refusalsUnsaid says nobody that a write was refused.
func refusalsUnsaid(_ context.Context, object client.Object, write call) error {
	if s, ok := object.(*v1alpha1.Subscription); ok {
		ready := meta.FindStatusCondition(s.Status.Conditions, v1alpha1.ConditionReady)
		if ready != nil && ready.Reason == v1alpha1.ReasonCommitRefused {
			return nil
		}
	}
	return write(object)
}
