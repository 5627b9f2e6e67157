// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package event

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/facts"
)

// Wants reports whether a sink asks for events of a type about a subscription with the given labels. A sink without
// types wants all of them, and one without a selector wants those of every subscription. The error is a sentence about
// a selector that cannot be parsed.
func Wants(spec *v1alpha1.EventSinkSpec, subscription map[string]string, t Type) (bool, error) {
	selector, err := facts.Selector(spec.SubscriptionSelector)
	if err != nil {
		return false, fmt.Errorf("subscriptionSelector cannot be read: %w", err)
	}
	return wantsType(spec.Types, t) && selector.Matches(labels.Set(subscription)), nil
}

func wantsType(patterns []v1alpha1.EventType, t Type) bool {
	for _, pattern := range patterns {
		if matches(string(pattern), string(t)) {
			return true
		}
	}
	return len(patterns) == 0
}

// matches reports whether a text is what a pattern describes, in which each * stands for any text, even none.
func matches(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	first, last := parts[0], parts[len(parts)-1]
	if len(parts) == 1 {
		return pattern == text
	}
	if !strings.HasPrefix(text, first) {
		return false
	}
	text = text[len(first):]
	for _, part := range parts[1 : len(parts)-1] {
		_, after, found := strings.Cut(text, part)
		if !found {
			return false
		}
		text = after
	}
	return strings.HasSuffix(text, last)
}
