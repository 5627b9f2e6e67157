// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package transfer

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

// born gives an object what the API server gives it.
func born(object *unstructured.Unstructured, uid types.UID) *unstructured.Unstructured {
	object.SetUID(uid)
	object.SetCreationTimestamp(metav1.NewTime(april))
	object.SetGeneration(1)
	return object
}

// written is an export of some objects from the namespace shop.
func written(t *testing.T, objects ...*unstructured.Unstructured) string {
	t.Helper()
	return writtenFrom(t, "shop", objects...)
}

func writtenFrom(t *testing.T, namespace string, objects ...*unstructured.Unstructured) string {
	t.Helper()
	var text bytes.Buffer
	w := &writer{to: bufio.NewWriter(&text), sum: sha256.New()}
	if err := w.line(Header{Kind: headerKind, SchemaVersion: schemaVersion, Time: april, Namespace: namespace}); err != nil {
		t.Fatal(err)
	}
	for _, object := range objects {
		if err := w.line(exported(object).Object); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.end(len(objects)); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

func TestOpen(t *testing.T) {
	seat := born(untyped(t, builders.MakeSeatProduct("seat", "shop").Plan("monthly", "EUR", "10").Obj(), kindProduct), "p-1")
	acme := born(untyped(t, builders.MakeSubscription("acme", "shop").Item("editors", "seat", "monthly", 5).Obj(), kindSubscription), "s-1")
	whole := written(t, seat, acme)
	lines := strings.SplitAfter(strings.TrimSuffix(whole, "\n"), "\n")
	strange, nobody, elsewhere, double, ageless := acme.DeepCopy(), acme.DeepCopy(), acme.DeepCopy(), acme.DeepCopy(), acme.DeepCopy()
	strange.SetKind("Refund")
	nobody.SetUID("")
	elsewhere.SetNamespace("other")
	double.SetName("second")
	ageless.SetCreationTimestamp(metav1.Time{})
	everywhere := born(newObject(kindClusterPolicy), "c-1")
	everywhere.SetName("by-day")
	for name, tc := range map[string]struct{ reason, text, want string }{
		"whole":              {"this is what export writes", whole, ""},
		"empty file":         {"the disk was full", "", "not a whole export"},
		"cut in a line":      {"export was killed", whole[:len(whole)/2], "not a whole export"},
		"cut after a line":   {"export was killed", lines[0] + lines[1], "not a whole export"},
		"a line is missing":  {"somebody edited it", lines[0] + lines[2] + lines[3] + "\n", "not a whole export"},
		"an edited amount":   {"it would be billed", strings.Replace(whole, `"unitAmount":"10"`, `"unitAmount":"11"`, 1), "not a whole export"},
		"more after the end": {"two exports were joined", whole + whole, "not a whole export"},
		"twice the same":     {"two exports were mixed", written(t, seat, seat), "not a whole export"},
		"a snapshot":         {"it has no statuses", `{"kind":"SeatplaneSnapshot"}` + "\n", "not an export"},
		"manifests":          {"they have no statuses", "apiVersion: v1\nkind: List\n", "not an export"},
		"a newer version":    {"it could be misread", strings.Replace(whole, `"schemaVersion":"1"`, `"schemaVersion":"2"`, 1), `schemaVersion "2"`},
		"an unknown kind":    {"it would be lost", written(t, strange), "Refund"},
		"no UID":             {"its records would belong to nobody", written(t, nobody), "no UID"},
		"no age":             {"updates would change their order", written(t, ageless), "no creation time"},
		"one UID twice":      {"two customers would share invoice numbers", written(t, acme, double), "the UID s-1 of another object"},
		"another namespace":  {"nobody examined what is there", written(t, seat, elsewhere), "is not in the namespace that the first line of the file names"},
		"of the cluster":     {"it is for all namespaces", written(t, everywhere), "is not in the namespace that the first line of the file names"},
	} {
		t.Run(name, func(t *testing.T) {
			file, err := Open(strings.NewReader(tc.text))
			if tc.want == "" {
				if err != nil || file.Total() != 2 || len(file.ID) != idLength || file.Header.Namespace != "shop" {
					t.Fatalf("%s: got %+v, %v", tc.reason, file, err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%s: got %v, want an error that says %q", tc.reason, err, tc.want)
			}
		})
	}
}

// TestJudge: an import goes on only among objects of its own file.
func TestJudge(t *testing.T) {
	product := func(paused, from string) *unstructured.Unstructured {
		p := untyped(t, builders.MakeSeatProduct("seat", "shop").Obj(), kindProduct)
		if paused != "" {
			p.SetAnnotations(map[string]string{"billing.seatplane.dev/importing": paused})
		}
		if from != "" {
			_ = unstructured.SetNestedField(p.Object, from, "status", "imported", "export")
		}
		return p
	}
	const other = "fedcba9876543210"
	for name, tc := range map[string]struct {
		reason  string
		objects []*unstructured.Unstructured
		want    progress
		refused string
	}{
		"an empty cluster": {reason: "nothing is there", want: nothingDone},
		"created":          {reason: "it was killed early", objects: []*unstructured.Unstructured{product(export1, "")}, want: nothingDone},
		"with its status":  {reason: "it was killed later", objects: []*unstructured.Unstructured{product(export1, export1)}, want: nothingDone},
		"released": {
			reason: "nothing may be created any more", want: allCreated,
			objects: []*unstructured.Unstructured{product("", export1), product(export1, export1)},
		},
		"beside others": {
			reason: "users may create theirs once all is created, and the rest is still to be released", want: allCreated,
			objects: []*unstructured.Unstructured{product("", ""), product("", export1), product(export1, export1)},
		},
		"somebody else's": {reason: "it is billed already", objects: []*unstructured.Unstructured{product("", "")}, refused: "does not come from this file"},
		"another attempt": {reason: "two files must not mix", objects: []*unstructured.Unstructured{product(other, "")}, refused: "is not finished"},
		"another import":  {reason: "two files must not mix", objects: []*unstructured.Unstructured{product("", other)}, refused: "imported from another export"},
	} {
		t.Run(name, func(t *testing.T) {
			s := &stand{file: &File{ID: export1}}
			for _, object := range tc.objects {
				if err := s.judge(object); err != nil {
					t.Fatal(err)
				}
			}
			got, err := s.verdict()
			if tc.refused == "" && (err != nil || got != tc.want) {
				t.Errorf("%s: got %v, %v", tc.reason, got, err)
			}
			if tc.refused != "" && (err == nil || !strings.Contains(err.Error(), tc.refused)) {
				t.Errorf("%s: got %v, want a refusal that says %q", tc.reason, err, tc.refused)
			}
		})
	}
}

// TestEveryKindIsExported: a kind that is forgotten here would be lost with the cluster.
func TestEveryKindIsExported(t *testing.T) {
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	for kind, object := range scheme.KnownTypes(v1alpha1.GroupVersion) {
		if _, hasSpec := object.FieldByName("Spec"); hasSpec && !slices.Contains(kinds, kind) {
			t.Errorf("%s is not exported: add it to kinds, to the role seatplane-importer and to the admission policies", kind)
		}
	}
	for _, kind := range kinds {
		if isPaused(kind) && !slices.Contains(paused, kind) {
			t.Errorf("objects of kind %s are created with the annotation, and never released: add it to paused", kind)
		}
	}
}
