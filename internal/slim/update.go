// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package slim

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// finishedUpdate keeps the parts of a finished update that are read: its subscription, who made it, how it ended and
// when, the number of its event, and whether its user allows its deletion. The object in the cluster and the invoice have what it changed and
// what that cost.
func finishedUpdate(u *v1alpha1.SubscriptionUpdate) *v1alpha1.SubscriptionUpdate {
	kept := &v1alpha1.SubscriptionUpdate{TypeMeta: u.TypeMeta, ObjectMeta: recordMeta(u, &u.ObjectMeta)}
	if u.Annotations[v1alpha1.AnnotationPrune] == v1alpha1.PruneTrue {
		kept.Annotations = map[string]string{v1alpha1.AnnotationPrune: v1alpha1.PruneTrue}
	}
	kept.Spec.SubscriptionRef = u.Spec.SubscriptionRef
	if u.Spec.Cause != nil {
		kept.Spec.Cause = &v1alpha1.UpdateCause{Type: u.Spec.Cause.Type}
	}
	kept.Status = v1alpha1.SubscriptionUpdateStatus{
		State: u.Status.State, Origin: u.Status.Origin, SubscriptionUID: u.Status.SubscriptionUID,
		Conditions: newest(u.Status.Conditions), EventSequence: u.Status.EventSequence,
	}
	return kept
}

// newest returns the time of the latest change of some conditions, as one condition without texts; nil for none.
func newest(conditions []metav1.Condition) []metav1.Condition {
	if len(conditions) == 0 {
		return nil
	}
	last := slices.MaxFunc(conditions, func(a, b metav1.Condition) int {
		return a.LastTransitionTime.Compare(b.LastTransitionTime.Time)
	})
	return []metav1.Condition{{Type: v1alpha1.ConditionApplied, LastTransitionTime: last.LastTransitionTime}}
}

// The values that a packed update stores as numbers. An update with any other value is not packed.
var (
	states  = []v1alpha1.UpdateState{v1alpha1.UpdateApplied, v1alpha1.UpdatePreviewed, v1alpha1.UpdateRejected, v1alpha1.UpdateSuperseded}
	origins = []v1alpha1.UpdateOrigin{"", v1alpha1.OriginUser, v1alpha1.OriginSpec, v1alpha1.OriginRefresh}
	causes  = []v1alpha1.CauseType{"", v1alpha1.CauseRefresh, v1alpha1.CauseSpec}
)

// packedUpdate is a finished update in a compact form.
type packedUpdate struct {
	packedMeta
	// subscription and of are the name and the UID in the update; seenBy is the UID of the subscription that saw it first.
	subscription string
	of, seenBy   packedUID
	decided      packedTime
	event        int64
	// state, origin and cause are indexes into states, origins and causes.
	state, origin, cause int8
	prunes               bool
}

// packUpdate packs what finishedUpdate keeps; nil for an update that cannot be packed.
func packUpdate(u *v1alpha1.SubscriptionUpdate) *packedUpdate {
	at, plain := packMeta(&u.ObjectMeta)
	if !plain || len(u.Status.Conditions) > 1 {
		return nil
	}
	cause := v1alpha1.CauseType("")
	if u.Spec.Cause != nil {
		cause = u.Spec.Cause.Type
	}
	of, ofIsPlain := packUID(u.Spec.SubscriptionRef.UID)
	seenBy, seenByIsPlain := packUID(u.Status.SubscriptionUID)
	p := &packedUpdate{
		packedMeta: at, subscription: shared(u.Spec.SubscriptionRef.Name, at.name), of: of, seenBy: seenBy,
		state: place(states, u.Status.State), origin: place(origins, u.Status.Origin), cause: place(causes, cause),
		prunes: u.Annotations[v1alpha1.AnnotationPrune] == v1alpha1.PruneTrue, event: u.Status.EventSequence,
	}
	for _, condition := range u.Status.Conditions {
		p.decided = packTime(condition.LastTransitionTime)
	}
	if !ofIsPlain || !seenByIsPlain || p.state < 0 || p.origin < 0 || p.cause < 0 {
		return nil
	}
	return p
}

// whole makes the update that was packed.
func (p *packedUpdate) whole() any {
	u := &v1alpha1.SubscriptionUpdate{ObjectMeta: p.objectMeta()}
	if p.prunes {
		u.Annotations = map[string]string{v1alpha1.AnnotationPrune: v1alpha1.PruneTrue}
	}
	u.Spec.SubscriptionRef = v1alpha1.SubscriptionReference{Name: p.subscription, UID: p.of.uid()}
	if cause := causes[p.cause]; cause != "" {
		u.Spec.Cause = &v1alpha1.UpdateCause{Type: cause}
	}
	u.Status = v1alpha1.SubscriptionUpdateStatus{
		State: states[p.state], Origin: origins[p.origin], SubscriptionUID: p.seenBy.uid(), EventSequence: p.event,
	}
	if p.decided != 0 {
		u.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionApplied, LastTransitionTime: p.decided.time()}}
	}
	return u
}
