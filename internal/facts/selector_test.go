// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package facts

import (
	"testing"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

func TestArchiveDefaults(t *testing.T) {
	a := &v1alpha1.Archive{}
	if Cell(a) != "default" || Schema(a) != "seatplane" {
		t.Errorf("the defaults are %q and %q", Cell(a), Schema(a))
	}
	a.Spec.Cell, a.Spec.Postgres.Schema = "eu-1", "books"
	if Cell(a) != "eu-1" || Schema(a) != "books" {
		t.Errorf("what is written is %q and %q", Cell(a), Schema(a))
	}
}

func TestSelector(t *testing.T) {
	cases := map[string]struct {
		reason  string
		written *v1alpha1.LabelSelector
		labels  labels.Set
		want    bool
		wrong   bool
	}{
		"None":       {reason: "no selector selects everything", want: true},
		"Empty":      {reason: "an empty one too", written: &v1alpha1.LabelSelector{}, want: true},
		"Value":      {reason: "the label has the value", written: &v1alpha1.LabelSelector{MatchLabels: map[string]v1alpha1.LabelValue{"tier": "paid"}}, labels: labels.Set{"tier": "paid"}, want: true},
		"OtherValue": {reason: "the label has another value", written: &v1alpha1.LabelSelector{MatchLabels: map[string]v1alpha1.LabelValue{"tier": "paid"}}, labels: labels.Set{"tier": "free"}},
		"Expression": {reason: "requirements count too", written: &v1alpha1.LabelSelector{MatchExpressions: []v1alpha1.LabelSelectorRequirement{{Key: "tier", Operator: v1alpha1.SelectorIn, Values: []v1alpha1.LabelValue{"paid", "trial"}}}}, labels: labels.Set{"tier": "trial"}, want: true},
		"BadKey":     {reason: "there is no such label", written: &v1alpha1.LabelSelector{MatchLabels: map[string]v1alpha1.LabelValue{"a b": "c"}}, wrong: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			selector, err := Selector(tc.written)
			if (err != nil) != tc.wrong {
				t.Fatalf("%s: got the error %v", tc.reason, err)
			}
			if err == nil && selector.Matches(tc.labels) != tc.want {
				t.Errorf("%s: got %v, want %v", tc.reason, !tc.want, tc.want)
			}
		})
	}
}
