// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/controlplane"
)

// starting is the API server while it starts: it serves a kind once it was asked so often for it.
type starting struct {
	meta.RESTMapper
	asked map[string]int
	after map[string]int
}

func (s *starting) RESTMapping(group schema.GroupKind, _ ...string) (*meta.RESTMapping, error) {
	s.asked[group.Kind]++
	if s.asked[group.Kind] <= s.after[group.Kind] {
		return nil, &meta.NoKindMatchError{GroupKind: group}
	}
	return &meta.RESTMapping{}, nil
}

func TestWaitForKinds(t *testing.T) {
	const never = 1000
	cases := map[string]struct {
		reason string
		after  map[string]int
		looks  int
		want   string
	}{
		"AtOnce": {reason: "an API server that serves all kinds is asked once", looks: 1},
		"Later": {
			reason: "one that starts too is waited for", after: map[string]int{"Invoice": 1, "TestClock": 20}, looks: 21,
		},
		"Never": {
			reason: "after a minute the manager ends, and says what to do", after: map[string]int{"Invoice": never, "TestClock": never},
			looks: 61,
			want: "the API server does not serve Invoice, TestClock of billing.seatplane.dev/v1alpha1, 1m0s after the manager " +
				"started. Install the CustomResourceDefinitions of this version of Seatplane: no matches for kind",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := &starting{asked: map[string]int{}, after: tc.after}
				got := ""
				if err := waitForKinds(t.Context(), server, discoveryPatience); err != nil {
					got = err.Error()
				}
				if !strings.HasPrefix(got, tc.want) || (got == "") != (tc.want == "") {
					t.Errorf("%s: got %q, want %q", tc.reason, got, tc.want)
				}
				// The last look may fall on the very end of the minute.
				if looks := server.asked["TestClock"]; looks != tc.looks && looks != tc.looks-1 {
					t.Errorf("%s: %d looks, want %d", tc.reason, looks, tc.looks)
				}
			})
		})
	}
}

func TestWaitForKindsEndsWithTheManager(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	stop()
	server := &starting{asked: map[string]int{}, after: map[string]int{"Invoice": 1000}}
	if err := waitForKinds(ctx, server, discoveryPatience); !errors.Is(err, context.Canceled) {
		t.Errorf("a manager that is stopped goes on waiting: %v", err)
	}
}

// A manager that starts before its CRDs are installed continues once they are, with the mapper that it has.
func TestStartsBeforeItsKinds(t *testing.T) {
	cluster, err := controlplane.Launch(controlplane.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cluster.Stop(); err != nil {
			t.Errorf("stopping the control plane: %v", err)
		}
	})
	http, err := rest.HTTPClientFor(cluster.Config)
	if err != nil {
		t.Fatal(err)
	}
	mapper, err := apiutil.NewDynamicRESTMapper(cluster.Config, http)
	if err != nil {
		t.Fatal(err)
	}
	err = waitForKinds(t.Context(), mapper, time.Nanosecond)
	if err == nil || !strings.Contains(err.Error(), "does not serve "+strings.Join(watchedKinds, ", ")) {
		t.Fatalf("without CRDs it says %v", err)
	}
	if err := cluster.InstallCRDs(); err != nil {
		t.Fatal(err)
	}
	if err := waitForKinds(t.Context(), mapper, discoveryPatience); err != nil {
		t.Errorf("with CRDs it says %v", err)
	}
}

// Every kind that the operator reads is waited for.
func TestWatchedKinds(t *testing.T) {
	served := map[string]bool{}
	for _, kind := range watchedKinds {
		served[kind] = true
	}
	for kind := range newScheme().KnownTypes(v1alpha1.GroupVersion) {
		isOurs := newScheme().Recognizes(v1alpha1.GroupVersion.WithKind(kind + "List"))
		if isOurs && !served[kind] {
			t.Errorf("nobody waits for %s", kind)
		}
	}
}
