// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package endurance

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

const (
	// window is how long passes are counted.
	window = time.Minute
	// quiet is how many passes over all objects of a namespace a window may see when nothing can be
	// done before somebody does something: stragglers, totals once a minute, a source asked again
	// twice, with one pass to ask and one to take the answer.
	quiet = 8
	// backingOff is how many it may see where the operator has to try by itself again and again, later
	// and later: from 5 ms on, doubling, 14 times in the first minute.
	backingOff = 20
)

// heldUp is something that cannot proceed, in a namespace of its own.
type heldUp struct {
	// why it cannot.
	why string
	// shows is where that is said.
	shows place
	given func(h *hold)
	// most passes in a window; quiet when zero.
	most int
}

// hold is the namespace of one heldUp.
type hold struct {
	*system
	namespace string
}

// place is a condition of the objects of one kind.
type place struct {
	kind      client.ObjectList
	condition string
}

// Where the reasons are said.
var (
	subscription = place{&v1alpha1.SubscriptionList{}, v1alpha1.ConditionReady}
	edit         = place{&v1alpha1.SubscriptionList{}, v1alpha1.ConditionInSync}
	update       = place{&v1alpha1.SubscriptionUpdateList{}, v1alpha1.ConditionApplied}
	assignment   = place{&v1alpha1.SeatAssignmentList{}, v1alpha1.ConditionAssigned}
	product      = place{&v1alpha1.SeatProductList{}, v1alpha1.ConditionLoaded}
	policy       = place{&v1alpha1.ProrationPolicyList{}, v1alpha1.ConditionReady}
)

// TestWhatCannotProceedCostsNoHotLoop holds things up in every way there is, each in a namespace of its
// own, lets them come to rest, and counts the passes of all controllers over a minute: none is bigger than
// what events and back-off explain.
func TestWhatCannotProceedCostsNoHotLoop(t *testing.T) {
	t.Parallel()
	// The log says for every pass which object it was for.
	s := start(t, append(archiveFlags, "--zap-log-level=5")...)
	names := slices.Sorted(maps.Keys(ways))
	for i, name := range names {
		h := &hold{s, fmt.Sprintf("way-%02d", i)}
		s.namespaced(h.namespace)
		ways[name].given(h)
	}
	for i, name := range names {
		s.eventually(name+" is said", says(s, ways[name].shows, fmt.Sprintf("way-%02d", i), name))
	}
	meteredBefore, loggedBefore := s.passes(), s.passesByObject()
	s.pass(window)
	metered, logged := s.passes(), s.passesByObject()
	inAll, byObject := since(meteredBefore, metered), since(loggedBefore, logged)

	// A pass is logged when it begins and metered when it ends.
	if total(logged) < total(metered) {
		t.Errorf("the log names %d passes, the metrics count %d: this test does not see all", total(logged), total(metered))
	}
	for i, name := range names {
		t.Run(name, func(t *testing.T) { judge(t, ways[name], fmt.Sprintf("way-%02d", i), byObject) })
	}
	t.Logf("%d ways of being held up, %d passes a minute in all: %v", len(names), total(inAll), inAll)
}

// says reports whether a condition has, on one object of the namespace, the reason that a way is named after.
func says(s *system, where place, namespace, name string) func(context.Context) (bool, string) {
	reason, _, _ := strings.Cut(name, " ")
	return func(ctx context.Context) (bool, string) {
		list := where.kind.DeepCopyObject().(client.ObjectList)
		if err := s.List(ctx, list, client.InNamespace(namespace)); err != nil {
			return false, err.Error()
		}
		objects, err := meta.ExtractList(list)
		if err != nil {
			return false, err.Error()
		}
		said := []string{}
		for _, object := range objects {
			if c := meta.FindStatusCondition(conditions(object), where.condition); c != nil {
				said = append(said, c.Reason)
			}
		}
		return slices.Contains(said, reason), fmt.Sprint(said)
	}
}

func conditions(object runtime.Object) []metav1.Condition {
	switch o := object.(type) {
	case *v1alpha1.Subscription:
		return o.Status.Conditions
	case *v1alpha1.SubscriptionUpdate:
		return o.Status.Conditions
	case *v1alpha1.SeatAssignment:
		return o.Status.Conditions
	case *v1alpha1.SeatProduct:
		return o.Status.Conditions
	case *v1alpha1.ProrationPolicy:
		return o.Status.Conditions
	default:
		panic(fmt.Sprintf("%T has no conditions", object))
	}
}

// judge checks how many passes one way cost.
func judge(t *testing.T, way heldUp, namespace string, byObject map[pass]int) {
	most := max(way.most, quiet)
	made := map[pass]int{}
	for each, count := range byObject {
		if each.Namespace == namespace {
			made[each] = count
		}
	}
	if total(made) > most {
		t.Errorf("%s: %d passes in a minute, at most %d: %v", way.why, total(made), most, made)
	}
}

func (h *hold) key(name string) client.ObjectKey {
	return client.ObjectKey{Namespace: h.namespace, Name: name}
}

// started waits until acme is active.
func (h *hold) started() {
	h.Helper()
	h.eventually("acme starts in "+h.namespace, func(ctx context.Context) (bool, string) {
		var s v1alpha1.Subscription
		err := h.Get(ctx, h.key("acme"), &s)
		return err == nil && s.Status.State == v1alpha1.SubscriptionActive, fmt.Sprint(err, s.Status.Conditions)
	})
}

// edits changes the spec of acme.
func (h *hold) edits(how func(*v1alpha1.Subscription)) {
	h.Helper()
	change(h.system, h.namespace, "acme", how)
}
