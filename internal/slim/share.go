// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package slim

import (
	"unique"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// share lets subscriptions share the memory of equal texts: the names of items, products and plans, prices, and the
// texts of conditions. It changes no value.
func share(s *v1alpha1.Subscription) {
	once(&s.APIVersion)
	once(&s.Kind)
	once(&s.Namespace)
	for i := range s.Finalizers {
		once(&s.Finalizers[i])
	}
	for i := range s.Spec.Items {
		item := &s.Spec.Items[i]
		once(&item.Name)
		once(&item.ProductRef.Name)
		once(&item.Plan)
	}
	once(&s.Status.State)
	once(&s.Status.Currency)
	once(&s.Status.RecurringAmount)
	once(&s.Status.CreditBalance)
	for i := range s.Status.Items {
		shareItem(&s.Status.Items[i])
	}
	for i := range s.Status.Conditions {
		condition := &s.Status.Conditions[i]
		once(&condition.Type)
		once(&condition.Status)
		once(&condition.Reason)
		once(&condition.Message)
	}
}

func shareItem(item *v1alpha1.SubscriptionItemStatus) {
	once(&item.Name)
	once(&item.Product)
	once(&item.Plan)
	once(&item.Source)
	once(&item.Charge)
	once(&item.Usage)
	once(&item.ReferenceTotal)
	once(&item.ChargedTotal)
	once(&item.Remainder)
	if item.CapturedPrice != nil {
		once(&item.CapturedPrice.Model)
		once(&item.CapturedPrice.UnitAmount)
	}
}

// once replaces a text by an equal one that others use too. A text that is no longer used is freed.
func once[T ~string](text *T) {
	*text = T(unique.Make(string(*text)).Value())
}
