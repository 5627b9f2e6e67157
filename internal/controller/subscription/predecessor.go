// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"context"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/assembly"
	"github.com/seatplane/seatplane/internal/billing/subscription"
	"github.com/seatplane/seatplane/internal/index"
	"github.com/seatplane/seatplane/internal/record"
)

// invoicePage bounds how many invoices one page of a live list contains.
const invoicePage = 500

// gatherEarlier looks, before the start, for invoices of an earlier subscription with this name and customer: a
// manifest that was pruned and applied again must not charge twice (billing.md#14-start-and-end).
func (r *Reconciler) gatherEarlier(ctx context.Context, w *world, reader client.Reader) ([]v1alpha1.Invoice, error) {
	if !assembly.LooksBack(w.state) {
		return nil, nil
	}
	options := &client.ListOptions{Namespace: w.sub.Namespace}
	client.MatchingFields{index.FieldSubscription: w.sub.Name}.ApplyToList(options)
	paged := reader != client.Reader(r.Client)
	if paged {
		options.Limit = invoicePage
	}
	var earlier []v1alpha1.Invoice
	for {
		var list v1alpha1.InvoiceList
		if err := reader.List(ctx, &list, options); err != nil {
			return nil, fmt.Errorf("list Invoices: %w", err)
		}
		for i := range list.Items {
			if assembly.PrecededBy(w.sub, &list.Items[i]) {
				earlier = append(earlier, list.Items[i])
			}
		}
		if !paged && len(earlier) > 0 {
			// The cache keeps no lines, and they contain the end of the time that was charged.
			return r.gatherEarlier(ctx, w, r.Live)
		}
		// The cache returns the whole list. It cannot continue a list, although its answer has a
		// continue token.
		if !paged || list.Continue == "" {
			return earlier, nil
		}
		options.Continue = list.Continue
	}
}

// confirmStart looks for the predecessor live before an outcome that starts the subscription is committed, and reports
// whether it found another one than the cache. The cache may lack an invoice that was created moments ago, and a start
// decided by what is missing there would charge the same period twice.
//
// It is one list in the life of a subscription, and its cost does not grow with the invoices of the namespace:
// spec.subscriptionRef.name is a selectable field, so only the invoices of subscriptions with this name are sent, in
// pages. A list without a resourceVersion is as recent as etcd. The API server answers it from its watch cache, filters
// there in memory, and asks etcd only for the current revision.
func (r *Reconciler) confirmStart(ctx context.Context, w *world, outcome subscription.Outcome) (changed bool, err error) {
	if w.startConfirmed || !w.begins(outcome) {
		return false, nil
	}
	earlier, err := r.gatherEarlier(ctx, w, r.Live)
	if err != nil {
		return false, err
	}
	cached := w.input.Predecessor
	w.input.Predecessor = record.Predecessor(earlier)
	w.startConfirmed = true
	return w.input.Predecessor != cached, r.gatherOlder(ctx, w)
}
