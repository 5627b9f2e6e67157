// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package kill

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// outcome is what a history comes to, without what differs from run to run: UIDs, the names that follow from them, and
// the wall clock.
type outcome map[string]string

// outcomeOf describes the last version of each record. One that was deleted has one too.
func outcomeOf(history []version) (outcome, error) {
	names := map[string]string{}
	records := map[string]any{}
	for _, v := range history {
		switch object := v.object.(type) {
		case *v1alpha1.Subscription:
			names[string(object.UID)] = "uid-of-" + object.Spec.Customer.ID
		case *v1alpha1.Invoice:
			name := fmt.Sprintf("invoice-%d-of-%s", object.Spec.Sequence, object.Spec.Customer.ID)
			names[object.Name] = name
			records[name] = object.Spec
		case *v1alpha1.SubscriptionUpdate:
			name := nameOf(object, names)
			names[object.Name] = name
			// How often a source was asked, and what came of each try, is not the same.
			if object.Spec.Cause == nil || object.Status.State == v1alpha1.UpdateApplied {
				records[name] = recordOf(object)
			}
		}
	}
	var pairs []string
	for from, to := range names {
		pairs = append(pairs, `"`+from+`"`, `"`+to+`"`)
	}
	replacer := strings.NewReplacer(pairs...)
	found := outcome{}
	for name, record := range records {
		text, err := json.MarshalIndent(record, "", " ")
		if err != nil {
			return nil, err
		}
		found[name] = replacer.Replace(string(text))
	}
	return found, nil
}

// nameOf names an update of the operator's after its cause.
func nameOf(u *v1alpha1.SubscriptionUpdate, names map[string]string) string {
	cause := u.Spec.Cause
	if cause == nil {
		return u.Name
	}
	var generation int64
	if cause.Generation != nil {
		generation = *cause.Generation
	}
	return fmt.Sprintf("%s of %s, item %q, generation %d, observed %s, of %s", cause.Type, u.Spec.SubscriptionRef.Name, cause.Item, generation,
		cause.ObservedTime, names[string(u.Spec.SubscriptionRef.UID)])
}

// recordOf is what an update says of money. How it waited, and when by the wall clock, is not.
func recordOf(u *v1alpha1.SubscriptionUpdate) any {
	status := u.Status.DeepCopy()
	for i := range status.Changes {
		status.Changes[i].NextRefreshTime = nil // known or not, depending on which object was written first
	}
	return struct {
		State      v1alpha1.UpdateState
		Applied    any
		Effective  any
		Lines      []v1alpha1.Line
		Changes    []v1alpha1.ItemChange
		Adjustment v1alpha1.Amount
	}{status.State, status.AppliedTime, status.EffectiveTime, status.Lines, status.Changes, status.AdjustmentAmount}
}

// compare returns what differs from the run without faults.
func (o outcome) compare(calm outcome) (wrong []string) {
	for _, name := range slices.Sorted(maps.Keys(calm)) {
		if diff := cmp.Diff(calm[name], o[name]); diff != "" {
			wrong = append(wrong, fmt.Sprintf("%s (-without faults +with faults):\n%s", name, diff))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(o)) {
		if _, expected := calm[name]; !expected {
			wrong = append(wrong, name+" is there with faults only:\n"+o[name])
		}
	}
	return wrong
}
