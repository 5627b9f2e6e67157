// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"
)

// exclusion frees fields from a convention. Every one gives its reason.
type exclusion struct {
	reason  string
	applies func(path string) bool
}

func excluded(path string, exclusions []exclusion) bool {
	return slices.ContainsFunc(exclusions, func(e exclusion) bool { return e.applies(path) })
}

func below(prefix string) func(string) bool {
	return func(path string) bool { return strings.HasPrefix(path, prefix) }
}

func endingIn(suffix string) func(string) bool {
	return func(path string) bool { return strings.HasSuffix(path, suffix) }
}

// kubernetesOwn are the fields whose schema Kubernetes gives.
var kubernetesOwn = []exclusion{
	{"apiVersion is bounded by the server, which serves only the versions it knows", func(path string) bool { return path == "apiVersion" }},
	{"kind is bounded by the server, which serves only the kinds it knows", func(path string) bool { return path == "kind" }},
	{"metadata is bounded by the server", func(path string) bool { return path == "metadata" }},
}

func TestConventionsOfStrings(t *testing.T) {
	eachFieldOfAllKinds(t, kubernetesOwn, func(t *testing.T, path string, schema *apiextensionsv1.JSONSchemaProps) {
		if schema.Type != "string" || len(schema.Enum) > 0 || schema.Format == "date-time" || schema.MaxLength != nil {
			return
		}
		t.Errorf("%s is a string without an end: give it a maximum length, or an enum", path)
	})
}

func TestConventionsOfLists(t *testing.T) {
	eachFieldOfAllKinds(t, nil, func(t *testing.T, path string, schema *apiextensionsv1.JSONSchemaProps) {
		if schema.Type != "array" {
			return
		}
		if schema.MaxItems == nil {
			t.Errorf("%s is a list without an end: give it a maximum number of items", path)
		}
		if schema.XListType == nil {
			t.Errorf("%s does not say how it merges: give it a listType", path)
			return
		}
		if strings.HasPrefix(path, "status.") && path != "status.conditions" && *schema.XListType != "atomic" {
			t.Errorf("%s merges by %s: lists in a status are atomic, for the operator alone writes them", path, *schema.XListType)
		}
		if strings.HasPrefix(path, "spec.") && *schema.XListType == "atomic" && hasName(schema.Items.Schema) {
			t.Errorf("%s has elements with a name: make it a map by that name", path)
		}
	})
}

func hasName(schema *apiextensionsv1.JSONSchemaProps) bool {
	_, ok := schema.Properties["name"]
	return ok
}

func TestConventionsOfMaps(t *testing.T) {
	payloads := []exclusion{
		{"the frozen content of an effect has the schema of what it writes; the outbox is bounded in bytes by who fills it", endingIn("status.outbox[].payload")},
		{"the data of an event has the schema of its type; what is sent is bounded in bytes by who fills it", endingIn("status.notifications[].payload")},
	}
	eachFieldOfAllKinds(t, append(payloads, kubernetesOwn...), func(t *testing.T, path string, schema *apiextensionsv1.JSONSchemaProps) {
		if schema.XPreserveUnknownFields != nil && *schema.XPreserveUnknownFields {
			t.Errorf("%s takes anything: describe what belongs there", path)
		}
		if schema.AdditionalProperties != nil && schema.MaxProperties == nil {
			t.Errorf("%s is a map without an end: give it a maximum number of properties", path)
		}
	})
}

func TestConventionsOfNumbers(t *testing.T) {
	counted := []exclusion{
		{"what the operator counts ends where the integer does, and a bound must never stop a commit", below("status.")},
		{"the operator numbers documents, without an end", func(path string) bool { return path == "spec.sequence" || path == "spec.eventSequence" }},
		{"the operator copies a line, without a bound that could stop a document", below("spec.lines[].")},
		{"a generation is counted by the server", endingIn("cause.generation")},
	}
	eachFieldOfAllKinds(t, nil, func(t *testing.T, path string, schema *apiextensionsv1.JSONSchemaProps) {
		if schema.Type == "number" {
			t.Errorf("%s is a float: write amounts as decimal strings, counts and percentages as integers", path)
		}
		if schema.Type != "integer" || path == "status.conditions[].observedGeneration" {
			return
		}
		if schema.Minimum == nil {
			t.Errorf("%s is an integer without a minimum: give it one", path)
		}
		if schema.Maximum == nil && !excluded(path, counted) {
			t.Errorf("%s is an integer without a maximum: give it one", path)
		}
	})
}

func TestConventionsOfInstants(t *testing.T) {
	exclusions := []exclusion{
		{"the operator writes a status, in whole seconds", below("status.")},
		{"the operator writes lines, in whole seconds; a rule for each would be evaluated a thousand times", below("spec.lines[].")},
	}
	eachFieldOfAllKinds(t, append(exclusions, kubernetesOwn...), func(t *testing.T, path string, schema *apiextensionsv1.JSONSchemaProps) {
		if schema.Format != "date-time" {
			return
		}
		for _, message := range []string{notWholeSeconds, notThisTime} {
			if !slices.ContainsFunc(schema.XValidations, func(rule apiextensionsv1.ValidationRule) bool { return rule.Message == message }) {
				t.Errorf("%s lacks the rule %q", path, message)
			}
		}
	})
}

func TestConventionsOfDescriptions(t *testing.T) {
	eachFieldOfAllKinds(t, []exclusion{
		{"the elements of a list, or the values of a map, of plain values are described by it", func(path string) bool {
			return strings.HasSuffix(path, "[]") || strings.HasSuffix(path, "{}")
		}},
		kubernetesOwn[2],
	}, func(t *testing.T, path string, schema *apiextensionsv1.JSONSchemaProps) {
		if !strings.HasSuffix(strings.TrimSpace(schema.Description), ".") && !strings.Contains(schema.Description, "More info:") {
			t.Errorf("%q is not described in sentences: %q", path, schema.Description)
		}
	})
}

// TestConventionsOfOptionalFields asserts that what a user may leave out says what happens then.
func TestConventionsOfOptionalFields(t *testing.T) {
	said := []string{
		"Defaults to", "defaults to", "If neither", "Required with", "Required on", "Only with", "Set only on",
		"Left out on", "Exactly one of", "Do not set it",
	}
	exclusions := []exclusion{
		{"exactly one of the sources is set, which the data loader says", below("spec.dataLoader.sql")},
		{"exactly one of the sources is set, which the data loader says", below("spec.dataLoader.http")},
		{"exactly one of the sources is set, which the data loader says", below("spec.dataLoader.prometheus")},
		{"exactly one of the sources is set, which the data loader says", below("spec.dataLoader.kubernetes")},
		{"exactly one of the sources is set, which the data loader says", below("spec.dataLoader.configMap")},
		{"exactly one of the sources is set, which the data loader says", below("spec.dataLoader.seatAssignments")},
		{"the operator writes lines", below("spec.lines")},
		{"the operator sets the cause", below("spec.cause.")},
		{"the operator writes documents", below("spec.previous")},
		{"the operator writes documents", below("spec.eventSequence")},
		{"the operator writes documents", below("spec.period")},
		{"the fields of the policy say it", endingIn("onIncrease")},
		{"the fields of the policy say it", endingIn("onDecrease")},
		{"the fields of the history say it", endingIn("spec.history")},
		{"the one value that releases is described", endingIn("spec.approved")},
	}
	eachFieldOfAllKinds(t, exclusions, func(t *testing.T, path string, schema *apiextensionsv1.JSONSchemaProps) {
		if !strings.HasPrefix(path, "spec") {
			return
		}
		for name, child := range schema.Properties {
			field := path + "." + name
			if slices.Contains(schema.Required, name) || excluded(field, exclusions) {
				continue
			}
			words := strings.ReplaceAll(child.Description, "\n", " ")
			if !slices.ContainsFunc(said, func(s string) bool { return strings.Contains(words, s) }) {
				t.Errorf("%s may be left out and does not say what happens then: %q", field, words)
			}
		}
	})
}

func TestConventionsOfDefaults(t *testing.T) {
	eachKind(t, func(t *testing.T, kind string, crd *apiextensionsv1.CustomResourceDefinition) {
		eachSchema("", rootSchema(crd), func(path string, schema *apiextensionsv1.JSONSchemaProps) {
			if path == "status" && kind != "Invoice" {
				if schema.Default == nil || string(schema.Default.Raw) != `{"observedGeneration":-1}` {
					t.Errorf("status has no default that says it was not observed yet")
				}
				return
			}
			if schema.Default != nil {
				t.Errorf("%s has a default: what Git holds would not be what the cluster holds", path)
			}
		})
	})
}

func TestConventionsOfRules(t *testing.T) {
	eachKind(t, func(t *testing.T, _ string, crd *apiextensionsv1.CustomResourceDefinition) {
		eachSchema("", rootSchema(crd), func(path string, schema *apiextensionsv1.JSONSchemaProps) {
			for _, rule := range schema.XValidations {
				if rule.Message == "" {
					t.Errorf("%q has a rule without a sentence: %s", path, rule.Rule)
				}
				if len(strings.Fields(rule.Message)) < 5 || strings.HasSuffix(rule.Message, ".") {
					t.Errorf("%q must say what is wrong and what to do, without a full stop, for the server goes on after it", rule.Message)
				}
				if path == "" && !strings.HasPrefix(rule.FieldPath, ".spec.") {
					t.Errorf("%q needs a fieldPath: a rule of the whole object without one reads \"<nil>: Invalid value\"", rule.Message)
				}
			}
		})
	})
}

func TestConventionsOfKinds(t *testing.T) {
	shortNames := map[string]string{
		"Subscription": "spsub", "SeatProduct": "spprod", "ProrationPolicy": "sppol", "ClusterProrationPolicy": "spcpol",
		"SubscriptionUpdate": "spupd", "SeatAssignment": "spseat", "Invoice": "spinv", "TestClock": "spclock", "EventSink": "spsink",
		"Archive": "sparch",
	}
	eachKind(t, func(t *testing.T, kind string, crd *apiextensionsv1.CustomResourceDefinition) {
		names := crd.Spec.Names
		if !slices.Equal(names.ShortNames, []string{shortNames[kind]}) {
			t.Errorf("the short names are %v, want %s", names.ShortNames, shortNames[kind])
		}
		if !slices.Equal(names.Categories, []string{"seatplane"}) {
			t.Errorf("the categories are %v, want seatplane", names.Categories)
		}
		wantScope := apiextensionsv1.NamespaceScoped
		if kind == "ClusterProrationPolicy" {
			wantScope = apiextensionsv1.ClusterScoped
		}
		if crd.Spec.Scope != wantScope {
			t.Errorf("the scope is %s, want %s", crd.Spec.Scope, wantScope)
		}
		if crd.Spec.Group != "billing.seatplane.dev" || len(crd.Spec.Versions) != 1 || crd.Spec.Versions[0].Name != "v1alpha1" {
			t.Errorf("the group and versions are %s and %v", crd.Spec.Group, crd.Spec.Versions)
		}
		if subresources := crd.Spec.Versions[0].Subresources; subresources == nil || subresources.Status == nil {
			t.Error("there is no status subresource")
		}
	})
}

// TestConventionsOfSize asserts that `kubectl apply` works without --server-side: it writes the whole
// object into an annotation.
func TestConventionsOfSize(t *testing.T) {
	const most = 100_000
	files, err := filepath.Glob(filepath.Join(crdFolder, "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no CRDs in %s: %v", crdFolder, err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		asJSON, err := yaml.YAMLToJSON(content)
		if err != nil {
			t.Fatal(err)
		}
		if !json.Valid(asJSON) || len(asJSON) >= most {
			t.Errorf("%s is %d bytes of JSON, want less than %d: shorten descriptions that repeat each other", file, len(asJSON), most)
		}
		t.Logf("%s: %d bytes of JSON", filepath.Base(file), len(asJSON))
	}
}

func eachKind(t *testing.T, visit func(t *testing.T, kind string, crd *apiextensionsv1.CustomResourceDefinition)) {
	t.Helper()
	crds := loadCRDs(t)
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) { visit(t, kind, crds[kind]) })
	}
}

func eachFieldOfAllKinds(t *testing.T, exclusions []exclusion, visit func(t *testing.T, path string, schema *apiextensionsv1.JSONSchemaProps)) {
	t.Helper()
	eachKind(t, func(t *testing.T, _ string, crd *apiextensionsv1.CustomResourceDefinition) {
		eachSchema("", rootSchema(crd), func(path string, schema *apiextensionsv1.JSONSchemaProps) {
			if !excluded(path, exclusions) {
				visit(t, path, schema)
			}
		})
	})
}
