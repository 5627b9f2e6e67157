// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/explain"
	"github.com/seatplane/seatplane/internal/facts"
)

// ofSubscription selects updates, invoices and seat assignments of a subscription in the API server.
func ofSubscription(name string) client.ListOption {
	return client.MatchingFields{"spec.subscriptionRef.name": name}
}

// isSettled reports whether an update is finished, or waits for a person or for its time.
func isSettled(u *v1alpha1.SubscriptionUpdate) bool {
	switch u.Status.State {
	case v1alpha1.UpdateHeld, v1alpha1.UpdateScheduled:
		return true
	default:
		return facts.Finished(u.Status.State)
	}
}

// awaitUpdate waits until an update is settled. If an update is refused, or waits for too long, the error explains why.
func awaitUpdate(ctx context.Context, c *Cluster, timeout time.Duration, name string, settled func(*v1alpha1.SubscriptionUpdate) bool) (*v1alpha1.SubscriptionUpdate, error) {
	done := func(u *v1alpha1.SubscriptionUpdate) (bool, error) { return settled(u), nil }
	u, err := await(ctx, c, timeout, &v1alpha1.SubscriptionUpdateList{}, name, done)
	if errors.Is(err, errTimedOut) {
		return u, Fail(Failed, "update %q still waits after %s: %s It stays, and applies once it can; see it with \"kubectl seatplane explain update %s\"",
			name, timeout, waitsFor(u), name)
	}
	if err != nil {
		return u, err
	}
	return u, refusal(u)
}

// refusal is the error of an update that will never apply; nil for another.
func refusal(u *v1alpha1.SubscriptionUpdate) error {
	applied := meta.FindStatusCondition(u.Status.Conditions, v1alpha1.ConditionApplied)
	reason, message := "no reason given", ""
	if applied != nil {
		reason, message = applied.Reason, applied.Message
	}
	switch u.Status.State {
	case v1alpha1.UpdateRejected:
		return Fail(Refused, "update %q is rejected (%s): %s", u.Name, reason, message)
	case v1alpha1.UpdateSuperseded:
		return Fail(Refused, "update %q was replaced before it took effect (%s): %s", u.Name, reason, message)
	default:
		return nil
	}
}

// waitsFor describes what an update waits for.
func waitsFor(u *v1alpha1.SubscriptionUpdate) string {
	applied := meta.FindStatusCondition(u.Status.Conditions, v1alpha1.ConditionApplied)
	if applied == nil {
		return "the operator has not seen it, so check that the operator runs."
	}
	return applied.Message
}

// printUpdate prints a settled update, and returns the exit code that belongs to it.
func printUpdate(o *Options, out *Output, u *v1alpha1.SubscriptionUpdate, isForPeople bool) error {
	e := explain.Update(u)
	if err := out.Print(o, e, e.Text); err != nil {
		return err
	}
	switch {
	case !e.AddsUp:
		return Fail(Refused, "the amounts of update %q do not add up: report this as a defect of Seatplane", u.Name)
	case u.Status.State == v1alpha1.UpdateHeld:
		return Fail(LimitExceeded, "update %q is pending approval: to approve it, run \"kubectl seatplane approve %s\"", u.Name, u.Name)
	case u.Status.State == v1alpha1.UpdatePreviewed && !isForPeople && changesMoney(u):
		return EndWith(MoneyChanges)
	default:
		return nil
	}
}

// changesMoney reports whether a preview has an amount other than zero.
func changesMoney(u *v1alpha1.SubscriptionUpdate) bool {
	amount, err := money.ParseDecimal(string(u.Status.AdjustmentAmount))
	return err == nil && !amount.IsZero()
}
