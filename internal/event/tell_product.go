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

// aboutProduct returns which product an event is about.
func aboutProduct(uid types.UID, r Record) (productIdentity, about, error) {
	p := r.Product
	switch {
	case p == nil:
		return productIdentity{}, about{}, errors.New("the SeatProduct is missing")
	case facts.Identity(p) != uid:
		return productIdentity{}, about{}, fmt.Errorf("it is about the SeatProduct with UID %q, and %q with UID %q was given", uid, p.Name, facts.Identity(p))
	}
	return productIdentity{Namespace: p.Namespace, Name: p.Name, UID: string(uid)},
		about{namespace: p.Namespace, resource: "seatproducts", name: p.Name}, nil
}

func tellRefreshFailed(n v1alpha1.Notification, uid types.UID, r Record) (any, about, error) {
	identity, of, err := aboutProduct(uid, r)
	switch {
	case err != nil:
		return nil, of, err
	case n.Reason == "":
		return nil, of, errors.New("the notification does not say why the refresh failed")
	}
	return refreshFailedData{Product: identity, Cause: n.Reason, Message: cut(n.Message, maxMessage)}, of, nil
}

func tellRefreshRecovered(_ v1alpha1.Notification, uid types.UID, r Record) (any, about, error) {
	identity, of, err := aboutProduct(uid, r)
	return refreshRecoveredData{Product: identity}, of, err
}
