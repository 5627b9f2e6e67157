// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// TestImportFailed: an import that was refused says what to do about it. Not every refusal is about rights.
func TestImportFailed(t *testing.T) {
	forbidden := func(why string) error {
		return apierrors.NewForbidden(schema.GroupResource{Group: "billing.seatplane.dev", Resource: "subscriptions"}, "acme", errors.New(why))
	}
	terminating := apierrors.NewForbidden(schema.GroupResource{Resource: "subscriptions"}, "acme", errors.New("the namespace shop is being terminated"))
	terminating.ErrStatus.Details.Causes = []metav1.StatusCause{{Type: corev1.NamespaceTerminatingCause}}
	for name, tc := range map[string]struct {
		reason string
		err    error
		want   string
	}{
		"no rights":        {"RBAC refuses", forbidden(`User "zoe" cannot create resource "subscriptions" in API group "billing.seatplane.dev"`), "bind the role seatplane-importer"},
		"another account":  {"the policies refuse", forbidden("ValidatingAdmissionPolicy 'seatplane-imports' with binding 'seatplane-imports' denied request: it is"), "--as="},
		"no namespace":     {"it has to exist", apierrors.NewNotFound(schema.GroupResource{Resource: "namespaces"}, "shop"), ""},
		"terminating":      {"rights do not help", terminating, "wait until the namespace is gone"},
		"quota":            {"rights do not help", forbidden("exceeded quota: objects, requested: 1, used: 5, limited: 5"), "raise the quota"},
		"somebody's hook":  {"rights do not help", forbidden("labels are missing"), "change whatever refuses this object"},
		"a hook, bad":      {"a webhook without a code", &apierrors.StatusError{ErrStatus: metav1.Status{Reason: metav1.StatusReasonBadRequest, Code: http.StatusBadRequest, Message: `admission webhook "x.io" denied the request: no`}}, "change whatever refuses this object"},
		"something else":   {"there is nothing to add", errors.New("the disk is full"), "the disk is full"},
		"somebody's rules": {"rights do not help", forbidden("ValidatingAdmissionPolicy 'owners' with binding 'owners' denied request: no owner"), "change whatever refuses this object"},
	} {
		t.Run(name, func(t *testing.T) {
			got := importFailed(fmt.Errorf("Subscription shop/acme: %w", tc.err)).Error()
			if !strings.Contains(got, tc.want) || !strings.Contains(got, tc.err.Error()) {
				t.Errorf("%s: got %q, want the error and %q", tc.reason, got, tc.want)
			}
		})
	}
}

// TestWaitsAfterAnImport: what waits for a sink is found by the sink's identity. Its UID is another one after an import.
func TestWaitsAfterAnImport(t *testing.T) {
	all := eventful("https://hooks.example.com")
	sink := books("https://hooks.example.com")
	sink.UID = "present"
	sink.Status.Imported = &v1alpha1.Imported{Export: "0123456789abcdef", UID: "s1"}
	all["eventsinks"] = []any{sink}
	code, out, said := newStub(t, all).run("events", "list", "books")
	if code != Done {
		t.Fatalf("exit code %d: %s", code, said)
	}
	if n := strings.Count(out, " yes "); n != 1 {
		t.Errorf("%d events wait, want the one after the cursor: %s", n, out)
	}
}
