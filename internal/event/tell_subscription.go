// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package event

import (
	"errors"

	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

func tellPeriod(n v1alpha1.Notification, uid types.UID, r Record) (any, about, error) {
	identity, of, err := aboutSubscription(uid, r)
	data := periodData{Subscription: identity, PeriodStart: optionalInstant(n.PeriodStart), PeriodEnd: optionalInstant(n.PeriodEnd)}
	return data, of, err
}

func tellTrialEnding(n v1alpha1.Notification, uid types.UID, r Record) (any, about, error) {
	identity, of, err := aboutSubscription(uid, r)
	if err == nil && n.PeriodEnd == nil {
		err = errors.New("the notification does not say when the trial ends")
	}
	return trialEndingData{Subscription: identity, TrialEndTime: optionalInstant(n.PeriodEnd)}, of, err
}

func tellCanceled(_ v1alpha1.Notification, uid types.UID, r Record) (any, about, error) {
	identity, of, err := aboutSubscription(uid, r)
	return canceledData{Subscription: identity}, of, err
}

func tellParked(n v1alpha1.Notification, uid types.UID, r Record) (any, about, error) {
	identity, of, err := aboutSubscription(uid, r)
	return parkedData{Subscription: identity, Message: cut(n.Message, maxMessage)}, of, err
}

func tellLimit(n v1alpha1.Notification, uid types.UID, r Record) (any, about, error) {
	identity, of, err := aboutSubscription(uid, r)
	switch {
	case err != nil:
		return nil, of, err
	case n.Item == "" || n.Threshold == nil || n.Quantity == nil:
		return nil, of, errors.New("the notification does not say which item reached which part of its limit")
	}
	return limitData{Subscription: identity, Item: n.Item, Threshold: *n.Threshold, Quantity: *n.Quantity}, of, nil
}
