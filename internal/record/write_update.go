// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/proration"
	"github.com/seatplane/seatplane/internal/billing/subscription"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/status"
)

// Decided is the final status of an update, which the commit that decided it freezes into the
// outbox. The conditions get now, the time on the wall clock.
func Decided(s *v1alpha1.Subscription, d subscription.Decision, c money.Currency, policies Policies, now time.Time) v1alpha1.SubscriptionUpdateStatus {
	st := inForce(d.InForce, policies)
	st.State = v1alpha1.UpdateState(d.Verdict)
	st.Summary = d.Summary
	st.SubscriptionUID = facts.Identity(s)
	st.AppliedTime = Time(d.AppliedAt)
	st.Currency = v1alpha1.Currency(c.Code())
	st.Lines = Lines(d.Lines, c)
	st.AdjustmentAmount = optionalAmount(d.Adjustment, c)
	st.AdjustmentText = string(st.AdjustmentAmount)
	for _, change := range d.Changes {
		st.Changes = append(st.Changes, v1alpha1.ItemChange{
			Item: change.Item, Product: change.Product, ProductExternalRef: change.ProductRef,
			PreviousPlan: change.PreviousPlan, NewPlan: change.NewPlan,
			PreviousCount: change.PreviousCount, NewCount: change.NewCount,
			AdjustmentAmount: optionalAmount(change.Adjustment, c), NextRefreshTime: Time(change.NextRefresh),
		})
	}
	st.NewRenewalTime = Time(d.Renewal)
	if d.Preview != nil {
		st.Hash = d.Preview.Hash
		st.Preview = &v1alpha1.UpdatePreview{Upcoming: ptr.To(totals(d.Preview.Upcoming, c))}
		if d.Preview.Now != nil {
			st.Preview.Now = ptr.To(totals(*d.Preview.Now, c))
		}
	}
	if d.Document > 0 {
		st.Invoice = InvoiceName(s.Name, string(facts.Identity(s)), d.Document)
	}
	setUpdateConditions(&st, d.Fault, 1, now)
	return st
}

// Waiting is the status of an update that is still open. It starts from the current status, so that
// what does not change is not written.
func Waiting(u *v1alpha1.SubscriptionUpdate, w subscription.Waiting, c money.Currency, policies Policies, now time.Time) v1alpha1.SubscriptionUpdateStatus {
	st := inForce(w.InForce, policies)
	st.State = v1alpha1.UpdateState(w.Verdict)
	st.Summary = w.Summary
	st.Origin = facts.Origin(u)
	st.SubscriptionUID = u.Status.SubscriptionUID
	st.Imported = u.Status.Imported
	st.Approval = u.Status.Approval
	st.Conditions = append([]metav1.Condition(nil), u.Status.Conditions...)
	st.ObservedGeneration = u.Generation
	st.Waited = waited(u.Status.Waited, w)
	if e := w.Estimate; e != nil {
		st.Currency = v1alpha1.Currency(c.Code())
		st.Estimate = &v1alpha1.UpdateEstimate{Amount: rounded(e.Amount, c), ApplyAt: Time(e.ApplyAt)}
		st.AdjustmentText = "(" + string(st.Estimate.Amount) + ")"
	}
	setUpdateConditions(&st, w.Fault, u.Generation, now)
	return st
}

// waited returns the states in which an update has waited, for its approval or its date.
func waited(before []v1alpha1.UpdateState, w subscription.Waiting) []v1alpha1.UpdateState {
	state := v1alpha1.UpdateState(w.Verdict)
	if !w.Waits() || slices.Contains(before, state) {
		return before
	}
	return append(slices.Clone(before), state)
}

// Policies contains the proration policies in force as the record shows them.
type Policies map[subscription.PolicyRef]subscription.Policy

// inForce writes the values that apply to an update.
func inForce(f subscription.InForce, policies Policies) v1alpha1.SubscriptionUpdateStatus {
	st := v1alpha1.SubscriptionUpdateStatus{
		SeenTime: Time(f.SeenAt), ApprovedTime: Time(f.ApprovedAt), Overdue: f.Overdue,
		RenewalPolicy: v1alpha1.RenewalPolicy(f.Renewal), KeepTrial: f.KeepTrial, IgnoreRecurring: f.IgnoreRecurring,
		ApplicationSchedule: v1alpha1.ApplicationSchedule(f.Application),
		ApplyAt:             Time(f.ApplyAt),
		EffectiveTime:       Time(f.Effective),
		PaymentSchedule:     v1alpha1.PaymentSchedule(f.Payment),
		BillAt:              Time(f.BillAt),
		CalculationMethod:   v1alpha1.CalculationMethod(f.Method),
		PolicyGeneration:    f.PolicyGeneration,
	}
	if !f.Proration.IsZero() {
		policy := policies[f.Proration]
		st.ProrationPolicy = &v1alpha1.ProrationPolicyInForce{
			Kind: v1alpha1.PolicyKind(f.Proration.Kind), Name: f.Proration.Name,
			Rounding: v1alpha1.Rounding(policy.Rounding), Unit: v1alpha1.TimeUnit(policy.Unit),
		}
		if policy.Rounding == proration.None {
			st.ProrationPolicy.Rounding = ""
		}
	}
	return st
}

// setUpdateConditions sets Applied, and the conditions of kstatus: an update that was applied,
// previewed or superseded is Ready, a rejected one is Stalled, and any other is Reconciling.
func setUpdateConditions(st *v1alpha1.SubscriptionUpdateStatus, fault subscription.Fault, generation int64, now time.Time) {
	conditions := status.Of(&st.Conditions, generation, now)
	reason := string(fault.Reason)
	applied := metav1.ConditionFalse
	switch st.State {
	case v1alpha1.UpdateApplied:
		applied = metav1.ConditionTrue
		conditions.Ready(reason, fault.Message)
	case v1alpha1.UpdatePreviewed, v1alpha1.UpdateSuperseded:
		conditions.Ready(reason, fault.Message)
	case v1alpha1.UpdateRejected:
		conditions.Stalled(reason, fault.Message)
	default:
		conditions.InProgress(reason, fault.Message)
	}
	conditions.Set(v1alpha1.ConditionApplied, applied, reason, fault.Message)
}
