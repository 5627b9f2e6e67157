// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package admission

import (
	"context"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/builders"
	"github.com/seatplane/seatplane/internal/testing/playground"
)

// Each parameter of config/policy refuses what it says, and nothing once it is relaxed or removed.
func TestLimits(t *testing.T) {
	const (
		free, past, later = "changes without charge are not allowed here", "effectiveTime lies in the past", "effectiveTime lies after the change applies"
		many              = "quantities over 100 are not allowed here"
		keep, ttl         = "set history.keepUpdates to 50 or more", "set history.ttlSecondsAfterFinished to 100 or more"
	)
	now := time.Now().UTC().Truncate(time.Second)
	yesterday, tomorrow := now.AddDate(0, 0, -1), now.AddDate(0, 0, 1)
	history := func(keep int32, ttl int64) client.Object {
		return acme().With(func(s *v1alpha1.Subscription) {
			s.Spec.History = &v1alpha1.History{KeepUpdates: &keep, TTLSecondsAfterFinished: &ttl}
		}).Obj()
	}
	short := func(p v1alpha1.Proration) client.Object {
		return update("u").With(func(u *v1alpha1.SubscriptionUpdate) { u.Spec.Proration = p }).Obj()
	}
	reset := builders.MakeSubscriptionUpdate("u", "", "acme").ChangeItems(acme().Obj().Spec.Items...).Effective(tomorrow).
		With(func(u *v1alpha1.SubscriptionUpdate) { u.Spec.ChangeItems.RenewalPolicy = v1alpha1.RenewalReset }).Obj()
	billedUntil := acme().With(func(s *v1alpha1.Subscription) { s.Spec.BilledUntil = &metav1.Time{Time: tomorrow} }).Obj()
	limit := func(name, value string) map[string]string { return map[string]string{name: value} }
	for name, c := range map[string]struct {
		reason  string
		limits  map[string]string
		labels  map[string]string
		object  client.Object
		by      string
		refused string
	}{
		"no charge":            {reason: "a change for nothing", limits: limit("allowDoNotCharge", "false"), object: update("u").Calculate(v1alpha1.CalculateDoNotCharge).Obj(), by: seller, refused: free},
		"no charge, short":     {reason: "the short form says the same", limits: limit("allowDoNotCharge", "false"), object: short(v1alpha1.ProrationNone), by: seller, refused: free},
		"no charge, policy":    {reason: "edits would take it from the subscription", limits: limit("allowDoNotCharge", "false"), object: acme().ChangePolicy(v1alpha1.ChangePolicy{CalculationMethod: v1alpha1.CalculateDoNotCharge}).Obj(), by: editor, refused: free},
		"charged":              {reason: "what is charged is allowed", limits: limit("allowDoNotCharge", "false"), object: update("u").Calculate(v1alpha1.CalculateProRata).Obj(), by: seller},
		"no charge, allowed":   {reason: "the parameter allows it", limits: limit("allowDoNotCharge", "true"), object: update("u").Calculate(v1alpha1.CalculateDoNotCharge).Obj(), by: seller},
		"no charge, unlimited": {reason: "a parameter that is not there limits nothing", object: update("u").Calculate(v1alpha1.CalculateDoNotCharge).Obj(), by: seller},
		"no charge, operator":  {reason: "the operator's updates follow the spec", limits: limit("allowDoNotCharge", "false"), object: update("u").Calculate(v1alpha1.CalculateDoNotCharge).Obj(), by: operator},

		"backdated":            {reason: "a decrease would give back what was used", limits: limit("allowBackdating", "false"), object: update("u").Effective(yesterday).Obj(), by: seller, refused: past},
		"not backdated":        {reason: "now is not past", limits: limit("allowBackdating", "false"), object: update("u").Effective(now).Obj(), by: seller},
		"backdated, allowed":   {reason: "the parameter allows it", limits: limit("allowBackdating", "true"), object: update("u").Effective(yesterday).Obj(), by: seller},
		"backdated, on clocks": {reason: "where time is driven by hand nobody can tell", limits: limit("allowBackdating", "false"), labels: clocksAllowed, object: update("u").Effective(yesterday).Obj(), by: seller},

		"billed elsewhere":          {reason: "nothing before it is charged here", limits: limit("allowBilledUntil", "false"), object: billedUntil, by: editor, refused: "billedUntil is not allowed here"},
		"billed elsewhere, allowed": {reason: "customers are being imported", limits: limit("allowBilledUntil", "true"), object: billedUntil, by: editor},
		"billed here":               {reason: "what is charged is allowed", limits: limit("allowBilledUntil", "false"), object: acme().Obj(), by: editor},

		"used before it is charged": {reason: "seats for a month, charged for its last second", limits: limit("allowLaterEffect", "false"), object: update("u").Effective(tomorrow).Obj(), by: seller, refused: later},
		"after applyAt":             {reason: "the same with a date", limits: limit("allowLaterEffect", "false"), object: update("u").ApplyAt(tomorrow).Effective(tomorrow.AddDate(0, 0, 1)).Obj(), by: seller, refused: later},
		"at applyAt":                {reason: "it counts from when it applies", limits: limit("allowLaterEffect", "false"), object: update("u").ApplyAt(tomorrow).Effective(tomorrow).Obj(), by: seller},
		"a reset to come":           {reason: "a period that is reset ends at that time", limits: limit("allowLaterEffect", "false"), object: reset, by: seller},
		"later, allowed":            {reason: "the parameter allows it", limits: limit("allowLaterEffect", "true"), object: update("u").Effective(tomorrow).Obj(), by: seller},

		"too many":           {reason: "a typing error is a large invoice", limits: limit("maxQuantity", "100"), object: builders.MakeSubscriptionUpdate("u", "", "acme").Count("editors", 101).Obj(), by: seller, refused: many},
		"too many more":      {reason: "the same", limits: limit("maxQuantity", "100"), object: builders.MakeSubscriptionUpdate("u", "", "acme").Increment("editors", 101).Obj(), by: seller, refused: many},
		"too many, of items": {reason: "the same", limits: limit("maxQuantity", "100"), object: builders.MakeSubscriptionUpdate("u", "", "acme").ChangeItems(acme().Item("viewers", "seat", "monthly", 101).Obj().Spec.Items...).Obj(), by: seller, refused: many},
		"too many, declared": {reason: "the same", limits: limit("maxQuantity", "100"), object: acme().Item("viewers", "seat", "monthly", 101).Obj(), by: editor, refused: many},
		"as many as allowed": {reason: "the limit is allowed", limits: limit("maxQuantity", "100"), object: builders.MakeSubscriptionUpdate("u", "", "acme").Count("editors", 100).Obj(), by: seller},
		"many, unlimited":    {reason: "a parameter that is not there limits nothing", object: builders.MakeSubscriptionUpdate("u", "", "acme").Count("editors", 10_000_000).Obj(), by: seller},

		"few records":              {reason: "records would be gone at once", limits: limit("minKeepUpdates", "50"), object: history(49, 3_000_000), by: editor, refused: keep},
		"records by default":       {reason: "the default is 20", limits: limit("minKeepUpdates", "50"), object: acme().Obj(), by: editor, refused: keep},
		"enough records":           {reason: "the limit is allowed", limits: limit("minKeepUpdates", "50"), object: history(50, 3_000_000), by: editor},
		"records for a short time": {reason: "records would be gone at once", limits: limit("minTTLSecondsAfterFinished", "100"), object: history(50, 99), by: editor, refused: ttl},
		"records for long enough":  {reason: "the default is 30 days", limits: limit("minTTLSecondsAfterFinished", "100"), object: acme().Obj(), by: editor},
	} {
		t.Run(name, func(t *testing.T) {
			namespace := namespaceWithRoles(t, c.labels)
			setLimits(t, c.limits)
			who := theManager(t)
			if c.by != operator {
				who = as(t, c.by)
			}
			var answer error
			defer func() {
				if t.Failed() {
					t.Logf("the last answer to %s was: %v", c.by, answer)
				}
			}()
			eventually(t, c.reason, func(ctx context.Context) (bool, error) {
				attempt := c.object.DeepCopyObject().(client.Object)
				attempt.SetNamespace(namespace)
				answer = who.Create(ctx, attempt, client.DryRunAll)
				if c.refused == "" {
					return answer == nil, nil
				}
				return apierrors.IsForbidden(answer) && strings.Contains(answer.Error(), c.refused), nil
			})
		})
	}
}

// What was there before a limit can be edited and ended, but not made worse.
func TestLimitsSpareWhatIsThere(t *testing.T) {
	namespace := namespaceWithRoles(t, nil)
	setLimits(t, nil)
	large := acme().Item("viewers", "seat", "monthly", 500).With(func(s *v1alpha1.Subscription) {
		s.Namespace = namespace
		s.Spec.History = &v1alpha1.History{KeepUpdates: ptr.To(int32(1))}
	}).Obj()
	eventually(t, "it is created before the limits", func(ctx context.Context) (bool, error) {
		return admin.Create(ctx, large) == nil, nil
	})
	setLimits(t, map[string]string{"maxQuantity": "100", "minKeepUpdates": "20"})
	worse := large.DeepCopy()
	worse.Spec.Items[1].Quantity = ptr.To(int64(501))
	eventually(t, "a larger quantity is refused", func(ctx context.Context) (bool, error) {
		err := as(t, editor).Update(ctx, worse.DeepCopy(), client.DryRunAll)
		return apierrors.IsForbidden(err), nil
	})
	large.Spec.Suspend = true
	if err := as(t, editor).Update(t.Context(), large); err != nil {
		t.Errorf("an edit of something else: %v", err)
	}
}

// setLimits replaces the parameters.
func setLimits(t *testing.T, limits map[string]string) {
	t.Helper()
	parameters := &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Namespace: playground.Namespace, Name: "seatplane-limits"}, Data: limits,
	}
	if err := admin.Update(t.Context(), parameters); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		parameters := parameters.DeepCopy()
		parameters.Data, parameters.ResourceVersion = nil, ""
		if err := admin.Update(context.WithoutCancel(t.Context()), parameters); err != nil {
			t.Error(err)
		}
	})
}
