// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// check compares a value with what the story says. Every check reads the objects themselves, and not
// what was printed. It fails with a sentence that says how the two differ.
func check[T comparable](what string, want, got T) error {
	if want != got {
		return fmt.Errorf("the story did not come true: %s should be %v and is %v", what, want, got)
	}
	return nil
}

// holds checks how many seats an item of a subscription has.
func (s *stage) holds(subscription, item string, want int64) act {
	return func(ctx context.Context) error {
		var object v1alpha1.Subscription
		if err := s.objects.Get(ctx, client.ObjectKey{Namespace: namespace, Name: subscription}, &object); err != nil {
			return err
		}
		got := int64(-1)
		for _, held := range object.Status.Items {
			if held.Name == item {
				got = held.Quantity
			}
		}
		return check(fmt.Sprintf("the number of %s of %s", item, subscription), want, got)
	}
}

// updated checks the state and the adjustment of a subscription's update.
func (s *stage) updated(subscription, summary string, state v1alpha1.UpdateState, adjustment v1alpha1.Amount) act {
	return func(ctx context.Context) error {
		update, err := s.update(ctx, subscription, summary)
		if err != nil {
			return err
		}
		what := fmt.Sprintf("of %s's update %q", subscription, summary)
		if err := check("the state "+what, state, update.Status.State); err != nil {
			return err
		}
		return check("the adjustment "+what, adjustment, update.Status.AdjustmentAmount)
	}
}

// invoiced checks the amounts of all invoices of a subscription, in order.
func (s *stage) invoiced(subscription string, want ...v1alpha1.Amount) act {
	return func(ctx context.Context) error {
		invoices, err := s.invoices(ctx, subscription)
		if err != nil {
			return err
		}
		var got []v1alpha1.Amount
		for n := range invoices {
			got = append(got, invoices[n].Spec.AmountDue)
		}
		return check("the amounts due on "+subscription+"'s invoices", fmt.Sprint(want), fmt.Sprint(got))
	}
}

// loaded checks what the product of editors reports about its last refresh.
func (s *stage) loaded(want metav1.ConditionStatus, reason string) act {
	return func(ctx context.Context) error {
		var product v1alpha1.SeatProduct
		if err := s.objects.Get(ctx, client.ObjectKey{Namespace: namespace, Name: "editor"}, &product); err != nil {
			return err
		}
		got := "absent"
		if c := meta.FindStatusCondition(product.Status.Conditions, v1alpha1.ConditionLoaded); c != nil {
			got = string(c.Status) + ", " + c.Reason
		}
		return check("the condition Loaded of editor", string(want)+", "+reason, got)
	}
}

// update finds an update of a subscription by its summary.
func (s *stage) update(ctx context.Context, subscription, summary string) (*v1alpha1.SubscriptionUpdate, error) {
	var list v1alpha1.SubscriptionUpdateList
	if err := s.objects.List(ctx, &list, of(subscription)...); err != nil {
		return nil, err
	}
	found := slices.IndexFunc(list.Items, func(u v1alpha1.SubscriptionUpdate) bool { return u.Status.Summary == summary })
	if found < 0 {
		return nil, fmt.Errorf("the story did not come true: %s has no update %q", subscription, summary)
	}
	return &list.Items[found], nil
}

// invoices returns the invoices of a subscription in their order.
func (s *stage) invoices(ctx context.Context, subscription string) ([]v1alpha1.Invoice, error) {
	var list v1alpha1.InvoiceList
	err := s.objects.List(ctx, &list, of(subscription)...)
	slices.SortFunc(list.Items, func(a, b v1alpha1.Invoice) int { return cmp.Compare(a.Spec.Sequence, b.Spec.Sequence) })
	return list.Items, err
}

func of(subscription string) []client.ListOption {
	return []client.ListOption{client.InNamespace(namespace), client.MatchingFields{"spec.subscriptionRef.name": subscription}}
}
