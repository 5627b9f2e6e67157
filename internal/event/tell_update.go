// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package event

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/facts"
)

const (
	// maxReason, maxMessage and maxID bound texts of a body, in bytes of JSON.
	maxReason, maxMessage, maxID = 1000, 4000, 1000
)

// aboutUpdate returns the subscription and the update of an event about an update.
func aboutUpdate(n v1alpha1.Notification, uid types.UID, r Record) (subscriptionIdentity, updateIdentity, about, error) {
	u := r.Update
	if u == nil {
		return subscriptionIdentity{}, updateIdentity{}, about{}, errors.New("the SubscriptionUpdate is missing")
	}
	if err := refers(n, "SubscriptionUpdate", u); err != nil {
		return subscriptionIdentity{}, updateIdentity{}, about{}, err
	}
	identity, of := identify(u.Namespace, u.Spec.SubscriptionRef.Name, uid)
	update := updateIdentity{
		Name: u.Name, UID: string(facts.Identity(u)), Origin: snake(facts.Origin(u)),
		Summary: cut(n.Summary, maxReason), Reason: cut(u.Spec.Reason, maxReason),
	}
	return identity, update, of, nil
}

// finished returns an error unless an update has ended as the type of an event says, for the subscription that it is
// about. What a finished update says does not change any more.
func finished(n v1alpha1.Notification, uid types.UID, u *v1alpha1.SubscriptionUpdate) error {
	ends := map[Type]v1alpha1.UpdateState{
		UpdateApplied: v1alpha1.UpdateApplied, UpdateRejected: v1alpha1.UpdateRejected, UpdateSuperseded: v1alpha1.UpdateSuperseded,
	}
	switch want := ends[Type(n.Type)]; {
	case u.Status.State != want:
		return fmt.Errorf("the state of SubscriptionUpdate %q is %q and not %s", u.Name, u.Status.State, want)
	case u.Status.SubscriptionUID != uid:
		return fmt.Errorf("SubscriptionUpdate %q belongs to another subscription, with UID %q", u.Name, u.Status.SubscriptionUID)
	default:
		return nil
	}
}

func requestOf(u *v1alpha1.SubscriptionUpdate) requestedChange {
	if u.Spec.ChangeItems != nil {
		return requestedChange{Items: len(u.Spec.ChangeItems.Items)}
	}
	if s := u.Spec.Seats; s != nil {
		return requestedChange{Item: s.Item, Increment: s.Increment, Decrement: s.Decrement, Count: s.Count}
	}
	return requestedChange{}
}

// tellWaiting tells an event about an update that is not finished. Its status still changes, so only its spec and the
// notification count.
func tellWaiting(n v1alpha1.Notification, uid types.UID, r Record) (any, about, error) {
	identity, update, of, err := aboutUpdate(n, uid, r)
	if err != nil {
		return nil, of, err
	}
	return waitingData{Subscription: identity, Update: update, Requested: requestOf(r.Update), ApplyAt: optionalInstant(n.ApplyAt)}, of, nil
}

// tellDropped tells an event about an update that ended without taking effect.
func tellDropped(n v1alpha1.Notification, uid types.UID, r Record) (any, about, error) {
	identity, update, of, err := aboutUpdate(n, uid, r)
	if err != nil {
		return nil, of, err
	}
	if err := finished(n, uid, r.Update); err != nil {
		return nil, of, err
	}
	update.Summary = cut(r.Update.Status.Summary, maxReason)
	applied := meta.FindStatusCondition(r.Update.Status.Conditions, v1alpha1.ConditionApplied)
	if applied == nil {
		return nil, of, fmt.Errorf("SubscriptionUpdate %q has no condition Applied", r.Update.Name)
	}
	return droppedData{
		Subscription: identity, Update: update, Requested: requestOf(r.Update),
		Cause: applied.Reason, Message: cut(applied.Message, maxMessage),
	}, of, nil
}

// tellApplied tells an event about an update that took effect.
func tellApplied(n v1alpha1.Notification, uid types.UID, r Record) (any, about, error) {
	identity, update, of, err := aboutUpdate(n, uid, r)
	if err != nil {
		return nil, of, err
	}
	if err := finished(n, uid, r.Update); err != nil {
		return nil, of, err
	}
	st := &r.Update.Status
	update.Summary = cut(st.Summary, maxReason)
	data := appliedData{
		Subscription: identity, Update: update,
		AppliedTime: optionalInstant(st.AppliedTime), EffectiveTime: optionalInstant(st.EffectiveTime),
		Currency: string(st.Currency), AdjustmentAmount: optionalDecimal(st.AdjustmentAmount), Invoice: st.Invoice,
		Changes: make([]change, 0, len(st.Changes)),
	}
	for i := range st.Changes {
		each, err := changeOf(r.Update, &st.Changes[i])
		if err != nil {
			return nil, of, err
		}
		data.Changes = append(data.Changes, each)
	}
	return data, of, nil
}

func changeOf(u *v1alpha1.SubscriptionUpdate, c *v1alpha1.ItemChange) (change, error) {
	st := &u.Status
	number, err := optionalNumber(c.AdjustmentAmount)
	if err != nil {
		return change{}, err
	}
	each := change{
		ID:                      string(facts.Identity(u)),
		ApplicationSchedule:     snake(st.ApplicationSchedule),
		ApplyAt:                 cmp.Or(optionalInstant(st.ApplyAt), optionalInstant(st.AppliedTime)),
		PaymentSchedule:         snake(st.PaymentSchedule),
		CalculationMethod:       snake(st.CalculationMethod),
		AdjustmentAmount:        number,
		AdjustmentAmountDecimal: optionalDecimal(c.AdjustmentAmount),
		SubscriptionID:          external(st.SubscriptionExternalRef, u.Spec.SubscriptionRef.Name),
		ProductID:               external(c.ProductExternalRef, c.Product),
		PreviousCount:           c.PreviousCount,
		NewCount:                c.NewCount,
		Item:                    c.Item,
		Product:                 c.Product,
		PreviousPlan:            c.PreviousPlan,
		NewPlan:                 c.NewPlan,
	}
	if next := optionalInstant(c.NextRefreshTime); next != "" {
		each.NextRefreshDate = &next
	}
	return each, nil
}

// external returns the ID of an object in another system, or the object's name. An ID that takes up too much room for an
// event is not cut, because a part of an ID is another ID.
func external(ref, name string) string {
	if ref == "" || inJSON(ref) > maxID {
		return name
	}
	return ref
}

func optionalDecimal(a v1alpha1.Amount) *decimal {
	if a == "" {
		return nil
	}
	return new(decimal(a))
}

// optionalNumber returns an amount as a JSON number, with all its digits.
func optionalNumber(a v1alpha1.Amount) (*json.Number, error) {
	if a == "" {
		return nil, nil
	}
	parsed, err := money.ParseDecimal(string(a))
	if err != nil {
		return nil, err
	}
	return new(json.Number(parsed.String())), nil
}

// snake writes a name such as NextPeriod as the reference API does: next_period.
func snake[T ~string](name T) string {
	var written strings.Builder
	for at, letter := range string(name) {
		if unicode.IsUpper(letter) && at > 0 {
			written.WriteByte('_')
		}
		written.WriteRune(unicode.ToLower(letter))
	}
	return written.String()
}

func (d appliedData) length() int { return len(d.Changes) }

func (d appliedData) first(entries int) any {
	d.ChangesOmitted = len(d.Changes) - entries
	d.Changes = d.Changes[:entries]
	return d
}
