// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"
)

// crdFolder holds the generated CRDs.
const crdFolder = "../../config/crd/bases"

// kinds are the kinds of the contract.
var kinds = []string{
	"Archive", "ClusterProrationPolicy", "EventSink", "Invoice", "ProrationPolicy", "SeatAssignment", "SeatProduct",
	"Subscription", "SubscriptionUpdate", "TestClock",
}

// loadCRDs reads the generated CRDs, by kind.
func loadCRDs(t *testing.T) map[string]*apiextensionsv1.CustomResourceDefinition {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(crdFolder, "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	crds := map[string]*apiextensionsv1.CustomResourceDefinition{}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		crd := &apiextensionsv1.CustomResourceDefinition{}
		if err := yaml.UnmarshalStrict(content, crd); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		crds[crd.Spec.Names.Kind] = crd
	}
	for _, kind := range kinds {
		if crds[kind] == nil {
			t.Fatalf("there is no CRD for %s in %s: run `make manifests`", kind, crdFolder)
		}
	}
	if len(crds) != len(kinds) {
		t.Fatalf("there are %d CRDs in %s for %d kinds: add the new kind to kinds", len(crds), crdFolder, len(kinds))
	}

	return crds
}

func loadCRD(t *testing.T, kind string) *apiextensionsv1.CustomResourceDefinition {
	t.Helper()
	return loadCRDs(t)[kind]
}

func rootSchema(crd *apiextensionsv1.CustomResourceDefinition) *apiextensionsv1.JSONSchemaProps {
	return crd.Spec.Versions[0].Schema.OpenAPIV3Schema
}

// eachSchema calls visit for a schema and all below it, with paths such as spec.plans[].name.
func eachSchema(path string, schema *apiextensionsv1.JSONSchemaProps, visit func(path string, schema *apiextensionsv1.JSONSchemaProps)) {
	visit(path, schema)
	for _, name := range sortedKeys(schema.Properties) {
		child := schema.Properties[name]
		eachSchema(strings.TrimPrefix(path+"."+name, "."), &child, visit)
	}
	if schema.Items != nil && schema.Items.Schema != nil {
		eachSchema(path+"[]", schema.Items.Schema, visit)
	}
	if schema.AdditionalProperties != nil && schema.AdditionalProperties.Schema != nil {
		eachSchema(path+"{}", schema.AdditionalProperties.Schema, visit)
	}
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)

	return keys
}
