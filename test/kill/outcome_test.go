// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package kill

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// outcome is what a history comes to, without what differs from run to run: UIDs, the names that follow from them, the wall
// clock, and how many steps without an amount there were.
type outcome map[string]string

// outcomeOf describes the last version of each record. One that was deleted has one too.
func outcomeOf(history []version) (outcome, error) {
	names, records := map[string]string{}, map[string]any{}
	ranks := ranksOf(history)
	for _, v := range history {
		switch object := v.object.(type) {
		case *v1alpha1.Subscription:
			names[string(object.UID)] = "uid-of-" + object.Spec.Customer.ID
		case *v1alpha1.Invoice:
			name := fmt.Sprintf("invoice-%d-of-%s", object.Spec.Sequence, object.Spec.Customer.ID)
			names[object.Name] = name
			object = object.DeepCopy()
			ranks.rekey(object.Spec.SubscriptionRef.UID, object.Spec.Lines)
			records[name] = object.Spec
		case *v1alpha1.SubscriptionUpdate:
			name := nameOf(object, names)
			names[object.Name] = name
			// How often a source was asked, and what came of each try, is not the same.
			if object.Spec.Cause == nil || object.Status.State == v1alpha1.UpdateApplied {
				object = object.DeepCopy()
				ranks.rekey(object.Spec.SubscriptionRef.UID, object.Status.Lines)
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

// ranks are the steps of each subscription that have lines, in order. A line's key begins with the number of its step. A
// count that a newer one superseded is a step too, and whether there is one depends on how often a source was asked.
type ranks map[types.UID][]int

func ranksOf(history []version) ranks {
	found := ranks{}
	note := func(uid types.UID, lines []v1alpha1.Line) {
		for i := range lines {
			if step, _, hasStep := stepOf(lines[i].Key); hasStep && !slices.Contains(found[uid], step) {
				found[uid] = append(found[uid], step)
			}
		}
	}
	for _, v := range history {
		switch object := v.object.(type) {
		case *v1alpha1.Invoice:
			note(object.Spec.SubscriptionRef.UID, object.Spec.Lines)
		case *v1alpha1.SubscriptionUpdate:
			note(object.Spec.SubscriptionRef.UID, object.Status.Lines)
		}
	}
	for _, steps := range found {
		slices.Sort(steps)
	}
	return found
}

// stepOf reads the number of the step from the key of a line.
func stepOf(key string) (step int, rest string, hasStep bool) {
	number, rest, isCut := strings.Cut(key, "-")
	step, err := strconv.Atoi(number)
	return step, rest, isCut && err == nil
}

// rekey counts only steps with lines in the keys of lines.
func (r ranks) rekey(uid types.UID, lines []v1alpha1.Line) {
	for i := range lines {
		if step, rest, hasStep := stepOf(lines[i].Key); hasStep {
			lines[i].Key = fmt.Sprintf("%d-%s", slices.Index(r[uid], step), rest)
		}
	}
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
