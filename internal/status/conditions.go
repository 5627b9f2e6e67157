// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package status sets conditions by the rules of kstatus, and writes a status only if it changed.
//
// By these rules, an object that is in its desired state has Ready=True and neither Reconciling nor
// Stalled. An object that will get there by itself has Reconciling=True. An object that waits for a
// person has Stalled=True.
package status

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// Conditions sets the conditions of one object during one reconciliation.
type Conditions struct {
	list       *[]metav1.Condition
	generation int64
	now        metav1.Time
}

// Of returns the setter for the conditions in the list. Each condition that it sets gets the
// generation as its observedGeneration. A condition whose status changes gets now as its
// lastTransitionTime, in whole seconds, as the API server stores it.
func Of(list *[]metav1.Condition, generation int64, now time.Time) Conditions {
	return Conditions{list: list, generation: generation, now: metav1.NewTime(now.UTC().Truncate(time.Second))}
}

// Time returns an instant in whole seconds, as the API server stores it. The zero instant becomes nil.
func Time(t time.Time) *metav1.Time {
	if t.IsZero() {
		return nil
	}
	return &metav1.Time{Time: t.UTC().Truncate(time.Second)}
}

// Ready means that the object is in its desired state.
func (c Conditions) Ready(reason, message string) {
	c.Set(v1alpha1.ConditionReady, metav1.ConditionTrue, reason, message)
	c.Remove(v1alpha1.ConditionReconciling)
	c.Remove(v1alpha1.ConditionStalled)
}

// InProgress means that the object is not in its desired state yet, and will be without anyone
// editing it.
func (c Conditions) InProgress(reason, message string) {
	c.Set(v1alpha1.ConditionReady, metav1.ConditionFalse, reason, message)
	c.Set(v1alpha1.ConditionReconciling, metav1.ConditionTrue, reason, message)
	c.Remove(v1alpha1.ConditionStalled)
}

// Stalled means that the object is not in its desired state, and will not be until a person acts.
func (c Conditions) Stalled(reason, message string) {
	c.Set(v1alpha1.ConditionReady, metav1.ConditionFalse, reason, message)
	c.Set(v1alpha1.ConditionStalled, metav1.ConditionTrue, reason, message)
	c.Remove(v1alpha1.ConditionReconciling)
}

// Set sets a condition. Its lastTransitionTime changes only if its status does, and its message is
// truncated to what the API accepts.
func (c Conditions) Set(conditionType string, status metav1.ConditionStatus, reason, message string) {
	meta.SetStatusCondition(c.list, metav1.Condition{
		Type:               conditionType,
		Status:             status,
		ObservedGeneration: c.generation,
		LastTransitionTime: c.now,
		Reason:             reason,
		Message:            Message(message),
	})
}

// Remove removes a condition.
func (c Conditions) Remove(conditionType string) {
	// Removing copies the list even if there is nothing to remove.
	if meta.FindStatusCondition(*c.list, conditionType) == nil {
		return
	}
	meta.RemoveStatusCondition(c.list, conditionType)
}
