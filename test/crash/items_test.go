// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"context"
	"fmt"

	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

// plans30And90 are the objects of figures 5 to 7, with an add-on that stays as it is.
func plans30And90(ns string) []client.Object {
	return []client.Object{
		builders.MakeTestClock(clockName, ns, at("04-01")).Obj(),
		builders.MakeSeatProduct(productName, ns).Plan(planName, "EUR", "30").Plan("big", "EUR", "90").Plan("add-on", "EUR", "20").Obj(),
		builders.MakeSubscription("acme", ns).TestClock(clockName).Start(at("04-01")).
			Item("editors", productName, planName, 1).Item("extra", productName, "add-on", 1).Obj(),
	}
}

// item is an item of a list.
func item(name, plan string) v1alpha1.SubscriptionItem {
	return v1alpha1.SubscriptionItem{Name: v1alpha1.EntryName(name), ProductRef: v1alpha1.LocalReference{Name: productName}, Plan: v1alpha1.EntryName(plan)}
}

// switchTo asks for the items of a list, with the period as it is or begun again.
func switchTo(policy v1alpha1.RenewalPolicy, items ...v1alpha1.SubscriptionItem) func(request) request {
	return func(u request) request {
		return u.ChangeItems(items...).With(func(u *v1alpha1.SubscriptionUpdate) { u.Spec.ChangeItems.RenewalPolicy = policy })
	}
}

// planRetained: a plan is switched in mid-period, the add-on is dropped, and the renewal stays.
var planRetained = Scenario{
	Name:    "a plan switch that retains the period",
	Setup:   plans30And90,
	Prelude: []Step{rest(), moveClock("04-16")},
	Steps: []Step{
		ask("big", switchTo(v1alpha1.RenewalRetain, item("editors", "big"))),
		moveClock("05-01"),
	},
}

// planReset: a plan is switched, the period ends there, and everything is charged again on a document.
var planReset = Scenario{
	Name:    "a plan switch that resets the period, by an update",
	Setup:   plans30And90,
	Prelude: []Step{rest(), moveClock("04-16")},
	Steps: []Step{
		ask("big", atOnce(switchTo(v1alpha1.RenewalReset, item("editors", "big"), item("extra", "add-on")))),
		moveClock("05-16"),
	},
}

// planResetByEdit: an edit of the spec switches a plan and adds an item, and another takes the plan back.
var planResetByEdit = Scenario{
	Name:    "a plan switch that resets the period, by an edit of the spec",
	Setup:   plans30And90,
	Prelude: []Step{rest(), moveClock("04-16")},
	Steps: []Step{
		edit("switch and add", "acme", func(s *v1alpha1.Subscription) {
			viewers := item("viewers", planName)
			viewers.Quantity = ptr.To[int64](2)
			s.Spec.Items[0].Plan = "big"
			s.Spec.Items = append(s.Spec.Items, viewers)
			s.Spec.ChangePolicy = &v1alpha1.ChangePolicy{RenewalPolicy: v1alpha1.RenewalReset, PaymentSchedule: v1alpha1.PayNextInvoice}
		}),
		together("three days later, switch back", moveClock("04-19"),
			edit("switch back", "acme", func(s *v1alpha1.Subscription) { s.Spec.Items[0].Plan = planName })),
	},
}

// chargedAnewBeforeItIsDue: a Reset of a past instant whose new period is over already: the boundaries
// since are replayed, and what they charge is on the books with what the change did.
var chargedAnewBeforeItIsDue = Scenario{
	Name:    "a reset with lines that have accrued and are deferred",
	Setup:   plans30And90,
	Prelude: []Step{rest(), moveClock("04-11")},
	Steps: []Step{
		ask("drop", func(u request) request { return switchTo("", item("editors", planName))(u).BillAt(at("04-25")) }),
		together("reset some days ago", moveClock("04-20"), ask("big", func(u request) request {
			return switchTo(v1alpha1.RenewalReset, item("editors", "big"))(u).Effective(at("04-16")).BillAt(at("04-25"))
		})),
		moveClock("04-25"),
	},
}

// itemsBought: a one-time item is bought, and passed by when the period is reset.
var itemsBought = Scenario{
	Name:    "one-time items that are bought",
	Setup:   plans30And90,
	Prelude: []Step{rest(), moveClock("04-16")},
	Steps: []Step{
		ask("buy", switchTo("", item("editors", planName), once("setup"))),
		together("buy again and reset", moveClock("04-20"),
			ask("again", switchTo(v1alpha1.RenewalReset, item("editors", planName), once("setup"), once("training")))),
	},
}

func once(name string) v1alpha1.SubscriptionItem {
	bought := item(name, "add-on")
	bought.Quantity, bought.Recurring = ptr.To[int64](2), ptr.To(false)
	return bought
}

// editThatWaits: an edit names a product that comes only after the renewal.
var editThatWaits = Scenario{
	Name:    "an edit that waits for its product",
	Setup:   plans30And90,
	Prelude: []Step{rest(), moveClock("04-16")},
	Steps: []Step{
		edit("name another product", "acme", func(s *v1alpha1.Subscription) { s.Spec.Items[0].ProductRef.Name = "later" }),
		moveClock("05-01"),
		add("the product", func(ns string) client.Object {
			return builders.MakeSeatProduct("later", ns).Plan(planName, "EUR", "60").Obj()
		}),
	},
}

// previewedFirst: what was previewed applies with the preview's hash, once.
var previewedFirst = Scenario{
	Name:    "a preview, and updates that expect its hash",
	Setup:   plans30And90,
	Prelude: []Step{rest(), moveClock("04-16")},
	Steps: []Step{
		ask("preview", func(u request) request {
			return switchTo("", item("editors", "big"))(u).With(func(u *v1alpha1.SubscriptionUpdate) { u.Spec.Preview = true })
		}),
		together("as it was shown, and once more", askAsPreviewed("a-big"), askAsPreviewed("b-big-again")),
	},
}

// askAsPreviewed asks for what was previewed, and expects the same of it.
func askAsPreviewed(name string) Step {
	return Step{Name: "create update " + name, Answers: true, Do: func(ctx context.Context, s *stage) error {
		var preview v1alpha1.SubscriptionUpdate
		if err := s.truth.Get(ctx, client.ObjectKey{Namespace: s.namespace, Name: "preview"}, &preview); err != nil {
			return err
		}
		if preview.Status.Hash == "" {
			return fmt.Errorf("the preview is %s and has no hash", preview.Status.State)
		}
		return s.truth.Create(ctx, builders.MakeSubscriptionUpdate(name, s.namespace, "acme").ChangeItems(item("editors", "big")).
			With(func(u *v1alpha1.SubscriptionUpdate) { u.Spec.ExpectedHash = preview.Status.Hash }).Obj())
	}}
}
