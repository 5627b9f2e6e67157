// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/record"
)

// AnyWaits reports whether a sink that is in use waits for an event of a source.
func AnyWaits(of Source, sinks []Sink) bool {
	for _, cursor := range Behind(of) {
		sink, found := find(sinks, cursor.UID)
		if !found {
			continue
		}
		if Waiting(sink, of, cursor).Events > 0 {
			return true
		}
	}
	return false
}

// departedLabels is the prefix of the labels that correspond to those of a deleted subscription.
const departedLabels = "labels." + v1alpha1.GroupName + "/"

// DepartedLabel returns the key of the label that replaces a label of a deleted subscription, on the object that keeps
// its events. The object must not have the label itself: a StatefulSet or a DaemonSet whose selector matches a
// ControllerRevision adopts it, and stops working because it may not change it.
func DepartedLabel(key string) string {
	digest := sha256.Sum256([]byte(key))
	return departedLabels + hex.EncodeToString(digest[:20])
}

// Depart returns the object that keeps the undelivered events of a subscription that is about to be removed. Its labels
// correspond to those of the subscription, so that the same manager selects it; see [DepartedLabel].
func Depart(s *v1alpha1.Subscription) (*appsv1.ControllerRevision, error) {
	kept := v1alpha1.Subscription{
		ObjectMeta: metav1.ObjectMeta{Namespace: s.Namespace, Name: s.Name, UID: facts.Identity(s), Labels: s.Labels},
		Status: v1alpha1.SubscriptionStatus{
			EventSequence: s.Status.EventSequence, Notifications: s.Status.Notifications, EventCursors: s.Status.EventCursors,
		},
	}
	raw, err := json.Marshal(&kept)
	if err != nil {
		return nil, fmt.Errorf("keep the events of Subscription %q: %w", s.Name, err)
	}
	labels := map[string]string{v1alpha1.LabelDeparted: v1alpha1.DepartedTrue}
	for key, value := range s.Labels {
		labels[DepartedLabel(key)] = value
	}
	return &appsv1.ControllerRevision{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: s.Namespace, Name: record.DepartedName(s.Name, string(facts.Identity(s)), s.Status.EventSequence), Labels: labels,
		},
		Data: runtime.RawExtension{Raw: raw},
	}, nil
}

// Departed returns the subscription whose events an object of [Depart] keeps. It has only its name, its labels, and the
// fields about events. It is an error if the operator did not write the object.
func Departed(kept *appsv1.ControllerRevision) (*v1alpha1.Subscription, error) {
	var s v1alpha1.Subscription
	if err := json.Unmarshal(kept.Data.Raw, &s); err != nil {
		return nil, fmt.Errorf("ControllerRevision %q does not hold the events of a Subscription: delete it", kept.Name)
	}
	if s.Namespace != kept.Namespace || kept.Name != record.DepartedName(s.Name, string(s.UID), s.Status.EventSequence) {
		return nil, fmt.Errorf("ControllerRevision %q holds the events of another Subscription: delete it", kept.Name)
	}
	return &s, nil
}
