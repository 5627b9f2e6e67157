// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package seatassignments

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/dataloader/listing"
)

func assignment(namespace, name, subscription, item, holder string) *v1alpha1.SeatAssignment {
	return &v1alpha1.SeatAssignment{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Spec: v1alpha1.SeatAssignmentSpec{
			SubscriptionRef: v1alpha1.LocalReference{Name: v1alpha1.ObjectName(subscription)},
			Item:            v1alpha1.EntryName(item),
			Holder:          v1alpha1.Holder{ID: holder},
		},
	}
}

func load(t *testing.T, funcs interceptor.Funcs, objects ...client.Object) (dataloader.Answer, error) {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	live := fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).WithInterceptorFuncs(funcs).Build()
	spec := &v1alpha1.DataLoader{SeatAssignments: &v1alpha1.SeatAssignmentsSource{}}
	scope := dataloader.Scope{Namespace: "shop", Product: "editor-seat"}
	return dataloader.NewRegistry(Provider{Live: live}).Load(t.Context(), scope, spec, dataloader.Request{Keys: []string{"acme/editors"}})
}

func TestLoad(t *testing.T) {
	leaving := assignment("shop", "e", "acme", "editors", "eve")
	now := metav1.Now()
	leaving.DeletionTimestamp, leaving.Finalizers = &now, []string{"example.com/wait"}
	got, err := load(t, interceptor.Funcs{},
		assignment("shop", "a", "acme", "editors", "ada"),
		assignment("shop", "b", "acme", "editors", "bob"),
		assignment("shop", "c", "acme", "editors", "ada"),
		assignment("shop", "d", "acme", "viewers", "ada"),
		leaving,
		assignment("shop", "f", "bolt", "editors", "ada"),
		assignment("other", "g", "acme", "editors", "gil"))
	want := dataloader.Answer{Queries: 1, Rows: []dataloader.Row{
		{Key: "acme/editors", Count: "2"}, {Key: "acme/viewers", Count: "1"}, {Key: "bolt/editors", Count: "1"},
	}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("holders count once an item, those who leave do not: %v\n%s", err, diff)
	}
}

func TestPages(t *testing.T) {
	pages := map[string]struct{ holder, next string }{"": {"ada", "1"}, "1": {"bob", "2"}, "2": {"eve", ""}}
	paged := func(failAt string) interceptor.Funcs {
		return interceptor.Funcs{List: func(_ context.Context, _ client.WithWatch, list client.ObjectList, options ...client.ListOption) error {
			var asked client.ListOptions
			asked.ApplyOptions(options)
			if asked.Limit != listing.PageSize || asked.Namespace != "shop" {
				t.Errorf("asked for %d in %q", asked.Limit, asked.Namespace)
			}
			if asked.Continue == failAt {
				return errors.New("connection reset by hunter2")
			}
			page := pages[asked.Continue]
			found := list.(*v1alpha1.SeatAssignmentList)
			found.Items, found.Continue = []v1alpha1.SeatAssignment{*assignment("shop", page.holder, "acme", "editors", page.holder)}, page.next
			return nil
		}}
	}
	got, err := load(t, paged("none"))
	want := dataloader.Answer{Queries: 3, Rows: []dataloader.Row{{Key: "acme/editors", Count: "3"}}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	if got, err := load(t, paged("2")); err == nil || len(got.Rows) > 0 {
		t.Errorf("a part of the pages is no answer: got %v, %v", got, err)
	}
}

func TestFailures(t *testing.T) {
	cases := map[string]struct {
		reason string
		err    error
		want   dataloader.Reason
		says   string
	}{
		"Forbidden": {"no permission", apierrors.NewForbidden(schema.GroupResource{Resource: "seatassignments"}, "", errors.New("hunter2")), dataloader.ReasonSourceError, "the operator is not permitted to list SeatAssignments in this namespace"},
		"Expired":   {"the list changed since", apierrors.NewResourceExpired("hunter2"), dataloader.ReasonSourceError, "listing SeatAssignments took so long that the list expired: the operator tries again later"},
		"Slow":      {"too slow", context.DeadlineExceeded, dataloader.ReasonSourceError, "listing SeatAssignments took longer than 1m0s"},
		"Down":      {"no API server", errors.New("dial tcp hunter2"), dataloader.ReasonSourceUnreachable, "SeatAssignments could not be listed from the API server"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, interceptor.Funcs{List: func(context.Context, client.WithWatch, client.ObjectList, ...client.ListOption) error { return tc.err }})
			if failure, ok := errors.AsType[*dataloader.Failure](err); !ok || failure.Reason != tc.want || failure.Message != tc.says {
				t.Errorf("%s: got %v", tc.reason, err)
			}
		})
	}
}

// TestTooMany has a list without end, and ends.
func TestTooMany(t *testing.T) {
	_, err := load(t, interceptor.Funcs{List: func(_ context.Context, _ client.WithWatch, list client.ObjectList, _ ...client.ListOption) error {
		found := list.(*v1alpha1.SeatAssignmentList)
		found.Items, found.Continue = make([]v1alpha1.SeatAssignment, listing.MaxObjects/4), "more"
		return nil
	}})
	if failure, ok := errors.AsType[*dataloader.Failure](err); !ok || !strings.Contains(failure.Message, "more than 1000000 SeatAssignments") {
		t.Errorf("got %v", err)
	}
}

// TestEnded has the context of the load end while its pages are listed.
func TestEnded(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	live := fake.NewClientBuilder().WithInterceptorFuncs(interceptor.Funcs{List: func(ctx context.Context, _ client.WithWatch, list client.ObjectList, _ ...client.ListOption) error {
		cancel()
		list.SetContinue("more")
		return ctx.Err()
	}}).Build()
	_, err := source{live: live, namespace: "shop"}.Load(ctx, dataloader.Request{})
	if err == nil {
		t.Error("the load went on")
	}
}
