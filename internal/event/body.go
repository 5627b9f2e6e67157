// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package event

import (
	"errors"
	"fmt"
	"sort"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/facts"
)

// Record is what an event is made from. The field that the type of the event needs is set: the update for
// subscription-update.*, the invoice for invoice.issued, the product for product.*, and the subscription for all others.
// Of the subscription and of the product, only the namespace, the name and the UID are used, because nothing else of
// them is certain to stay as it is.
type Record struct {
	Subscription *v1alpha1.Subscription
	Update       *v1alpha1.SubscriptionUpdate
	Invoice      *v1alpha1.Invoice
	Product      *v1alpha1.SeatProduct
}

// Body returns an event of a source, which is a subscription or a product, as a CloudEvent in JSON below [MaxBody] bytes. The same notification and record always have the
// same bytes: a list that is too long is cut, and the event says how much is missing. It is an error if the record is not
// the one that the notification refers to, or cannot tell the event because it is not finished.
func Body(n v1alpha1.Notification, source types.UID, r Record) ([]byte, error) {
	data, of, err := tell(n, source, r)
	if err != nil {
		return nil, fmt.Errorf("event %s of type %s cannot be written: %w", ID(source, n.Sequence), n.Type, err)
	}
	envelope := wrap(n, source, of)
	envelope.Data = data
	return fit(envelope)
}

// teller makes the data of an event, and says which object the event is about.
type teller func(v1alpha1.Notification, types.UID, Record) (any, about, error)

// tellers has the teller of each type.
var tellers = map[Type]teller{
	SubscriptionStarted:     tellPeriod,
	SubscriptionRenewed:     tellPeriod,
	SubscriptionTrialEnding: tellTrialEnding,
	SubscriptionCanceled:    tellCanceled,
	SubscriptionParked:      tellParked,
	UpdateScheduled:         tellWaiting,
	UpdateHeld:              tellWaiting,
	UpdateApplied:           tellApplied,
	UpdateRejected:          tellDropped,
	UpdateSuperseded:        tellDropped,
	SeatsLimitReached:       tellLimit,
	UsageSoftLimitReached:   tellLimit,
	UsageTrialLimitReached:  tellLimit,
	UsageHardLimitReached:   tellLimit,
	InvoiceIssued:           tellInvoice,
	ProductRefreshFailed:    tellRefreshFailed,
	ProductRefreshRecovered: tellRefreshRecovered,
}

func tell(n v1alpha1.Notification, source types.UID, r Record) (any, about, error) {
	tell, known := tellers[Type(n.Type)]
	switch {
	case !known:
		return nil, about{}, errors.New("this version of Seatplane does not know the type: upgrade it")
	case source == "":
		return nil, about{}, errors.New("the UID of the subscription or product is missing")
	}
	return tell(n, source, r)
}

// refers reports, as an error, that a notification refers to another object than the given one. An object that was
// deleted and created again has another UID. The notification of an invoice has no UID, because the invoice did not
// exist yet.
func refers(n v1alpha1.Notification, kind string, object metav1.Object) error {
	switch {
	case n.Ref == nil:
		return fmt.Errorf("the notification does not say which %s it is about", kind)
	case n.Ref.Kind != kind || n.Ref.Name != object.GetName(), n.Ref.UID != "" && !facts.HasUID(object, n.Ref.UID):
		return fmt.Errorf("it is about %s %q with UID %q, and %s %q with UID %q was given",
			n.Ref.Kind, n.Ref.Name, n.Ref.UID, kind, object.GetName(), facts.Identity(object))
	default:
		return nil
	}
}

// aboutSubscription returns the identity in an event about the subscription itself.
func aboutSubscription(uid types.UID, r Record) (subscriptionIdentity, about, error) {
	s := r.Subscription
	switch {
	case s == nil:
		return subscriptionIdentity{}, about{}, errors.New("the Subscription is missing")
	case facts.Identity(s) != uid:
		return subscriptionIdentity{}, about{}, fmt.Errorf("it is about the Subscription with UID %q, and %q with UID %q was given", uid, s.Name, facts.Identity(s))
	}
	identity, of := identify(s.Namespace, s.Name, uid)
	return identity, of, nil
}

// identify returns the subscription of an event, as its data and its envelope show it.
func identify(namespace, name string, uid types.UID) (subscriptionIdentity, about) {
	return subscriptionIdentity{Namespace: namespace, Name: name, UID: string(uid)},
		about{namespace: namespace, resource: "subscriptions", name: name}
}

// list is data with a list that can be cut.
type list interface {
	// length is the number of entries.
	length() int
	// first returns the data with that many entries, and with the number of those that are left out.
	first(entries int) any
}

// fit encodes an envelope whose data may have a list, with as many of its entries as there is room for.
func fit(e envelope) ([]byte, error) {
	entries, isList := e.Data.(list)
	body, err := encode(e)
	if err != nil || len(body) < MaxBody || !isList {
		return checked(body, err)
	}
	var failed error
	with := func(count int) []byte {
		e.Data = entries.first(count)
		body, err := encode(e)
		failed = errors.Join(failed, err)
		return body
	}
	// The first number of entries for which there is no room.
	tooMany := sort.Search(entries.length(), func(count int) bool { return len(with(count)) >= MaxBody })
	return checked(with(max(tooMany-1, 0)), failed)
}

// checked refuses a body that is too long after all.
func checked(body []byte, err error) ([]byte, error) {
	if err == nil && len(body) >= MaxBody {
		return nil, fmt.Errorf("the event has %d bytes, and at most %d are sent", len(body), MaxBody-1)
	}
	return body, err
}
