// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"cmp"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/verify"
)

// Update explains what an update costs and why, in each of its states.
func Update(u *v1alpha1.SubscriptionUpdate) Explanation {
	st := &u.Status
	e := Explanation{
		SchemaVersion: SchemaVersion, Kind: "SubscriptionUpdate", Namespace: u.Namespace, Name: u.Name,
		Headline: fmt.Sprintf("%s of subscription %s", cmp.Or(st.Summary, "a change"), u.Spec.SubscriptionRef.Name),
		Currency: string(st.Currency),
		Problems: verify.Update(u),
	}
	e.AddsUp = len(e.Problems) == 0
	e.Facts = append(e.Facts, stateOf(u), originOf(u))
	if p := st.ProrationPolicy; p != nil {
		e.Facts = append(e.Facts, fmt.Sprintf("The time is measured by the %s %s.", p.Kind, p.Name))
	}
	currency, err := money.ParseCurrency(string(st.Currency))
	if err != nil {
		return e
	}
	e.Lines = linesOf(st.Lines, currency)
	e.Sums = sumsOfUpdate(u, e.AddsUp)
	return e
}

// stateOf says where an update is in its life, and why.
func stateOf(u *v1alpha1.SubscriptionUpdate) string {
	st := &u.Status
	switch st.State {
	case v1alpha1.UpdateApplied:
		if st.EffectiveTime != nil && !st.EffectiveTime.Equal(st.AppliedTime) {
			return fmt.Sprintf("Applied on %s, and charged from %s.", When(st.AppliedTime), When(st.EffectiveTime))
		}
		return fmt.Sprintf("Applied on %s.", When(st.AppliedTime))
	case v1alpha1.UpdatePreviewed:
		return fmt.Sprintf("A preview, priced from %s. Nothing was changed.", When(st.EffectiveTime))
	case v1alpha1.UpdateRejected:
		return "Rejected. " + reasonOf(u)
	case v1alpha1.UpdateSuperseded:
		return "Replaced before it took effect. " + reasonOf(u)
	case v1alpha1.UpdateHeld:
		return "Pending approval. " + reasonOf(u)
	case v1alpha1.UpdateScheduled:
		if st.ApplyAt != nil {
			return fmt.Sprintf("Scheduled for %s.", When(st.ApplyAt))
		}
		return "Scheduled. " + reasonOf(u)
	case v1alpha1.UpdatePending:
		return "Waiting. " + reasonOf(u)
	default:
		return "The operator has not seen it yet: check that it is running."
	}
}

// reasonOf is what the condition Applied says.
func reasonOf(u *v1alpha1.SubscriptionUpdate) string {
	applied := meta.FindStatusCondition(u.Status.Conditions, v1alpha1.ConditionApplied)
	if applied == nil {
		return "The operator gives no reason."
	}
	return applied.Message
}

func originOf(u *v1alpha1.SubscriptionUpdate) string {
	switch facts.Origin(u) {
	case v1alpha1.OriginRefresh:
		if cause := u.Spec.Cause; cause != nil && cause.ObservedTime != nil {
			return fmt.Sprintf("A refresh counted this on %s.", When(cause.ObservedTime))
		}
		return "A refresh counted this."
	case v1alpha1.OriginSpec:
		return "It comes from an edit of the subscription's manifest."
	default:
		if u.Spec.Reason != "" {
			return fmt.Sprintf("A user created it: %s.", u.Spec.Reason)
		}
		return "A user created it."
	}
}

// sumsOfUpdate adds the lines of an update up, and says where the amount is billed.
func sumsOfUpdate(u *v1alpha1.SubscriptionUpdate, addsUp bool) []string {
	st := &u.Status
	var sums []string
	switch {
	case st.AdjustmentAmount != "":
		total := string(st.AdjustmentAmount) + " " + string(st.Currency)
		sums = append(sums, fmt.Sprintf("Total: %s. %s%s", sumOf(amountsOf(st.Lines), total), billedBy(u), itAddsUp(addsUp)))
	case st.Estimate != nil:
		sums = append(sums, fmt.Sprintf("It would cost %s %s if nothing else changes.", st.Estimate.Amount, st.Currency))
	case st.State == v1alpha1.UpdateApplied && len(st.Lines) == 0:
		sums = append(sums, "Nothing is charged for the current period.")
	}
	if p := st.Preview; p != nil {
		if p.Now != nil {
			sums = append(sums, fmt.Sprintf("Due now: %s %s.", p.Now.AmountDue, st.Currency))
		}
		if p.Upcoming != nil {
			sums = append(sums, fmt.Sprintf("The next invoice would be %s %s.", p.Upcoming.AmountDue, st.Currency))
		}
	}
	if st.State == v1alpha1.UpdatePreviewed && st.Hash != "" && st.EffectiveTime != nil {
		sums = append(sums, fmt.Sprintf("To make exactly this change: --expected-hash %s --effective-time %s", st.Hash,
			st.EffectiveTime.UTC().Format(time.RFC3339)))
	}
	return sums
}

// billedBy says which document bills the adjustment; "" when the record does not say.
func billedBy(u *v1alpha1.SubscriptionUpdate) string {
	st := &u.Status
	switch {
	case st.State != v1alpha1.UpdateApplied || len(st.Lines) == 0:
		return ""
	case st.Invoice != "":
		return fmt.Sprintf("Invoice %s has it. ", st.Invoice)
	case st.PaymentSchedule == v1alpha1.PayCustom && st.BillAt != nil:
		return fmt.Sprintf("It is billed on %s. ", When(st.BillAt))
	default:
		return "It is on the next invoice after that. "
	}
}

func itAddsUp(addsUp bool) string {
	if addsUp {
		return "It adds up."
	}
	return "It does not add up."
}
