// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1_test

import (
	"regexp"
	"sync"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/seatplane/seatplane/internal/manifests"
)

// offlineSchemas are compiled once for all rows.
var offlineSchemas = sync.OnceValues(manifests.LoadSchemas)

// sameOffline asserts that a manifest is accepted or refused without an API server as the API server did, in the same
// words. before is the object that is edited; nil for one that is created.
func sameOffline(t *testing.T, object, before *unstructured.Unstructured, answer error) {
	t.Helper()
	schemas, err := offlineSchemas()
	if err != nil {
		t.Fatal(err)
	}
	manifest := object.DeepCopy()
	if schemas.IsNamespaced(manifest.GroupVersionKind()) && manifest.GetNamespace() == "" {
		manifest.SetNamespace("default")
	}
	if manifest.GetName() == "" {
		// The API server generates a name before it validates.
		manifest.SetName(manifest.GetGenerateName() + "aaaaa")
	}
	_, offline := schemas.Admit(t.Context(), manifest, before)
	if text(offline) != text(answer) {
		t.Errorf("without an API server it is judged otherwise:\noffline: %s\nserver:  %s", text(offline), text(answer))
	}
}

// generatedName is a name that the API server generated for an object of these tests.
var generatedName = regexp.MustCompile(`"t-[a-z0-9]{5}"`)

// text returns the sentence of a refusal, with the same name in place of each generated one.
func text(err error) string {
	if err == nil {
		return "accepted"
	}
	return generatedName.ReplaceAllString(err.Error(), `"t-aaaaa"`)
}
