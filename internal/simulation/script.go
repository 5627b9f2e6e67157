// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/yaml"

	"github.com/seatplane/seatplane/internal/manifests"
)

// Script is what happens in addition to events that fall due by themselves, in order of time.
type Script struct {
	Happenings []Happening
	// Ignored counts the manifests of other kinds.
	Ignored int
}

// Happening is what happens at one instant. Events that fall due at that instant come after Counts and before Apply.
type Happening struct {
	// Place is its position in the script, for messages.
	Place string
	// At is the instant, on the clock of each subscription that it concerns.
	At time.Time
	// Counts are the answers of data sources from then on, by subscription and item. They are never negative.
	Counts map[types.NamespacedName]map[string]int64
	// Apply are manifests, applied one after another.
	Apply []manifests.Document
}

// scriptFile is the file format of a script.
type scriptFile struct {
	Steps []scriptStep `json:"steps"`
}

type scriptStep struct {
	At     string                      `json:"at"`
	Counts map[string]map[string]int64 `json:"counts,omitempty"`
	Apply  []json.RawMessage           `json:"apply,omitempty"`
}

// ParseInstant parses an instant in RFC 3339, or a date, which stands for its midnight in UTC.
func ParseInstant(text string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC().Truncate(time.Second), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a date: use a value such as 2027-01-31 or 2027-01-31T09:30:00Z", text)
}

// ParseScript parses a script. name identifies it in messages, and namespace is the default namespace. The error explains
// in one sentence which step is wrong.
func ParseScript(ctx context.Context, schemas *manifests.Schemas, name string, text []byte, namespace string) (Script, error) {
	var file scriptFile
	if !manifests.IsOneDocument(text) {
		return Script{}, fmt.Errorf("%s is not a script: it has several YAML documents: write all steps in one", name)
	}
	if err := yaml.UnmarshalStrict(text, &file); err != nil {
		return Script{}, fmt.Errorf("%s is not a script: %s", name, oneLine(err))
	}
	if len(file.Steps) == 0 {
		return Script{}, fmt.Errorf("%s has no steps: list them under the key steps, each with a time under at", name)
	}
	r := reading{schemas: schemas, namespace: namespace}
	for n := range file.Steps {
		place := fmt.Sprintf("%s, step %d", name, n+1)
		if err := r.step(ctx, place, &file.Steps[n]); err != nil {
			return Script{}, &ScriptError{place, err}
		}
	}
	return r.script(), nil
}

// FromManifests is a script that applies manifests at an instant. The error names the one that is invalid.
func FromManifests(ctx context.Context, schemas *manifests.Schemas, documents []manifests.Document, namespace string, at time.Time) (Script, error) {
	r := reading{schemas: schemas, namespace: namespace}
	for _, d := range documents {
		h := Happening{Place: d.Place(), At: at}
		if err := r.document(ctx, &h, d); err != nil {
			return Script{}, &ScriptError{d.Place(), err}
		}
		r.read.Happenings = append(r.read.Happenings, h)
	}
	return r.script(), nil
}

// Then is a script that continues with another one. Happenings at the same instant keep their order.
func (s Script) Then(other Script) Script {
	both := Script{Happenings: slices.Concat(s.Happenings, other.Happenings), Ignored: s.Ignored + other.Ignored}
	slices.SortStableFunc(both.Happenings, func(a, b Happening) int { return a.At.Compare(b.At) })
	return both
}

// reading is the state of parsing a script.
type reading struct {
	schemas   *manifests.Schemas
	namespace string
	read      Script
}

func (r *reading) script() Script { return Script{}.Then(r.read) }

func (r *reading) step(ctx context.Context, place string, step *scriptStep) error {
	if step.At == "" {
		return errors.New("it has no time: write when it happens under at")
	}
	at, err := ParseInstant(step.At)
	if err != nil {
		return err
	}
	if len(step.Counts)+len(step.Apply) == 0 {
		return errors.New("nothing happens: write counts or apply")
	}
	h := Happening{Place: place, At: at, Counts: map[types.NamespacedName]map[string]int64{}}
	for name, items := range step.Counts {
		for _, item := range slices.Sorted(maps.Keys(items)) {
			if items[item] < 0 {
				return fmt.Errorf("the count of item %q of Subscription %q is %d: write 0 or more", item, name, items[item])
			}
		}
		h.Counts[r.named(name)] = items
	}
	for n, raw := range step.Apply {
		content := map[string]any{}
		if err := utiljson.Unmarshal(raw, &content); err != nil {
			return fmt.Errorf("manifest %d is not an object: write apiVersion, kind and the rest", n+1)
		}
		d := manifests.Document{File: place, Number: n + 1, Object: &unstructured.Unstructured{Object: content}}
		if d.Object.GetKind() == "" || d.Object.GetAPIVersion() == "" {
			return fmt.Errorf("manifest %d has no apiVersion and kind", n+1)
		}
		if err := r.document(ctx, &h, d); err != nil {
			return err
		}
	}
	r.read.Happenings = append(r.read.Happenings, h)
	return nil
}

// named is a subscription by its name, or by its namespace and name.
func (r *reading) named(name string) types.NamespacedName {
	if namespace, local, both := strings.Cut(name, "/"); both {
		return types.NamespacedName{Namespace: namespace, Name: local}
	}
	return types.NamespacedName{Namespace: r.namespace, Name: name}
}

// document adds a manifest, if its kind matters, after checking it as a new object.
func (r *reading) document(ctx context.Context, h *Happening, d manifests.Document) error {
	gvk := d.Object.GroupVersionKind()
	if err := r.schemas.Unserved(gvk); err != nil {
		return err
	}
	if !r.schemas.IsOurs(gvk) || !matters(gvk.Kind) {
		r.read.Ignored++
		return nil
	}
	if d.Object.GetNamespace() == "" && r.schemas.IsNamespaced(gvk) {
		d.Object.SetNamespace(r.namespace)
	}
	if _, err := r.schemas.Admit(ctx, d.Object, nil); err != nil {
		return err
	}
	h.Apply = append(h.Apply, d)
	return nil
}

// oneLine is a message in one line.
func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }

// Split divides manifests into objects that exist at an instant, and subscriptions that begin then or later, which are
// applied when the simulation begins. A manifest with a status, as kubectl get prints it, is an object that exists.
func Split(documents []manifests.Document, at time.Time, namespace string) (world, fresh []manifests.Document) {
	begins := map[types.NamespacedName]bool{}
	for _, d := range documents {
		name := concerns(d)
		if name != nil && name.Namespace == "" {
			d.Object.SetNamespace(namespace)
			name.Namespace = namespace
		}
		if d.Object.GetKind() == manifests.KindSubscription {
			begins[*name] = isFresh(d, at)
		}
	}
	for _, d := range documents {
		if name := concerns(d); name != nil && begins[*name] {
			fresh = append(fresh, d)
		} else {
			world = append(world, d)
		}
	}
	slices.SortStableFunc(fresh, func(a, b manifests.Document) int { return rank(a) - rank(b) })
	return world, fresh
}

// rank sorts subscriptions before the objects that belong to them.
func rank(d manifests.Document) int {
	if d.Object.GetKind() == manifests.KindSubscription {
		return 0
	}
	return 1
}

// isFresh reports whether, according to its manifest, a subscription has not begun before an instant.
func isFresh(d manifests.Document, at time.Time) bool {
	if _, known, _ := unstructured.NestedMap(d.Object.Object, "status"); known {
		return false
	}
	start, given, _ := unstructured.NestedString(d.Object.Object, "spec", "startTime")
	begins, err := time.Parse(time.RFC3339, start)
	return !given || err != nil || !begins.Before(at)
}
