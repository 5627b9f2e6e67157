// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package eventsink

import (
	"strings"

	"k8s.io/apimachinery/pkg/types"
)

// A pair is a sink and a source of events: a subscription, a product, or the object that keeps the events of a deleted
// subscription. The work queue knows pairs as names of the form "sink/subscription", "sink/=product" and "sink/@object": no
// name of an object has a slash, a = or an @.
type pair struct{ namespace, sink, subscription, product, departed string }

func ofSubscription(namespace, sink, subscription string) types.NamespacedName {
	return types.NamespacedName{Namespace: namespace, Name: sink + "/" + subscription}
}

func ofProduct(namespace, sink, product string) types.NamespacedName {
	return types.NamespacedName{Namespace: namespace, Name: sink + "/=" + product}
}

func ofDeparted(namespace, sink, object string) types.NamespacedName {
	return types.NamespacedName{Namespace: namespace, Name: sink + "/@" + object}
}

// parsePair reads a pair. It returns false for any other name.
func parsePair(name types.NamespacedName) (pair, bool) {
	sink, other, found := strings.Cut(name.Name, "/")
	p := pair{namespace: name.Namespace, sink: sink}
	switch {
	case strings.HasPrefix(other, "@"):
		p.departed = other[1:]
	case strings.HasPrefix(other, "="):
		p.product = other[1:]
	default:
		p.subscription = other
	}
	return p, found && sink != "" && p.departed+p.product+p.subscription != ""
}
