// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/yaml"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/config/crd"
	"github.com/seatplane/seatplane/internal/testing/controlplane"
)

// previousFolder has the API of an earlier commit, which its file COMMIT names. `go run ./hack/previous-api` writes it.
const previousFolder = "testdata/previous"

// unstable are the kinds that docs/stability.md excludes from its promise.
var unstable = []string{"EventSink", "Archive"}

// narrowed are the paths where the API accepts less than the previous one, on purpose. Each has a paragraph in
// docs/operations/upgrade.md.
var narrowed = map[string]string{
	"Subscription: status.notifications[] requires sequence":       "no version wrote this list before EventSinks were delivered to",
	"Subscription: status.notifications[] lacks the field id":      "the same",
	"Subscription: status.notifications[] lacks the field payload": "the same",
}

// previousKinds returns the CustomResourceDefinitions of the earlier commit, by kind.
func previousKinds(t *testing.T) map[string]*apiextensionsv1.CustomResourceDefinition {
	t.Helper()
	kinds := map[string]*apiextensionsv1.CustomResourceDefinition{}
	for _, file := range filesIn(t, "kinds", "*.yaml") {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		definition := &apiextensionsv1.CustomResourceDefinition{}
		if err := yaml.UnmarshalStrict(content, definition); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		kinds[definition.Spec.Names.Kind] = definition
	}
	return kinds
}

func filesIn(t *testing.T, folder, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(previousFolder, folder, pattern))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s/%s has no files (%v): run `go run ./hack/previous-api COMMIT`", previousFolder, folder, err)
	}
	return files
}

// What the previous version accepted is still accepted, and what it stored can still be read: no field is gone, and no
// rule is stricter.
func TestKeepsWhatThePreviousVersionAccepted(t *testing.T) {
	present := loadCRDs(t)
	for kind, before := range previousKinds(t) {
		if slices.Contains(unstable, kind) {
			continue
		}
		after := present[kind]
		if after == nil {
			t.Errorf("the kind %s is gone", kind)
			continue
		}
		for _, problem := range narrowing(before, after) {
			if _, known := narrowed[kind+": "+problem]; !known {
				t.Errorf("%s: %s. Keep it, or say so in docs/operations/upgrade.md and in narrowed", kind, problem)
			}
		}
	}
}

// narrowing returns how a kind accepts less than before.
func narrowing(before, after *apiextensionsv1.CustomResourceDefinition) []string {
	var problems []string
	if before.Spec.Scope != after.Spec.Scope || before.Spec.Names.Plural != after.Spec.Names.Plural || before.Spec.Group != after.Spec.Group {
		problems = append(problems, "its group, its scope or its name has changed")
	}
	for _, version := range before.Spec.Versions {
		n := slices.IndexFunc(after.Spec.Versions, func(v apiextensionsv1.CustomResourceDefinitionVersion) bool { return v.Name == version.Name })
		if n < 0 || version.Served && !after.Spec.Versions[n].Served {
			problems = append(problems, "the version "+version.Name+" is not served")
			continue
		}
		narrowSchema("", version.Schema.OpenAPIV3Schema, after.Spec.Versions[n].Schema.OpenAPIV3Schema, func(path, what string) {
			problems = append(problems, path+" "+what)
		})
	}
	return problems
}

// narrowSchema reports how a schema, and everything below it, accepts less than before.
func narrowSchema(path string, before, after *apiextensionsv1.JSONSchemaProps, report func(path, what string)) {
	say := func(what string) { report(strings.TrimPrefix(path, "."), what) }
	if before.Type != after.Type || before.Format != after.Format {
		say(fmt.Sprintf("is of the type %q, and was of %q", after.Type+after.Format, before.Type+before.Format))
	}
	for _, name := range after.Required {
		if !slices.Contains(before.Required, name) && after.Properties[name].Default == nil {
			say("requires " + name)
		}
	}
	for _, stricter := range strictness(before, after) {
		say(stricter)
	}
	for _, rule := range after.XValidations {
		known := func(old apiextensionsv1.ValidationRule) bool { return old.Rule == rule.Rule }
		if !slices.ContainsFunc(before.XValidations, known) {
			say("has another rule: " + rule.Rule)
		}
	}
	for _, name := range sortedKeys(before.Properties) {
		old := before.Properties[name]
		present, ok := after.Properties[name]
		if !ok {
			say("lacks the field " + name)
			continue
		}
		narrowSchema(path+"."+name, &old, &present, report)
	}
	if before.Items != nil && after.Items != nil {
		narrowSchema(path+"[]", before.Items.Schema, after.Items.Schema, report)
	}
	if before.AdditionalProperties != nil && before.AdditionalProperties.Schema != nil && after.AdditionalProperties != nil &&
		after.AdditionalProperties.Schema != nil {
		narrowSchema(path+"{}", before.AdditionalProperties.Schema, after.AdditionalProperties.Schema, report)
	}
}

// strictness returns which bounds of one schema are stricter than before.
func strictness(before, after *apiextensionsv1.JSONSchemaProps) []string {
	var stricter []string
	lower := func(name string, old, present *int64) {
		if present != nil && (old == nil || *present < *old) {
			stricter = append(stricter, "has a lower "+name)
		}
	}
	higher := func(name string, old, present *int64) {
		if present != nil && *present > 0 && (old == nil || *present > *old) {
			stricter = append(stricter, "has a higher "+name)
		}
	}
	lower("maxLength", before.MaxLength, after.MaxLength)
	lower("maxItems", before.MaxItems, after.MaxItems)
	lower("maxProperties", before.MaxProperties, after.MaxProperties)
	higher("minLength", before.MinLength, after.MinLength)
	higher("minItems", before.MinItems, after.MinItems)
	higher("minProperties", before.MinProperties, after.MinProperties)
	if after.Maximum != nil && (before.Maximum == nil || *after.Maximum < *before.Maximum) {
		stricter = append(stricter, "has a lower maximum")
	}
	if after.Minimum != nil && (before.Minimum == nil || *after.Minimum > *before.Minimum) {
		stricter = append(stricter, "has a higher minimum")
	}
	if after.Pattern != "" && after.Pattern != before.Pattern {
		stricter = append(stricter, "has another pattern")
	}
	if before.Nullable && !after.Nullable {
		stricter = append(stricter, "must not be null any more")
	}
	if len(after.Enum) > 0 {
		values := map[string]bool{}
		for _, value := range after.Enum {
			values[string(value.Raw)] = true
		}
		for _, value := range before.Enum {
			if !values[string(value.Raw)] {
				stricter = append(stricter, "lacks the value "+string(value.Raw))
			}
		}
		if len(before.Enum) == 0 {
			stricter = append(stricter, "has a list of values")
		}
	}
	return stricter
}

func TestNarrowing(t *testing.T) {
	field := func(change func(*apiextensionsv1.JSONSchemaProps)) apiextensionsv1.JSONSchemaProps {
		limit := int64(63)
		schema := apiextensionsv1.JSONSchemaProps{Type: "string", MaxLength: &limit, Enum: []apiextensionsv1.JSON{{Raw: []byte(`"Up"`)}}}
		if change != nil {
			change(&schema)
		}
		return schema
	}
	short := int64(10)
	cases := map[string]struct {
		reason string
		change func(*apiextensionsv1.JSONSchemaProps)
		parent func(*apiextensionsv1.JSONSchemaProps)
		want   []string
	}{
		"Same":  {reason: "nothing has changed"},
		"Added": {reason: "a new field that may be left out", parent: func(s *apiextensionsv1.JSONSchemaProps) { s.Properties["unit"] = field(nil) }},
		"Value": {reason: "a new value", change: func(s *apiextensionsv1.JSONSchemaProps) {
			s.Enum = append(s.Enum, apiextensionsv1.JSON{Raw: []byte(`"Down"`)})
		}},
		"Removed":   {reason: "what is stored there is lost", parent: func(s *apiextensionsv1.JSONSchemaProps) { delete(s.Properties, "rounding") }, want: []string{"spec lacks the field rounding"}},
		"Type":      {reason: "what is stored cannot be read", change: func(s *apiextensionsv1.JSONSchemaProps) { s.Type = "integer" }, want: []string{`spec.rounding is of the type "integer", and was of "string"`}},
		"Shorter":   {reason: "a longer one was accepted", change: func(s *apiextensionsv1.JSONSchemaProps) { s.MaxLength = &short }, want: []string{"spec.rounding has a lower maxLength"}},
		"LostValue": {reason: "it was accepted", change: func(s *apiextensionsv1.JSONSchemaProps) { s.Enum[0].Raw = []byte(`"Down"`) }, want: []string{`spec.rounding lacks the value "Up"`}},
		"Pattern":   {reason: "anything was accepted", change: func(s *apiextensionsv1.JSONSchemaProps) { s.Pattern = "^U" }, want: []string{"spec.rounding has another pattern"}},
		"Required":  {reason: "it could be left out", parent: func(s *apiextensionsv1.JSONSchemaProps) { s.Required = []string{"rounding"} }, want: []string{"spec requires rounding"}},
		"Rule": {
			reason: "it refuses what was accepted",
			parent: func(s *apiextensionsv1.JSONSchemaProps) {
				s.XValidations = apiextensionsv1.ValidationRules{{Rule: "self.rounding == 'Up'"}}
			},
			want: []string{"spec has another rule: self.rounding == 'Up'"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			kind := func(parent, change func(*apiextensionsv1.JSONSchemaProps)) *apiextensionsv1.CustomResourceDefinition {
				spec := apiextensionsv1.JSONSchemaProps{Type: "object", Properties: map[string]apiextensionsv1.JSONSchemaProps{"rounding": field(change)}}
				if parent != nil {
					parent(&spec)
				}
				root := &apiextensionsv1.JSONSchemaProps{Type: "object", Properties: map[string]apiextensionsv1.JSONSchemaProps{"spec": spec}}
				definition := &apiextensionsv1.CustomResourceDefinition{}
				definition.Spec.Versions = []apiextensionsv1.CustomResourceDefinitionVersion{{
					Name: "v1", Served: true, Schema: &apiextensionsv1.CustomResourceValidation{OpenAPIV3Schema: root},
				}}
				return definition
			}
			if diff := cmp.Diff(tc.want, narrowing(kind(nil, nil), kind(tc.parent, tc.change))); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

// previousObjects returns objects of the earlier commit: manifests, and what its operator stored.
func previousObjects(t *testing.T) []*unstructured.Unstructured {
	t.Helper()
	var objects []*unstructured.Unstructured
	for _, file := range filesIn(t, "objects", "*.yaml") {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		object := &unstructured.Unstructured{}
		decode(t, string(content), &object.Object)
		object.SetName(strings.TrimSuffix(filepath.Base(file), ".yaml"))
		objects = append(objects, object)
	}
	for _, file := range filesIn(t, "stored", "*.json") {
		if filepath.Base(file) == "outbox.json" {
			// It has a name with a line break, which was accepted once. No API server stores it again.
			continue
		}
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var stored struct {
			Subscription, Product map[string]any
			Updates               []map[string]any
		}
		if err := json.Unmarshal(content, &stored); err != nil {
			t.Fatal(err)
		}
		story := strings.TrimSuffix(filepath.Base(file), ".json")
		add := func(kind string, n int, fields map[string]any) {
			object := &unstructured.Unstructured{Object: fields}
			object.SetAPIVersion(v1alpha1.GroupVersion.String())
			object.SetKind(kind)
			object.Object["metadata"] = map[string]any{"name": fmt.Sprintf("stored-%s-%d", story, n)}
			objects = append(objects, object)
		}
		add("Subscription", 0, stored.Subscription)
		add("SeatProduct", 1, stored.Product)
		for n, update := range stored.Updates {
			completeSchedule(t, update)
			add("SubscriptionUpdate", n+2, update)
		}
	}
	return objects
}

// completeSchedule writes the schedule that an update with a time of its own has. The tests that stored these objects
// had no API server, which requires both.
func completeSchedule(t *testing.T, update map[string]any) {
	t.Helper()
	if _, timed, err := unstructured.NestedString(update, "spec", "applyAt"); err != nil || !timed {
		return
	}
	if err := unstructured.SetNestedField(update, string(v1alpha1.ApplyCustom), "spec", "applicationSchedule"); err != nil {
		t.Fatal(err)
	}
}

// Objects that the previous version stored are served by the kinds of this one, are read unchanged, also by the Go
// types, and can be written back.
func TestServesWhatThePreviousVersionStored(t *testing.T) {
	plane, err := controlplane.Launch(controlplane.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := plane.Stop(); err != nil {
			t.Errorf("stopping the control plane: %v", err)
		}
	})
	before := previousKinds(t)
	install(t, plane.Config, sortedValues(before))
	var objects []*unstructured.Unstructured
	for _, object := range previousObjects(t) {
		if !slices.Contains(unstable, object.GetKind()) {
			objects = append(objects, store(t, at(t, plane.Config, before[object.GetKind()]), object))
		}
	}

	definitions, err := crd.Definitions()
	if err != nil {
		t.Fatal(err)
	}
	install(t, plane.Config, definitions)
	present := loadCRDs(t)
	for _, stored := range objects {
		t.Run(stored.GetKind()+"/"+stored.GetName(), func(t *testing.T) {
			endpoint := at(t, plane.Config, present[stored.GetKind()])
			served, err := endpoint.Get(t.Context(), stored.GetName(), metav1.GetOptions{})
			if err != nil {
				t.Fatal(err)
			}
			same(t, "the new kind serves something else", stored, served)
			typed := throughType(t, served)
			same(t, "the Go type reads something else", served, typed)
			written, err := endpoint.Update(t.Context(), typed, metav1.UpdateOptions{DryRun: dryRun, FieldValidation: metav1.FieldValidationStrict})
			if err != nil {
				t.Fatalf("it cannot be written back: %v", err)
			}
			same(t, "writing it back changes it", served, written)
		})
	}
}

func sortedValues(kinds map[string]*apiextensionsv1.CustomResourceDefinition) []*apiextensionsv1.CustomResourceDefinition {
	var values []*apiextensionsv1.CustomResourceDefinition
	for _, kind := range sortedKeys(kinds) {
		values = append(values, kinds[kind])
	}
	return values
}

func install(t *testing.T, config *rest.Config, kinds []*apiextensionsv1.CustomResourceDefinition) {
	t.Helper()
	if _, err := envtest.InstallCRDs(config, envtest.CRDInstallOptions{CRDs: kinds}); err != nil {
		t.Fatal(err)
	}
}

// at is the endpoint of a kind.
func at(t *testing.T, config *rest.Config, crd *apiextensionsv1.CustomResourceDefinition) dynamic.ResourceInterface {
	t.Helper()
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return endpointOf(client, crd)
}

// store stores an object and its status, and returns what is stored.
func store(t *testing.T, endpoint dynamic.ResourceInterface, object *unstructured.Unstructured) *unstructured.Unstructured {
	t.Helper()
	status, hasStatus := object.Object["status"]
	stored, err := endpoint.Create(t.Context(), object, metav1.CreateOptions{})
	if err != nil {
		t.Fatalf("%s %s: %v", object.GetKind(), object.GetName(), err)
	}
	if !hasStatus {
		return stored
	}
	stored.Object["status"] = status
	if stored, err = endpoint.UpdateStatus(t.Context(), stored, metav1.UpdateOptions{}); err != nil {
		t.Fatalf("the status of %s %s: %v", object.GetKind(), object.GetName(), err)
	}
	return stored
}

// throughType returns an object as the Go type of its kind reads and writes it.
func throughType(t *testing.T, object *unstructured.Unstructured) *unstructured.Unstructured {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	typed, err := scheme.New(object.GroupVersionKind())
	if err != nil {
		t.Fatal(err)
	}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(object.Object, typed, true); err != nil {
		t.Fatal(err)
	}
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(typed)
	if err != nil {
		t.Fatal(err)
	}
	return &unstructured.Unstructured{Object: fields}
}

// same compares the specs and the statuses of two objects.
func same(t *testing.T, complaint string, want, got *unstructured.Unstructured) {
	t.Helper()
	for _, part := range []string{"spec", "status"} {
		// A status that says nothing may be written as an empty one.
		before, _, _ := unstructured.NestedMap(want.Object, part)
		after, _, _ := unstructured.NestedMap(got.Object, part)
		if diff := cmp.Diff(withoutFalse(before), withoutFalse(after), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s, in %s (-want +got):\n%s", complaint, part, diff)
		}
	}
}
