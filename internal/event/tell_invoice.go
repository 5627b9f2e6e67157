// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package event

import (
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/facts"
)

// maxAttributes bounds the attributes of a customer in a body, in bytes of JSON, so that there is room for lines too.
const maxAttributes = 4000

// tellInvoice tells the event about a document, whose spec never changes.
func tellInvoice(n v1alpha1.Notification, uid types.UID, r Record) (any, about, error) {
	i := r.Invoice
	if i == nil {
		return nil, about{}, errors.New("the Invoice is missing")
	}
	if err := refers(n, "Invoice", i); err != nil {
		return nil, about{}, err
	}
	if i.Spec.SubscriptionRef.UID != uid {
		return nil, about{}, fmt.Errorf("the Invoice %q is for another subscription, with UID %q", i.Name, i.Spec.SubscriptionRef.UID)
	}
	identity, of := identify(i.Namespace, i.Spec.SubscriptionRef.Name, uid)
	data := invoiceData{
		Subscription: identity,
		Invoice: invoiceIdentity{
			Name: i.Name, UID: string(facts.Identity(i)), Type: snake(i.Spec.Type), Reason: snake(i.Spec.Reason),
			Number: i.Spec.Sequence, Previous: i.Spec.Previous,
		},
		Customer:           customerOf(i.Spec.Customer),
		IssueTime:          instantOf(i.Spec.IssueTime),
		PeriodStart:        optionalInstant(i.Spec.PeriodStart),
		PeriodEnd:          optionalInstant(i.Spec.PeriodEnd),
		Currency:           string(i.Spec.Currency),
		Subtotal:           decimal(i.Spec.Subtotal),
		CreditApplied:      decimal(i.Spec.CreditApplied),
		AmountDue:          decimal(i.Spec.AmountDue),
		CreditBalanceAfter: decimal(i.Spec.CreditBalanceAfter),
		Lines:              make([]line, 0, len(i.Spec.Lines)),
	}
	for n := range i.Spec.Lines {
		data.Lines = append(data.Lines, lineOf(&i.Spec.Lines[n]))
	}
	return data, of, nil
}

func customerOf(c v1alpha1.Customer) customer {
	written := customer{ID: c.ID, DisplayName: cut(c.DisplayName, maxID), Email: c.Email}
	size := 0
	for n, each := range c.Attributes {
		size += inJSON(each.Name) + inJSON(each.Value)
		if size > maxAttributes {
			written.AttributesOmitted = len(c.Attributes) - n
			break
		}
		written.Attributes = append(written.Attributes, attribute{Name: each.Name, Value: each.Value})
	}
	return written
}

func lineOf(l *v1alpha1.Line) line {
	return line{
		Key: l.Key, Item: l.Item, Product: l.Product, Plan: l.Plan, Kind: snake(l.Kind), Description: l.Description,
		Quantity: l.Quantity, From: optionalInstant(l.From), To: optionalInstant(l.To), Amount: decimal(l.Amount), Update: l.Update,
	}
}

func (d invoiceData) length() int { return len(d.Lines) }

func (d invoiceData) first(entries int) any {
	d.LinesOmitted = len(d.Lines) - entries
	d.Lines = d.Lines[:entries]
	return d
}
