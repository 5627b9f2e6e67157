// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package gitops

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/internal/testing/health"
)

// tool is the field manager that GitOps tools stand for here.
const tool = "gitops"

// attempts covers what the operator writes by itself while we look, such as a product's totals.
const attempts = 5

// bundle is a kustomization, and the namespace of what names none; everything does where it is empty.
type bundle struct{ folder, namespace string }

// unready are the kinds that do not become ready in a test: nobody listens at the address of an EventSink, and the database
// of the sample's Archive does not exist.
var unready = []string{"EventSink", "Archive"}

// kubectl runs kubectl in the bundle's namespace.
func (b bundle) kubectl(t *testing.T, args ...string) string {
	t.Helper()
	out, err := ground.Kubectl.In(b.namespace).Run(t.Context(), args...)
	if err != nil {
		t.Fatalf("%s: %v", b.folder, err)
	}
	return out
}

// apply applies the bundle as Flux does, and Argo CD with ServerSideApply=true.
func (b bundle) apply(t *testing.T) {
	t.Helper()
	b.kubectl(t, "apply", "--server-side", "--field-manager="+tool, "-k", b.folder)
}

// rendered returns what the bundle holds, without its content.
func (b bundle) rendered(t *testing.T) []*unstructured.Unstructured {
	t.Helper()
	objects := decode(t, b.kubectl(t, "kustomize", b.folder))
	for _, object := range objects {
		namespaced, err := cluster.IsObjectNamespaced(object)
		if err != nil {
			t.Fatal(err)
		}
		if namespaced && object.GetNamespace() == "" {
			object.SetNamespace(b.namespace)
		}
	}
	return objects
}

// decode reads a stream of manifests.
func decode(t *testing.T, manifests string) []*unstructured.Unstructured {
	t.Helper()
	var objects []*unstructured.Unstructured
	decoder := yaml.NewYAMLOrJSONDecoder(strings.NewReader(manifests), 4096)
	for {
		object := &unstructured.Unstructured{}
		err := decoder.Decode(&object.Object)
		if errors.Is(err, io.EOF) {
			return objects
		}
		if err != nil {
			t.Fatal(err)
		}
		if len(object.Object) > 0 {
			objects = append(objects, object)
		}
	}
}

// live reads the bundle's objects from the API server.
func (b bundle) live(ctx context.Context, objects []*unstructured.Unstructured) ([]*unstructured.Unstructured, error) {
	var found []*unstructured.Unstructured
	for _, each := range objects {
		object := &unstructured.Unstructured{}
		object.SetGroupVersionKind(each.GroupVersionKind())
		if err := cluster.Get(ctx, client.ObjectKeyFromObject(each), object); err != nil {
			return nil, err
		}
		found = append(found, object)
	}
	return found, nil
}

// settle waits until everything in the bundle is Current, by kstatus, and Healthy or Suspended by the
// script for Argo CD.
func (b bundle) settle(t *testing.T, script string) {
	t.Helper()
	objects := b.rendered(t)
	var last error
	err := wait.PollUntilContextTimeout(t.Context(), 200*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
		last = b.allCurrent(ctx, objects)
		return last == nil, nil
	})
	if err != nil {
		t.Fatalf("%s does not come to rest: %v", b.folder, last)
	}
	found, err := b.live(t.Context(), objects)
	if err != nil {
		t.Fatal(err)
	}
	for _, object := range found {
		if !ours(object) {
			continue
		}
		status, message := argoHealth(t, script, object.Object)
		if mayWait := slices.Contains(unready, object.GetKind()); status != "Healthy" && (!mayWait || status != "Progressing") {
			t.Errorf("%s is %s for Argo CD: %s", named(object), status, message)
		}
	}
}

func ours(object *unstructured.Unstructured) bool {
	return object.GroupVersionKind().Group == "billing.seatplane.dev"
}

func named(object *unstructured.Unstructured) string {
	return object.GetKind() + " " + object.GetName()
}

// allCurrent says which object is missing or not Current.
func (b bundle) allCurrent(ctx context.Context, objects []*unstructured.Unstructured) error {
	found, err := b.live(ctx, objects)
	if err != nil {
		return err
	}
	for _, object := range found {
		is, err := health.Of(object)
		if err != nil {
			return err
		}
		if is != health.Current && !slices.Contains(unready, object.GetKind()) {
			return fmt.Errorf("%s is %s: %v", named(object), is, object.Object["status"])
		}
	}
	return nil
}

// versions returns the resourceVersion of each object.
func versions(objects []*unstructured.Unstructured) map[string]string {
	all := map[string]string{}
	for _, object := range objects {
		all[named(object)] = object.GetResourceVersion()
	}
	return all
}

// applied returns, of each object, when the tool last changed it and what it holds of it.
func applied(objects []*unstructured.Unstructured) map[string]metav1.ManagedFieldsEntry {
	all := map[string]metav1.ManagedFieldsEntry{}
	for _, object := range objects {
		for _, entry := range object.GetManagedFields() {
			if entry.Manager == tool {
				all[named(object)] = entry
			}
		}
	}
	return all
}

// requireNoDrift requires that applying the bundle again changes nothing, and that there is no difference
// to what it declares.
func (b bundle) requireNoDrift(t *testing.T) {
	t.Helper()
	objects := b.rendered(t)
	before, err := b.live(t.Context(), objects)
	if err != nil {
		t.Fatal(err)
	}
	if got := len(applied(before)); got != len(objects) {
		t.Errorf("%s: the tool manages %d of %d objects", b.folder, got, len(objects))
	}
	// Who changed what, and when, is kept in whole seconds.
	time.Sleep(time.Second)
	var diff string
	for range attempts {
		first, err := b.live(t.Context(), objects)
		if err != nil {
			t.Fatal(err)
		}
		b.apply(t)
		second, err := b.live(t.Context(), objects)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(applied(before), applied(second)); diff != "" {
			t.Fatalf("%s: applying it again changes what the tool manages:\n%s", b.folder, diff)
		}
		if diff = cmp.Diff(versions(first), versions(second)); diff == "" {
			break
		}
		time.Sleep(2 * time.Second)
	}
	if diff != "" {
		t.Errorf("%s: applying it again writes:\n%s", b.folder, diff)
	}
	if out := b.kubectl(t, "diff", "--server-side", "--field-manager="+tool, "-k", b.folder); out != "" {
		t.Errorf("%s: kubectl diff:\n%s", b.folder, out)
	}
}
