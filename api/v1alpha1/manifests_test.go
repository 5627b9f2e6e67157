// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/client-go/dynamic"
	"sigs.k8s.io/yaml"
)

// manifest reads a manifest from testdata, such as "full/invoice".
func manifest(t *testing.T, name string) *unstructured.Unstructured {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", filepath.FromSlash(name)+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	object := &unstructured.Unstructured{}
	decode(t, string(content), &object.Object)

	return object
}

// minimal reads the smallest manifest of a kind that is accepted.
func minimal(t *testing.T, kind string) *unstructured.Unstructured {
	t.Helper()
	return manifest(t, "minimal/"+strings.ToLower(kind))
}

// fullNames names the manifests of a kind that together write every field of its spec.
func fullNames(t *testing.T, kind string) []string {
	t.Helper()
	var names []string
	lower := strings.ToLower(kind)
	for _, pattern := range []string{lower + ".yaml", lower + "-*.yaml"} {
		files, err := filepath.Glob(filepath.Join("testdata", "full", pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			names = append(names, "full/"+strings.TrimSuffix(filepath.Base(file), ".yaml"))
		}
	}
	if len(names) == 0 {
		t.Fatalf("there is no manifest of %s in testdata/full", kind)
	}

	return names
}

func decode(t *testing.T, document string, into *map[string]any) {
	t.Helper()
	content, err := yaml.YAMLToJSON([]byte(document))
	if err != nil {
		t.Fatalf("%v in:\n%s", err, document)
	}
	if err := utiljson.Unmarshal(content, into); err != nil {
		t.Fatalf("%v in:\n%s", err, document)
	}
}

// set writes fields into an object. They are a YAML map from paths, such as spec.plans.0.name, to
// values; null removes the field.
func set(t *testing.T, object *unstructured.Unstructured, fields string) {
	t.Helper()
	values := map[string]any{}
	decode(t, fields, &values)
	for _, path := range sortedKeys(values) {
		setPath(t, object.Object, strings.Split(path, "."), values[path])
	}
}

func setPath(t *testing.T, in any, path []string, value any) {
	t.Helper()
	switch container := in.(type) {
	case map[string]any:
		if len(path) > 1 {
			if container[path[0]] == nil {
				container[path[0]] = map[string]any{}
			}
			setPath(t, container[path[0]], path[1:], value)
			return
		}
		if value == nil {
			delete(container, path[0])
			return
		}
		container[path[0]] = value
	case []any:
		index, err := strconv.Atoi(path[0])
		if err != nil || index < 0 || index >= len(container) {
			t.Fatalf("there is no element %s in a list of %d", path[0], len(container))
		}
		if len(path) > 1 {
			setPath(t, container[index], path[1:], value)
			return
		}
		container[index] = value
	default:
		t.Fatalf("cannot set %s in %T", strings.Join(path, "."), in)
	}
}

// resource is the endpoint of a kind in the shared kube-apiserver.
func resource(t *testing.T, crd *apiextensionsv1.CustomResourceDefinition) dynamic.ResourceInterface {
	t.Helper()
	client, err := dynamic.NewForConfig(serverConfig(t))
	if err != nil {
		t.Fatal(err)
	}

	return endpointOf(client, crd)
}

// endpointOf is the endpoint of a kind in the namespace default, or in the cluster.
func endpointOf(client dynamic.Interface, crd *apiextensionsv1.CustomResourceDefinition) dynamic.ResourceInterface {
	endpoint := client.Resource(schema.GroupVersionResource{
		Group: crd.Spec.Group, Version: crd.Spec.Versions[0].Name, Resource: crd.Spec.Names.Plural,
	})
	if crd.Spec.Scope == apiextensionsv1.ClusterScoped {
		return endpoint
	}

	return endpoint.Namespace("default")
}

// dryRun makes the server validate and not store.
var dryRun = []string{metav1.DryRunAll}

// tryCreate returns what the server refuses when the object is created; nothing is stored.
func tryCreate(t *testing.T, endpoint dynamic.ResourceInterface, object *unstructured.Unstructured) []metav1.StatusCause {
	t.Helper()
	_, err := endpoint.Create(t.Context(), object, metav1.CreateOptions{DryRun: dryRun, FieldValidation: metav1.FieldValidationStrict})
	sameOffline(t, object, nil, err)

	return causes(t, err)
}

// create stores an object until the test ends.
func create(t *testing.T, endpoint dynamic.ResourceInterface, object *unstructured.Unstructured) *unstructured.Unstructured {
	t.Helper()
	created, err := endpoint.Create(t.Context(), object, metav1.CreateOptions{FieldValidation: metav1.FieldValidationStrict})
	if err != nil {
		t.Fatalf("the manifest that the test starts from was refused: %v", err)
	}
	ctx := context.WithoutCancel(t.Context())
	t.Cleanup(func() {
		if err := endpoint.Delete(ctx, created.GetName(), metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})

	return created
}

// causes takes apart why the server refused a write: one entry a field, none when it was accepted.
func causes(t *testing.T, err error) []metav1.StatusCause {
	t.Helper()
	if err == nil {
		return nil
	}
	var status *apierrors.StatusError
	if !errors.As(err, &status) || !apierrors.IsInvalid(err) || status.ErrStatus.Details == nil {
		t.Fatalf("the server did not judge the manifest: %v", err)
	}

	// This one only says that the server stopped at the others.
	return slices.DeleteFunc(status.ErrStatus.Details.Causes, func(cause metav1.StatusCause) bool {
		return strings.Contains(cause.Message, "some validation rules were not checked")
	})
}

var indexes = regexp.MustCompile(`\[[^\]]*\]`)

// schemaPath turns the field of a refusal, such as spec.plans[0].name, into the path of its schema.
func schemaPath(field string) string {
	if field == "<nil>" {
		return ""
	}

	return indexes.ReplaceAllString(field, "[]")
}
