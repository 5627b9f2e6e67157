// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package event

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

func TestWants(t *testing.T) {
	europe := &v1alpha1.LabelSelector{MatchLabels: map[string]v1alpha1.LabelValue{"region": "eu"}}
	for name, tc := range map[string]struct {
		reason string
		types  []v1alpha1.EventType
		of     *v1alpha1.LabelSelector
		labels map[string]string
		event  Type
		want   bool
	}{
		"everything":              {"a sink without types and selector", nil, nil, nil, InvoiceIssued, true},
		"a type":                  {"written in full", []v1alpha1.EventType{"invoice.issued"}, nil, nil, InvoiceIssued, true},
		"another type":            {"not asked for", []v1alpha1.EventType{"invoice.issued"}, nil, nil, UpdateApplied, false},
		"a group":                 {"all of one subject", []v1alpha1.EventType{"subscription-update.*"}, nil, nil, UpdateHeld, true},
		"a group is not a prefix": {"subscription.* has nothing of subscription-update", []v1alpha1.EventType{"subscription.*"}, nil, nil, UpdateHeld, false},
		"a verb":                  {"all limits", []v1alpha1.EventType{"*-reached"}, nil, nil, UsageSoftLimitReached, true},
		"the second of two":       {"a list is an or", []v1alpha1.EventType{"invoice.*", "seats.*"}, nil, nil, SeatsLimitReached, true},
		"the star alone":          {"the same as no types", []v1alpha1.EventType{"*"}, nil, nil, ProductRefreshFailed, true},
		"selected":                {"the labels match", nil, europe, map[string]string{"region": "eu", "tier": "a"}, InvoiceIssued, true},
		"not selected":            {"the labels do not match", nil, europe, map[string]string{"region": "us"}, InvoiceIssued, false},
		"without labels":          {"a selector needs them", nil, europe, nil, InvoiceIssued, false},
		"selected, another type":  {"both must hold", []v1alpha1.EventType{"seats.*"}, europe, map[string]string{"region": "eu"}, InvoiceIssued, false},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Wants(&v1alpha1.EventSinkSpec{Types: tc.types, SubscriptionSelector: tc.of}, tc.labels, tc.event)
			if err != nil || got != tc.want {
				t.Errorf("%s: got %t and error %v, want %t", tc.reason, got, err, tc.want)
			}
		})
	}
	broken := &v1alpha1.LabelSelector{MatchLabels: map[string]v1alpha1.LabelValue{"-region-": "eu"}}
	if _, err := Wants(&v1alpha1.EventSinkSpec{SubscriptionSelector: broken}, nil, InvoiceIssued); err == nil || !strings.Contains(err.Error(), "subscriptionSelector") {
		t.Errorf("got %v for a selector that cannot be parsed", err)
	}
}

// A star stands for any text, as in a regular expression.
func TestMatches(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringMatching(`[ab.*]{1,6}`).Draw(t, "pattern")
		text := rapid.StringMatching(`[ab.]{0,8}`).Draw(t, "text")
		want := regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, ".*") + "$").MatchString(text)
		if got := matches(pattern, text); got != want {
			t.Errorf("%q matches %q: %t, want %t", pattern, text, got, want)
		}
	})
}
