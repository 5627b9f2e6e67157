// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package endurance

import (
	"context"
	"fmt"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/record"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

// seat is a product of one to ten seats, at EUR 10 a month.
func (h *hold) seat() *builders.SeatProduct {
	return builders.MakeSeatProduct("seat", h.namespace).Plan("monthly", "EUR", "10").Seats(1, 10)
}

// acme is a subscription of five seats by the wall clock.
func (h *hold) acme() *builders.Subscription {
	return builders.MakeSubscription("acme", h.namespace).Item("editors", "seat", "monthly", 5)
}

// free is acme with a quantity that updates, or a loader, decide.
func (h *hold) free() *builders.Subscription {
	return builders.MakeSubscription("acme", h.namespace).LoadedItem("editors", "seat", "monthly")
}

func (h *hold) increment() *builders.SubscriptionUpdate {
	return builders.MakeSubscriptionUpdate("change", h.namespace, "acme").Increment("editors", 1)
}

func (h *hold) claim(name string) *builders.SeatAssignment {
	return builders.MakeSeatAssignment(name, h.namespace, "acme", "editors")
}

func (h *hold) counts(data map[string]string) *corev1.ConfigMap {
	counts := &corev1.ConfigMap{Data: data}
	counts.Namespace, counts.Name = h.namespace, "counts"
	return counts
}

// runs starts acme with five seats.
func (h *hold) runs() {
	h.Helper()
	h.create(h.seat().Obj(), h.acme().Obj())
	h.started()
}

// runsFree starts acme with a quantity that updates decide.
func (h *hold) runsFree() {
	h.Helper()
	h.create(h.seat().Obj(), h.free().Obj())
	h.started()
}

func items(product, plan string) v1alpha1.SubscriptionItem {
	return v1alpha1.SubscriptionItem{Name: "editors", ProductRef: v1alpha1.LocalReference{Name: product}, Plan: plan}
}

func quantity(n int64) func(*v1alpha1.Subscription) {
	return func(s *v1alpha1.Subscription) { s.Spec.Items[0].Quantity = &n }
}

func plan(name string) func(*v1alpha1.Subscription) {
	return func(s *v1alpha1.Subscription) { s.Spec.Items[0].Plan = name }
}

// ways are all ways of being held up, by the reason that is said, and what it is said of where there are
// several.
var ways = map[string]heldUp{
	// A Subscription that has not started.
	v1alpha1.ReasonProductNotFound: {why: "GitOps applies the product later", shows: subscription, given: func(h *hold) {
		h.create(h.acme().Obj())
	}},
	v1alpha1.ReasonPlanNotFound: {why: "the product has no such plan", shows: subscription, given: func(h *hold) {
		h.create(h.seat().Obj(), h.acme().With(plan("yearly")).Obj())
	}},
	v1alpha1.ReasonPolicyNotReady: {why: "the policy does not exist", shows: subscription, given: func(h *hold) {
		h.create(h.seat().Obj(), h.acme().Policy(v1alpha1.KindProrationPolicy, "by-day").Obj())
	}},
	v1alpha1.ReasonMixedCurrency: {why: "one item is priced in dollars", shows: subscription, given: func(h *hold) {
		h.create(h.seat().Plan("dollars", "USD", "10").Obj(), h.acme().Item("viewers", "seat", "dollars", 1).Obj())
	}},
	v1alpha1.ReasonMixedInterval: {why: "one item is billed by the week", shows: subscription, given: func(h *hold) {
		h.create(h.seat().Plan("weekly", "EUR", "10").With(weekly).Obj(), h.acme().Item("viewers", "seat", "weekly", 1).Obj())
	}},
	v1alpha1.ReasonInvalidTimeZone: {why: "there is no such zone", shows: subscription, given: func(h *hold) {
		h.create(h.seat().Obj(), h.acme().TimeZone("Europe/Nowhere").Obj())
	}},
	v1alpha1.ReasonInvalidTrial: {why: "the trial ended before the start", shows: subscription, given: func(h *hold) {
		h.create(h.seat().Obj(), h.acme().With(func(s *v1alpha1.Subscription) {
			s.Spec.Trial = &v1alpha1.SubscriptionTrial{EndTime: record.Time(time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC))}
		}).Obj())
	}},
	v1alpha1.ReasonWaitingForSeats: {why: "the source is not there", shows: subscription, given: func(h *hold) {
		h.create(h.seat().ConfigMapLoader("later").Obj(), h.free().Obj())
	}},
	v1alpha1.ReasonClockNotFound: {why: "the clock does not exist", shows: subscription, given: func(h *hold) {
		h.create(h.seat().Obj(), h.acme().TestClock("later").Obj())
	}},
	v1alpha1.ReasonStartTimeInPast: {why: "it says nothing of what was billed since 2020", shows: subscription, given: func(h *hold) {
		h.create(h.seat().Obj(), h.acme().Start(time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)).Obj())
	}},
	v1alpha1.ReasonPredecessorFound: {why: "an earlier acme was billed", shows: subscription, given: func(h *hold) {
		h.issue(h.invoice("acme-older-000001", "acme"))
		h.create(h.seat().Obj(), h.acme().Obj())
	}},
	v1alpha1.ReasonForeignStatus: {why: "a tool restored its status", shows: subscription, given: func(h *hold) {
		h.runs()
		h.restoreStatus()
	}},
	v1alpha1.ReasonBelowMinimum: {why: "no seats of at least one", shows: subscription, given: func(h *hold) {
		h.create(h.seat().Obj(), h.acme().With(quantity(0)).Obj())
	}},
	v1alpha1.ReasonAboveMaximum: {why: "eleven of ten", shows: subscription, given: func(h *hold) {
		h.create(h.seat().Obj(), h.acme().With(quantity(11)).Obj())
	}},
	v1alpha1.ReasonDuplicateKey: {why: "two items are counted by one key", shows: subscription, given: func(h *hold) {
		h.create(h.counts(map[string]string{"acme": "5"}), h.seat().ConfigMapLoader("counts").Obj(),
			h.free().LoadedItem("viewers", "seat", "monthly").Obj())
	}},

	// A Subscription that has.
	v1alpha1.ReasonSuspended: {why: "a person stopped it", shows: subscription, given: func(h *hold) {
		h.runs()
		h.edits(func(s *v1alpha1.Subscription) { s.Spec.Suspend = true })
	}},
	v1alpha1.ReasonCanceled: {why: "a person ended it", shows: subscription, given: func(h *hold) {
		h.runs()
		h.edits(func(s *v1alpha1.Subscription) { s.Spec.Cancel = &v1alpha1.Cancellation{At: record.Time(april)} })
	}},
	v1alpha1.ReasonParked: {why: "more than 200 changes on one day", shows: subscription, given: func(h *hold) {
		h.create(builders.MakeTestClock("clock", h.namespace, april).Obj(), h.seat().Obj(), h.free().TestClock("clock").Start(april).Obj())
		h.started()
		h.eventually("acme has seen 200 events", func(ctx context.Context) (bool, string) {
			var s v1alpha1.Subscription
			if err := h.Get(ctx, h.key("acme"), &s); err != nil {
				return false, err.Error()
			}
			s.Status.EventsOnDay = &v1alpha1.DayCount{Date: "2026-04-01", Count: 200}
			err := h.asManager.Status().Update(ctx, &s)
			return err == nil, "conflict"
		})
		h.create(h.increment().Obj())
	}},
	v1alpha1.ReasonInvoiceNameTaken: {why: "somebody else's invoice has the name", shows: subscription, most: backingOff, given: func(h *hold) {
		s := h.acme().Obj()
		h.create(s)
		h.issue(h.invoice(record.InvoiceName("acme", string(s.UID), 1), "other"))
		h.create(h.seat().Obj())
	}},
	v1alpha1.ReasonCommitRefused: {why: "a policy of the cluster refuses invoices", shows: subscription, most: backingOff, given: func(h *hold) {
		h.refuseInvoices()
		h.create(h.seat().Obj(), h.acme().Obj())
	}},
	v1alpha1.ReasonArchiveAhead: {why: "the archive holds a document that this cluster has not issued", shows: subscription, given: func(h *hold) {
		h.runs()
		h.isBehind()
	}},
	v1alpha1.ReasonProductNotFound + " of one that runs": {why: "somebody deleted the product", shows: subscription, given: func(h *hold) {
		h.runs()
		h.delete(h.seat().Obj())
	}},
	v1alpha1.ReasonPlanNotFound + " of one that runs": {why: "somebody took the plan out", shows: subscription, given: func(h *hold) {
		h.runs()
		change(h.system, h.namespace, "seat", func(p *v1alpha1.SeatProduct) { p.Spec.Plans[0].Name = "other" })
	}},
	v1alpha1.ReasonPolicyNotReady + " of one that runs": {why: "somebody deleted the policy", shows: subscription, given: func(h *hold) {
		byDay := builders.MakeProrationPolicy("by-day", h.namespace, v1alpha1.RoundUp).Obj()
		h.create(byDay, h.seat().Obj(), h.acme().Policy(v1alpha1.KindProrationPolicy, "by-day").Obj())
		h.started()
		h.delete(byDay)
	}},
	v1alpha1.ReasonInvalidTimeZone + " of one that runs": {why: "an edit names no zone", shows: subscription, given: func(h *hold) {
		h.runs()
		h.edits(func(s *v1alpha1.Subscription) { s.Spec.TimeZone = "Europe/Nowhere" })
	}},

	// An edit of the spec.
	v1alpha1.ReasonProductNotFound + " of an edit": {why: "GitOps applies the product later", shows: edit, given: func(h *hold) {
		h.runs()
		h.edits(func(s *v1alpha1.Subscription) { s.Spec.Items[0].ProductRef.Name = "later" })
	}},
	v1alpha1.ReasonPlanNotFound + " of an edit": {why: "GitOps applies the plan later", shows: edit, given: func(h *hold) {
		h.runs()
		h.edits(plan("later"))
	}},
	v1alpha1.ReasonBelowMinimum + " of an edit": {why: "none of at least one", shows: edit, given: func(h *hold) {
		h.runs()
		h.edits(quantity(0))
	}},
	v1alpha1.ReasonAboveMaximum + " of an edit": {why: "eleven of ten", shows: edit, given: func(h *hold) {
		h.runs()
		h.edits(quantity(11))
	}},
	v1alpha1.ReasonSeatsAssigned + " of an edit": {why: "two hold a seat", shows: edit, given: func(h *hold) {
		h.create(h.claim("ada").Obj(), h.claim("bob").Obj())
		h.runs()
		h.eventually("both have a seat", func(ctx context.Context) (bool, string) {
			var s v1alpha1.Subscription
			err := h.Get(ctx, h.key("acme"), &s)
			return err == nil && ptr.Deref(s.Status.Items[0].Assigned, 0) == 2, "not yet"
		})
		h.edits(quantity(1))
	}},
	v1alpha1.ReasonCurrencyChange + " of an edit": {why: "the currency is fixed at the start", shows: edit, given: func(h *hold) {
		h.create(h.seat().Plan("dollars", "USD", "10").Obj(), h.acme().Obj())
		h.started()
		h.edits(plan("dollars"))
	}},
	v1alpha1.ReasonIntervalChangeNeedsReset + " of an edit": {why: "a week is no month", shows: edit, given: func(h *hold) {
		h.create(h.seat().Plan("weekly", "EUR", "10").With(weekly).Obj(), h.acme().Obj())
		h.started()
		h.edits(plan("weekly"))
	}},
	v1alpha1.ReasonScheduled + " of an edit": {why: "it waits for the renewal", shows: edit, given: func(h *hold) {
		h.create(h.seat().OnIncrease(v1alpha1.QuantityChangePolicy{ApplicationSchedule: v1alpha1.ApplyNextPeriod}).Obj(), h.acme().Obj())
		h.started()
		h.edits(quantity(7))
	}},
	v1alpha1.ReasonSuspended + " of an edit": {why: "it waits until acme is resumed", shows: edit, given: func(h *hold) {
		h.runs()
		h.edits(func(s *v1alpha1.Subscription) { s.Spec.Suspend = true })
		h.edits(quantity(7))
	}},

	// A SubscriptionUpdate.
	v1alpha1.ReasonSubscriptionNotFound + " of an update": {why: "GitOps applied it first", shows: update, given: func(h *hold) {
		h.create(h.increment().Obj())
	}},
	v1alpha1.ReasonNotStarted + " of an update": {why: "acme begins in 2100", shows: update, given: func(h *hold) {
		h.create(h.seat().Obj(), h.free().Start(time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)).Obj(), h.increment().Obj())
	}},
	v1alpha1.ReasonScheduled + " of an update": {why: "it waits for the renewal", shows: update, given: func(h *hold) {
		h.runsFree()
		h.create(h.increment().Apply(v1alpha1.ApplyNextPeriod).Obj())
	}},
	v1alpha1.ReasonAwaitingApproval + " of an update": {why: "ten times the seats", shows: update, given: func(h *hold) {
		h.create(h.counts(map[string]string{"acme": "5"}), h.seat().Seats(1, 1000).ConfigMapLoader("counts").
			Refresh(v1alpha1.Refresh{Guard: &v1alpha1.Guard{MaxIncreasePercent: ptr.To[int32](300)}}).Obj(), h.free().Obj())
		h.eventually("acme holds five", func(ctx context.Context) (bool, string) {
			var s v1alpha1.Subscription
			err := h.Get(ctx, h.key("acme"), &s)
			return err == nil && ptr.Deref(s.Status.Seats, 0) == 5, "not yet"
		})
		change(h.system, h.namespace, "counts", func(c *corev1.ConfigMap) { c.Data["acme"] = "50" })
		change(h.system, h.namespace, "seat", func(p *v1alpha1.SeatProduct) {
			p.Annotations = map[string]string{v1alpha1.AnnotationRefreshRequestedAt: "now"}
		})
	}},
	v1alpha1.ReasonPolicyNotReady + " of an update": {why: "its own policy does not exist", shows: update, given: func(h *hold) {
		h.runsFree()
		h.create(h.increment().With(func(u *v1alpha1.SubscriptionUpdate) {
			u.Spec.ProrationPolicyRef = &v1alpha1.ProrationPolicyReference{Kind: v1alpha1.KindProrationPolicy, Name: "by-day"}
		}).Obj())
	}},
	v1alpha1.ReasonProductNotFound + " of an update": {why: "it names a product that is not there", shows: update, given: func(h *hold) {
		h.runsFree()
		h.create(builders.MakeSubscriptionUpdate("change", h.namespace, "acme").ChangeItems(items("later", "monthly")).Obj())
	}},
	v1alpha1.ReasonPlanNotFound + " of an update": {why: "it names a plan that is not there", shows: update, given: func(h *hold) {
		h.runsFree()
		h.create(builders.MakeSubscriptionUpdate("change", h.namespace, "acme").ChangeItems(items("seat", "later")).Obj())
	}},
	v1alpha1.ReasonSuspended + " of an update": {why: "it waits until acme is resumed", shows: update, given: func(h *hold) {
		h.create(h.seat().Obj(), h.free().With(func(s *v1alpha1.Subscription) { s.Spec.Suspend = true }).Obj(), h.increment().Obj())
	}},

	// A SeatAssignment.
	v1alpha1.ReasonWaitingForSeat + " of an assignment": {why: "all seats are taken", shows: assignment, given: func(h *hold) {
		h.create(h.seat().Seats(0, 10).Obj(), h.acme().With(quantity(0)).Obj(), h.claim("ada").Obj())
	}},
	v1alpha1.ReasonDuplicateHolder + " of an assignment": {why: "Ada has a seat already", shows: assignment, given: func(h *hold) {
		h.create(h.seat().Obj(), h.acme().Obj(), h.claim("aaa").Holder("ada").Obj(), h.claim("ada").Obj())
	}},
	v1alpha1.ReasonUnknownItem + " of an assignment": {why: "GitOps adds the item later", shows: assignment, given: func(h *hold) {
		h.create(h.seat().Obj(), h.acme().Obj(), builders.MakeSeatAssignment("ada", h.namespace, "acme", "viewers").Obj())
	}},
	v1alpha1.ReasonSubscriptionNotFound + " of an assignment": {why: "GitOps applied it first", shows: assignment, given: func(h *hold) {
		h.create(h.claim("ada").Obj())
	}},

	// A SeatProduct, a ProrationPolicy.
	v1alpha1.ReasonSourceUnreachable + " of a product": {why: "the source is not there", shows: product, given: func(h *hold) {
		h.create(h.seat().ConfigMapLoader("later").Refresh(v1alpha1.Refresh{Schedule: "* * * * *"}).Obj(), h.free().Obj())
	}},
	v1alpha1.ReasonSecretNotFound + " of a product": {why: "the Secret is not there", shows: product, given: func(h *hold) {
		h.create(h.seat().SQLiteLoader("later", "SELECT 'acme', 1").Obj(), h.free().Obj())
	}},
	v1alpha1.ReasonBadCounts + " of a product": {why: "the source answers nonsense", shows: product, given: func(h *hold) {
		h.create(h.counts(map[string]string{"acme": "many"}), h.seat().ConfigMapLoader("counts").Obj(), h.free().Obj())
	}},
	v1alpha1.ReasonInvalidSchedule + " of a product": {why: "there is no such schedule", shows: product, given: func(h *hold) {
		h.create(h.counts(map[string]string{"acme": "5"}),
			h.seat().ConfigMapLoader("counts").Refresh(v1alpha1.Refresh{Schedule: "every now and then"}).Obj(), h.free().Obj())
	}},
	v1alpha1.ReasonExternalRefConflict + " of a policy": {why: "an older policy has the reference", shows: policy, given: func(h *hold) {
		h.create(builders.MakeProrationPolicy("older", h.namespace, v1alpha1.RoundUp).ExternalRef("pol-7").Obj(),
			builders.MakeProrationPolicy("younger", h.namespace, v1alpha1.RoundUp).ExternalRef("pol-7").Obj())
	}},
}

func weekly(p *v1alpha1.SeatProduct) {
	p.Spec.Plans[len(p.Spec.Plans)-1].Interval.Unit = v1alpha1.IntervalWeek
}

// invoice is that of another subscription, of a customer.
func (h *hold) invoice(name, customer string) *v1alpha1.Invoice {
	invoice := &v1alpha1.Invoice{}
	invoice.Namespace, invoice.Name = h.namespace, name
	invoice.Spec = v1alpha1.InvoiceSpec{
		SubscriptionRef: v1alpha1.SubscriptionReference{Name: "acme", UID: "0000"}, Customer: v1alpha1.Customer{ID: customer},
		Type: v1alpha1.TypeInvoice, Reason: v1alpha1.InvoiceInitial, Sequence: 1, IssueTime: *record.Time(april),
		Currency: "EUR", CreditBalanceAfter: "0.00", Subtotal: "1.00", CreditApplied: "0.00", AmountDue: "1.00",
		Lines: []v1alpha1.Line{{Key: "1-0", Item: "editors", Kind: v1alpha1.LineOneTime, Amount: "1.00"}},
	}
	return invoice
}

// issue creates an invoice as only the manager may.
func (h *hold) issue(invoice *v1alpha1.Invoice) {
	h.Helper()
	if err := h.asManager.Create(h.Context(), invoice); err != nil {
		h.Fatal(err)
	}
}

// restoreStatus gives acme the status of an earlier subscription of its name, as a tool does that restores statuses.
func (h *hold) restoreStatus() {
	h.Helper()
	h.eventually("the status is restored", func(ctx context.Context) (bool, string) {
		var acme v1alpha1.Subscription
		if err := h.Get(ctx, client.ObjectKey{Namespace: h.namespace, Name: "acme"}, &acme); err != nil {
			return false, err.Error()
		}
		acme.Status.RecentInvoice = &v1alpha1.InvoiceSummary{Name: "acme-older0-000001", AmountDue: "1.00", Time: *record.Time(april)}
		err := h.asManager.Status().Update(ctx, &acme)
		return err == nil, fmt.Sprint(err)
	})
}

// refuseInvoices has the API server refuse every invoice of the namespace, as a policy of the cluster may.
func (h *hold) refuseInvoices() {
	h.Helper()
	refusal := &admissionv1.ValidatingAdmissionPolicy{}
	refusal.Name = "no-invoices"
	refusal.Spec = admissionv1.ValidatingAdmissionPolicySpec{
		MatchConstraints: &admissionv1.MatchResources{ResourceRules: []admissionv1.NamedRuleWithOperations{{
			RuleWithOperations: admissionv1.RuleWithOperations{
				Operations: []admissionv1.OperationType{admissionv1.Create},
				Rule: admissionv1.Rule{
					APIGroups: []string{v1alpha1.GroupName}, APIVersions: []string{"*"}, Resources: []string{"invoices"},
				},
			},
		}}},
		Validations: []admissionv1.Validation{{Expression: "false", Message: "no invoices here"}},
	}
	binding := &admissionv1.ValidatingAdmissionPolicyBinding{}
	binding.Name = refusal.Name
	binding.Spec = admissionv1.ValidatingAdmissionPolicyBindingSpec{
		PolicyName: refusal.Name, ValidationActions: []admissionv1.ValidationAction{admissionv1.Deny},
		MatchResources: &admissionv1.MatchResources{NamespaceSelector: &metav1.LabelSelector{
			MatchLabels: map[string]string{corev1.LabelMetadataName: h.namespace},
		}},
	}
	h.create(refusal, binding)
	h.eventually("invoices are refused", func(ctx context.Context) (bool, string) {
		err := h.asManager.Create(ctx, h.invoice("probe", "other"), client.DryRunAll)
		return err != nil, "one was accepted"
	})
}

func (h *hold) delete(object client.Object) {
	h.Helper()
	if err := h.Delete(h.Context(), object); err != nil {
		h.Fatal(err)
	}
}
