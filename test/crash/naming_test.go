// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/record"
)

// naming turns what hangs on UIDs, which differ from run to run, into words that do not. A name that
// does not follow from the design's keys stays as it is, and then differs from the undisturbed run's.
type naming struct{ replacer *strings.Replacer }

// newNaming learns the names of all objects that were ever seen in a namespace.
func newNaming(namespace string, history []sighting) *naming {
	objects := firstSightings(history)
	names := map[string]string{}
	subscriptions, successors := map[types.UID]string{}, map[string]int{}
	for _, object := range objects {
		if kindOf(object) == "Subscription" {
			name := object.GetName()
			subscriptions[object.GetUID()] = name + strings.Repeat(again, successors[name])
			successors[name]++
		}
	}
	for _, object := range objects {
		if symbol := symbolOf(object, objects, subscriptions); symbol != "" {
			names[object.GetName()] = symbol
		}
	}
	pairs := []string{namespace, "NS"}
	times := map[string]int{}
	for _, object := range objects {
		name := object.GetName()
		if symbol, ok := names[name]; ok {
			name = symbol
		}
		// The second object of a name is another object.
		what := "uid(" + kindOf(object) + " " + name + ")"
		times[what]++
		pairs = append(pairs, string(object.GetUID()), fmt.Sprintf("%s#%d", what, times[what]))
	}
	for name, symbol := range names {
		pairs = append(pairs, name, symbol)
	}
	return &naming{strings.NewReplacer(longestFirst(pairs)...)}
}

// again marks the successor of a subscription under its name.
const again = "'"

// longestFirst orders pairs so that no name is replaced inside a longer one.
func longestFirst(pairs []string) []string {
	var grouped [][2]string
	for i := 0; i < len(pairs); i += 2 {
		grouped = append(grouped, [2]string{pairs[i], pairs[i+1]})
	}
	slices.SortFunc(grouped, func(a, b [2]string) int { return len(b[0]) - len(a[0]) })
	var sorted []string
	for _, pair := range grouped {
		sorted = append(sorted, pair[0], pair[1])
	}
	return sorted
}

// firstSightings returns the first version of each object, in the order of creation.
func firstSightings(history []sighting) []client.Object {
	known := map[types.UID]bool{}
	var objects []client.Object
	for _, s := range history {
		if !known[s.object.GetUID()] {
			known[s.object.GetUID()] = true
			objects = append(objects, s.object)
		}
	}
	slices.SortStableFunc(objects, func(a, b client.Object) int { return int(version(a) - version(b)) })
	return objects
}

// symbolOf says in words what an object's name stands for; "" when it is no name that the operator
// derives.
func symbolOf(object client.Object, all []client.Object, subscriptions map[types.UID]string) string {
	switch o := object.(type) {
	case *v1alpha1.Invoice:
		ref := o.Spec.SubscriptionRef
		if record.InvoiceName(ref.Name, string(ref.UID), o.Spec.Sequence) == o.Name && subscriptions[ref.UID] != "" {
			return fmt.Sprintf("(%s invoice %d)", subscriptions[ref.UID], o.Spec.Sequence)
		}
	case *v1alpha1.SubscriptionUpdate:
		if o.Spec.Cause == nil {
			return ""
		}
		if o.Spec.Cause.Type == v1alpha1.CauseSpec {
			return symbolOfEdit(o, subscriptions[o.Spec.SubscriptionRef.UID])
		}
		return symbolOfRefresh(o, all, subscriptions[o.Spec.SubscriptionRef.UID])
	}
	return ""
}

func symbolOfEdit(u *v1alpha1.SubscriptionUpdate, subscription string) string {
	ref, cause := u.Spec.SubscriptionRef, u.Spec.Cause
	if cause.Generation == nil || record.SpecUpdateName(ref.Name, string(ref.UID), *cause.Generation, cause.Item) != u.Name {
		return ""
	}
	return fmt.Sprintf("(%s edit %d of %s)", subscription, *cause.Generation, cause.Item)
}

// symbolOfRefresh tries every observation time that the count last applied can have had: the record
// does not name it.
func symbolOfRefresh(u *v1alpha1.SubscriptionUpdate, all []client.Object, subscription string) string {
	ref, cause := u.Spec.SubscriptionRef, u.Spec.Cause
	candidates := []time.Time{{}}
	for _, object := range all {
		if other, ok := object.(*v1alpha1.SubscriptionUpdate); ok && other.Spec.Cause != nil {
			candidates = append(candidates, record.Instant(other.Spec.Cause.ObservedTime))
		}
	}
	for _, last := range candidates {
		if record.RefreshUpdateName(ref.Name, string(ref.UID), string(cause.Item), cause.Token, last) == u.Name {
			return fmt.Sprintf("(%s refresh %q of %s after %d)", subscription, cause.Token, cause.Item, last.Unix())
		}
	}
	return ""
}

// incidental are the fields that say how a run came to its end: the wall clock's time, the API server's
// own bookkeeping, numbers that hang on the order of two events of one instant (line keys; that they are
// unique is judged apart).
var incidental = map[string]bool{
	"creationTimestamp": true, "deletionTimestamp": true, "lastTransitionTime": true, "loadedTime": true,
	"catchUpTime": true, "updatedTime": true, "writtenTime": true, "nextRetryTime": true,
	"durationMillis": true, "resourceVersion": true, "managedFields": true,
	"key": true,
	// How many counts the refresh found changed: one that is repeated after a crash finds those that it
	// has recorded already unchanged.
	"changed": true,
	// How many of them wait for approval: a refresh knows that of those only that were there before.
	"held": true,
	// What is in place stays in the outbox until the next write, whatever that is about. That nothing is
	// owed at rest is judged apart.
	"outbox": true,
}

// describe writes an object down as it is the same in every run that went well.
func (n *naming) describe(object client.Object) (string, error) {
	raw, err := json.Marshal(object)
	if err != nil {
		return "", err
	}
	var tree any
	if err := json.Unmarshal(raw, &tree); err != nil {
		return "", err
	}
	text, err := json.MarshalIndent(n.clean(tree), "", "  ")
	return string(text), err
}

// clean takes out what may differ, and puts lists that have no order of their own in one.
func (n *naming) clean(tree any) any {
	switch node := tree.(type) {
	case string:
		return n.replacer.Replace(node)
	case []any:
		for i := range node {
			node[i] = n.clean(node[i])
		}
		return node
	case map[string]any:
		for field, value := range node {
			if incidental[field] {
				delete(node, field)
				continue
			}
			node[field] = n.clean(value)
			if unordered[field] {
				sortList(node[field])
			}
		}
		return node
	default:
		return node
	}
}

// unordered are the lists whose order says nothing, or hangs on the order of two updates of one instant.
var unordered = map[string]bool{"conditions": true, "lines": true, "deferred": true}

func sortList(value any) {
	list, ok := value.([]any)
	if !ok {
		return
	}
	slices.SortFunc(list, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
}

// nameOf names an object in reports.
func (n *naming) nameOf(object client.Object) string {
	return kindOf(object) + " " + n.replacer.Replace(object.GetName())
}

// write names a write as it is called in every run.
func (n *naming) write(text string) string { return n.replacer.Replace(text) }
