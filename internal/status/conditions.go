// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package status keeps conditions by the rules of kstatus and writes a status only when it changed.
//
// By these rules an object that is well has Ready=True and neither Reconciling nor Stalled; one that
// gets there by itself has Reconciling=True; one that waits for a person has Stalled=True.
package status

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// Conditions sets the conditions of one object in one pass of its reconciler.
type Conditions struct {
	list       *[]metav1.Condition
	generation int64
	now        metav1.Time
}

// Of returns the setter for the conditions in list. Each condition set through it carries
// generation as its observedGeneration; one whose status changes carries now as its
// lastTransitionTime, in whole seconds, as the API server stores it.
func Of(list *[]metav1.Condition, generation int64, now time.Time) Conditions {
	return Conditions{list: list, generation: generation, now: metav1.NewTime(now.UTC().Truncate(time.Second))}
}

// Ready says that what the object asks for holds.
func (c Conditions) Ready(reason, message string) {
	c.Set(v1alpha1.ConditionReady, metav1.ConditionTrue, reason, message)
	c.Remove(v1alpha1.ConditionReconciling)
	c.Remove(v1alpha1.ConditionStalled)
}

// InProgress says that what the object asks for does not hold yet, and that it will without anyone
// editing the object.
func (c Conditions) InProgress(reason, message string) {
	c.Set(v1alpha1.ConditionReady, metav1.ConditionFalse, reason, message)
	c.Set(v1alpha1.ConditionReconciling, metav1.ConditionTrue, reason, message)
	c.Remove(v1alpha1.ConditionStalled)
}

// Undetermined says that it is not known yet whether what the object asks for holds.
func (c Conditions) Undetermined(reason, message string) {
	c.Set(v1alpha1.ConditionReady, metav1.ConditionUnknown, reason, message)
	c.Set(v1alpha1.ConditionReconciling, metav1.ConditionTrue, reason, message)
	c.Remove(v1alpha1.ConditionStalled)
}

// Stalled says that what the object asks for does not hold, and will not until a person acts.
func (c Conditions) Stalled(reason, message string) {
	c.Set(v1alpha1.ConditionReady, metav1.ConditionFalse, reason, message)
	c.Set(v1alpha1.ConditionStalled, metav1.ConditionTrue, reason, message)
	c.Remove(v1alpha1.ConditionReconciling)
}

// Set sets one plain condition. Its lastTransitionTime moves only when its status changes; its
// message is cut to what the API accepts.
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

// Remove takes one condition away.
func (c Conditions) Remove(conditionType string) {
	// Removing copies the list even when there is nothing to remove.
	if meta.FindStatusCondition(*c.list, conditionType) == nil {
		return
	}
	meta.RemoveStatusCondition(c.list, conditionType)
}
