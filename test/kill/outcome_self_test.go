// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package kill

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// Two runs come to the same although one has a step more that has no lines. They differ if a line is missing, twice, or in
// another order.
func TestOutcomesDifferByLinesAndNotBySteps(t *testing.T) {
	for name, tc := range map[string]struct {
		reason string
		keys   []string
		same   bool
	}{
		"Equal":    {reason: "nothing differs", keys: []string{"2-0", "2-1", "3-0"}, same: true},
		"OneMore":  {reason: "a superseded count was step 3", keys: []string{"2-0", "2-1", "4-0"}, same: true},
		"Missing":  {reason: "the update of step 3 has no line", keys: []string{"2-0", "2-1"}},
		"Twice":    {reason: "the line of step 3 is there again", keys: []string{"2-0", "2-1", "3-0", "4-0"}},
		"Swapped":  {reason: "what was step 2 came after step 3", keys: []string{"3-0", "3-1", "2-0"}},
		"OneStep":  {reason: "two steps became one", keys: []string{"2-0", "2-1", "2-2"}},
		"Reversed": {reason: "the lines of a step are in another order", keys: []string{"2-1", "2-0", "3-0"}},
	} {
		t.Run(name, func(t *testing.T) {
			calm, err := outcomeOf(invoiced("2-0", "2-1", "3-0"))
			if err != nil {
				t.Fatal(err)
			}
			wild, err := outcomeOf(invoiced(tc.keys...))
			if err != nil {
				t.Fatal(err)
			}
			if wrong := wild.compare(calm); (len(wrong) == 0) != tc.same {
				t.Errorf("%s: got %q", tc.reason, wrong)
			}
		})
	}
}

// invoiced is a history that ends with an invoice whose lines have these keys.
func invoiced(keys ...string) []version {
	invoice := &v1alpha1.Invoice{ObjectMeta: metav1.ObjectMeta{Name: "acme-000001"}}
	invoice.Spec.SubscriptionRef.UID = "uid"
	for _, key := range keys {
		invoice.Spec.Lines = append(invoice.Spec.Lines, v1alpha1.Line{Key: key})
	}
	return []version{{object: invoice}}
}
