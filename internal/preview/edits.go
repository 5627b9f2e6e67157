// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package preview

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
)

// maxEdits bounds how many edits of one object are listed.
const maxEdits = 20

// withoutMoney are fields of a spec that never change an amount.
var withoutMoney = []string{"spec.displayName", "spec.dataLoader.", "spec.refresh.schedule", "spec.refresh.every", "spec.refresh.timeZone"}

// loaderPath is the path of the data loader. Of a data loader, only its presence affects amounts.
const loaderPath = "spec.dataLoader"

// specEdits describes the fields of the spec that differ between two objects of one kind, if they can change an
// amount, in the order of their paths.
func specEdits(before, after any) []string {
	a, errA := runtime.DefaultUnstructuredConverter.ToUnstructured(before)
	b, errB := runtime.DefaultUnstructuredConverter.ToUnstructured(after)
	if errA != nil || errB != nil {
		return []string{"spec"}
	}
	was, is := map[string]string{}, map[string]string{}
	flatten("spec", a["spec"], was)
	flatten("spec", b["spec"], is)
	paths := slices.Concat(slices.Collect(maps.Keys(was)), slices.Collect(maps.Keys(is)))
	slices.Sort(paths)
	var edits []string
	for _, path := range slices.Compact(paths) {
		old, had := was[path]
		now, has := is[path]
		switch {
		case old == now && had == has, isWithoutMoney(path):
		case !had:
			edits = append(edits, fmt.Sprintf("%s: %s, was not set", path, now))
		case !has:
			edits = append(edits, fmt.Sprintf("%s: removed, was %s", path, old))
		default:
			edits = append(edits, fmt.Sprintf("%s: %s → %s", path, old, now))
		}
	}
	if len(edits) > maxEdits {
		edits = append(edits[:maxEdits], fmt.Sprintf("and %d more", len(edits)-maxEdits))
	}
	return edits
}

func isWithoutMoney(path string) bool {
	return slices.ContainsFunc(withoutMoney, func(prefix string) bool { return strings.HasPrefix(path, prefix) })
}

// flatten lists every value with its path. Entries of a list are identified by their names, if they have names.
func flatten(path string, value any, into map[string]string) {
	switch value := value.(type) {
	case map[string]any:
		if path == loaderPath {
			into[path] = "set"
		}
		for key, v := range value {
			flatten(path+"."+key, v, into)
		}
	case []any:
		for i, v := range value {
			key := fmt.Sprint(i)
			if entry, ok := v.(map[string]any); ok && entry["name"] != nil {
				key = fmt.Sprint(entry["name"])
			}
			flatten(fmt.Sprintf("%s[%s]", path, key), v, into)
		}
	case nil:
	default:
		into[path] = fmt.Sprint(value)
	}
}
