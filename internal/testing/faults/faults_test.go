// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
)

func configMap(name string) *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: name}}
}

func exists(t *testing.T, c client.Client, name string) bool {
	t.Helper()
	err := c.Get(t.Context(), client.ObjectKey{Namespace: "ns", Name: name}, &corev1.ConfigMap{})
	if client.IgnoreNotFound(err) != nil {
		t.Fatal(err)
	}
	return err == nil
}

func TestFaultsOfACreate(t *testing.T) {
	cases := map[string]struct {
		reason   string
		fault    Fault
		happened bool
		crashed  bool
		is       func(error) bool
	}{
		"none":      {"a write without a fault goes through", "", true, false, func(err error) bool { return err == nil }},
		"before":    {"nothing is sent", CrashBefore, false, true, func(err error) bool { return errors.Is(err, ErrCrashed) }},
		"after":     {"it happened, and nobody knows", CrashAfter, true, true, func(err error) bool { return errors.Is(err, ErrCrashed) }},
		"ambiguous": {"it happened, and the process continues", Ambiguous, true, false, apierrors.IsTimeout},
		"conflict":  {"answered, not sent", Conflict, false, false, apierrors.IsConflict},
		"429":       {"answered, not sent", TooManyRequests, false, false, apierrors.IsTooManyRequests},
		"500":       {"answered, not sent", InternalError, false, false, apierrors.IsInternalError},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			real := fake.NewClientBuilder().Build()
			run := NewRun(Plan{1: tc.fault})
			process := run.Start()
			c := process.Client(real)

			object := configMap("a")
			err := c.Create(t.Context(), object)
			if !tc.is(err) {
				t.Errorf("%s: got %v", tc.reason, err)
			}
			if got := exists(t, real, "a"); got != tc.happened {
				t.Errorf("%s: happened %t, want %t", tc.reason, got, tc.happened)
			}
			if err != nil && object.ResourceVersion != "" {
				t.Errorf("%s: the lost reply filled in the object", tc.reason)
			}
			if process.Crashed() != tc.crashed {
				t.Errorf("%s: crashed %t, want %t", tc.reason, process.Crashed(), tc.crashed)
			}
		})
	}
}

// everyCall calls each method that reaches the API server.
func everyCall(ctx context.Context, c client.Client, r client.Reader) map[string]error {
	o := configMap("a")
	none := client.RawPatch("application/merge-patch+json", []byte(`{}`))
	return map[string]error{
		"get":          c.Get(ctx, client.ObjectKeyFromObject(o), o),
		"list":         c.List(ctx, &corev1.ConfigMapList{}),
		"live get":     r.Get(ctx, client.ObjectKeyFromObject(o), o),
		"live list":    r.List(ctx, &corev1.ConfigMapList{}),
		"create":       c.Create(ctx, o),
		"update":       c.Update(ctx, o),
		"patch":        c.Patch(ctx, o, none),
		"delete":       c.Delete(ctx, o),
		"deleteAllOf":  c.DeleteAllOf(ctx, o),
		"status":       c.Status().Update(ctx, o),
		"patch status": c.Status().Patch(ctx, o, none),
	}
}

func TestACrashedProcessStaysDown(t *testing.T) {
	real := fake.NewClientBuilder().Build()
	run := NewRun(nil)
	process := run.Start()
	process.Crash()
	for call, err := range everyCall(t.Context(), process.Client(real), process.Reader(real)) {
		if !errors.Is(err, ErrCrashed) {
			t.Errorf("%s: got %v", call, err)
		}
	}
	if run.Count() != 0 {
		t.Errorf("a crashed process wrote: %v", run.Writes())
	}
	if err := run.Start().Client(real).Create(t.Context(), configMap("a")); err != nil {
		t.Errorf("its successor cannot write: %v", err)
	}
}

func TestWritesAreNumberedAcrossProcesses(t *testing.T) {
	real := fake.NewClientBuilder().Build()
	run := NewRun(Plan{2: CrashBefore, 3: Conflict, 9: Conflict})
	for range 2 {
		c := run.Start().Client(real)
		_ = client.IgnoreAlreadyExists(c.Create(t.Context(), configMap("a")))
		_ = c.Update(t.Context(), configMap("b"))
	}

	type entry struct {
		Number, Process int
		What            string
		Fault           Fault
		Forwarded       bool
	}
	var got []entry
	for _, w := range run.Writes() {
		got = append(got, entry{w.Number, w.Process, w.String(), w.Fault, w.Forwarded})
	}
	want := []entry{
		{1, 1, "create ConfigMap ns/a", "", true},
		{2, 1, "update ConfigMap ns/b", CrashBefore, false},
		{3, 2, "create ConfigMap ns/a", Conflict, false},
		{4, 2, "update ConfigMap ns/b", "", true},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("writes (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int{9}, run.Unmet()); diff != "" {
		t.Errorf("unmet (-want +got):\n%s", diff)
	}
}

func TestStatusWritesAreRecorded(t *testing.T) {
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "p"}}
	real := fake.NewClientBuilder().WithObjects(pod).WithStatusSubresource(pod).Build()
	run := NewRun(nil)
	c := run.Start().Client(real)
	if err := c.Get(t.Context(), client.ObjectKeyFromObject(pod), pod); err != nil {
		t.Fatal(err)
	}
	pod.Status.Message = "written"
	if err := c.Status().Update(t.Context(), pod); err != nil {
		t.Fatal(err)
	}
	if got := run.Writes()[0].String(); got != "update Pod/status ns/p" {
		t.Errorf("got %q", got)
	}
}
