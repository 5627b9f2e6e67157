// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1_test

import (
	"flag"
	"maps"
	"slices"
	"strings"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"
)

// row is a manifest that the kube-apiserver accepts or refuses. Fields are YAML maps from a path, such
// as spec.items.0.plan, to a value; null removes the field.
type row struct {
	// reason says why the manifest is right or wrong.
	reason string

	// from is the manifest in testdata that the row starts from; the kind's minimal one when empty.
	from string

	// with are the fields that the manifest has in addition.
	with string

	// status are the fields that the operator then writes.
	status string

	// edit are the fields that are edited then. When empty, the row is about the creation.
	edit string

	// refused is the sentence of the refusal; empty when the last step is accepted.
	refused string
}

// validate runs the rows of a kind, and then asserts that every rule of its CRD refused one of them.
func validate(t *testing.T, kind string, tables ...map[string]row) {
	t.Helper()
	crd := loadCRD(t, kind)
	endpoint := resource(t, crd)
	broken := map[string]bool{}
	for _, table := range tables {
		for _, name := range sortedKeys(table) {
			t.Run(name, func(t *testing.T) {
				tc := table[name]
				found := tc.run(t, kind, endpoint)
				if tc.refused == "" {
					if len(found) > 0 {
						t.Errorf("%s, so it must be accepted; refused: %v", tc.reason, found)
					}
					return
				}
				if len(found) == 0 {
					t.Errorf("%s, so it must be refused; accepted", tc.reason)
				}
				for _, path := range tc.judge(t, found) {
					broken[path+": "+tc.refused] = true
				}
			})
		}
	}
	if strings.Contains(flag.Lookup("test.run").Value.String(), "/") {
		return // only some rows ran
	}
	eachSchema("", rootSchema(crd), func(path string, schema *apiextensionsv1.JSONSchemaProps) {
		if strings.HasPrefix(path, "status.") {
			return // what the operator copies from a spec has passed the same rules there
		}
		for _, rule := range schema.XValidations {
			at := strings.TrimPrefix(path+rule.FieldPath, ".")
			if !broken[strings.ReplaceAll(at, "{}", "[]")+": "+rule.Message] {
				t.Errorf("no row is refused at %q with %q: add one", path, rule.Message)
			}
		}
	})
}

// judge asserts that a manifest was refused for the row's reason and for no other, and returns the
// schema paths at which it was.
func (r row) judge(t *testing.T, found []metav1.StatusCause) []string {
	t.Helper()
	var paths []string
	for _, cause := range found {
		if strings.Contains(cause.Message, r.refused) {
			paths = append(paths, schemaPath(cause.Field))
		}
	}
	for _, cause := range found {
		switch {
		case strings.Contains(cause.Message, r.refused):
		case strings.Contains(cause.Message, "in body should match") && slices.Contains(paths, schemaPath(cause.Field)):
			// The pattern of a field says it too, in addition to the message.
		default:
			t.Errorf("%s, so %q must be the refusal; got %q at %s", r.reason, r.refused, cause.Message, cause.Field)
		}
	}

	return paths
}

func (r row) run(t *testing.T, kind string, endpoint dynamic.ResourceInterface) []metav1.StatusCause {
	t.Helper()
	object := minimal(t, kind)
	if r.from != "" {
		object = manifest(t, r.from)
	}
	if r.with != "" {
		set(t, object, r.with)
	}
	if r.status == "" && r.edit == "" {
		return tryCreate(t, endpoint, object)
	}
	object = create(t, endpoint, object)
	if r.status != "" {
		object = updateStatus(t, endpoint, object, r.status)
	}
	if r.edit == "" {
		return nil
	}
	before := object.DeepCopy()
	set(t, object, r.edit)
	_, err := endpoint.Update(t.Context(), object, metav1.UpdateOptions{DryRun: dryRun, FieldValidation: metav1.FieldValidationStrict})
	sameOffline(t, object, before, err)

	return causes(t, err)
}

func updateStatus(t *testing.T, endpoint dynamic.ResourceInterface, object *unstructured.Unstructured, fields string) *unstructured.Unstructured {
	t.Helper()
	set(t, object, fields)
	updated, err := endpoint.UpdateStatus(t.Context(), object, metav1.UpdateOptions{FieldValidation: metav1.FieldValidationStrict})
	if err != nil {
		t.Fatalf("the status was refused: %v", err)
	}

	return updated
}

// merge puts tables together, for rows that are made by a function.
func merge(tables ...map[string]row) map[string]row {
	all := map[string]row{}
	for _, table := range tables {
		maps.Copy(all, table)
	}

	return all
}

const (
	notWholeSeconds = "write instants in whole seconds, such as 2026-04-16T00:00:00Z"
	notThisTime     = "write an instant between 1970 and 2200"
)

// instants makes rows for a field that holds an instant, in a manifest that is right without it.
func instants(path, from, with string) map[string]row {
	field := func(value string) string {
		fields := "{" + path + `: "` + value + `"`
		if with != "" {
			fields += ", " + with
		}
		return fields + "}"
	}

	return map[string]row{
		path + " in 1970":            {"the first instant there is", from, field("1970-01-01T00:00:00Z"), "", "", ""},
		path + " before 1970":        {"an instant before there were computers", from, field("1969-12-31T23:59:59Z"), "", "", notThisTime},
		path + " before 2200":        {"the last instant there is", from, field("2199-12-31T23:59:59Z"), "", "", ""},
		path + " in 2200":            {"an instant that nobody means", from, field("2200-01-01T00:00:00Z"), "", "", notThisTime},
		path + " in another zone":    {"an offset is an instant too", from, field("2026-04-16T02:00:00+02:00"), "", "", ""},
		path + " in half seconds":    {"the calendar knows whole seconds", from, field("2026-04-16T00:00:00.5Z"), "", "", notWholeSeconds},
		path + " in zero fractions":  {"a fraction of nothing is a whole second", from, field("2026-04-16T00:00:00.000Z"), "", "", ""},
		path + " that is no instant": {"a date alone is no instant", from, field("2026-04-16"), "", "", "must be of type date-time"},
	}
}

func firstWord(s string) string {
	word, _, _ := strings.Cut(s, " ")
	return word
}
