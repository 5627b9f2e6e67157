// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package namespaces_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/seatplane/seatplane/internal/namespaces"
	"github.com/seatplane/seatplane/internal/testing/controlplane"
)

// shard is the label that selects.
const shard = "billing.seatplane.dev/shard"

// selection is a cache of the namespaces with the label shard=a, on a real API server.
type selection struct {
	*testing.T
	live  client.Client
	cache *namespaces.Cache

	mu sync.Mutex
	// told are the objects that a handler was told of, and left the namespaces that are watched no longer.
	told, left []string
}

// field is an index of ConfigMaps by their owner.
const field = "data.owner"

func open(t *testing.T, config *rest.Config) *selection {
	t.Helper()
	http, err := rest.HTTPClientFor(config)
	must(t, err)
	mapper, err := apiutil.NewDynamicRESTMapper(config, http)
	must(t, err)
	live, err := client.New(config, client.Options{})
	must(t, err)
	selector, err := labels.Parse(shard + "=a")
	must(t, err)
	made, err := namespaces.Selected(selector)(config, cache.Options{Scheme: clientgoscheme.Scheme, Mapper: mapper, HTTPClient: http})
	must(t, err)
	return &selection{T: t, live: live, cache: made.(*namespaces.Cache)}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// start starts the cache with a handler of ConfigMaps, as a controller does.
func (s *selection) start() {
	s.Helper()
	ctx := s.Context()
	must(s.T, s.cache.IndexField(ctx, &corev1.ConfigMap{}, field, func(object client.Object) []string {
		return []string{object.(*corev1.ConfigMap).Data["owner"]}
	}))
	s.cache.OnLeave(func(namespace string) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.left = append(s.left, namespace)
	})
	go func() { _ = s.cache.Start(ctx) }()
	informer, err := s.cache.GetInformer(ctx, &corev1.ConfigMap{})
	must(s.T, err)
	handler, err := informer.AddEventHandlerWithOptions(toolscache.ResourceEventHandlerFuncs{AddFunc: func(object any) {
		// What a handler is told of can be read, with all that is in its namespace.
		key := client.ObjectKeyFromObject(object.(*corev1.ConfigMap))
		if err := s.cache.Get(ctx, key, &corev1.ConfigMap{}); err != nil {
			s.Errorf("told of %s, which cannot be read: %v", key, err)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.told = append(s.told, key.String())
	}}, toolscache.HandlerOptions{})
	must(s.T, err)
	if !s.cache.WaitForCacheSync(ctx) || !toolscache.WaitForCacheSync(ctx.Done(), handler.HasSynced) {
		s.Fatal("the cache does not sync")
	}
}

func (s *selection) namespace(name string, labels map[string]string) {
	s.Helper()
	must(s.T, s.live.Create(s.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}}))
	must(s.T, s.live.Create(s.Context(), &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Namespace: name, Name: "counts"}, Data: map[string]string{"owner": "acme"},
	}))
}

// label moves a namespace to a shard, or to none.
func (s *selection) label(name, to string) {
	s.Helper()
	value := "null"
	if to != "" {
		value = fmt.Sprintf("%q", to)
	}
	patch := fmt.Appendf(nil, `{"metadata":{"labels":{%q:%s}}}`, shard, value)
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	must(s.T, s.live.Patch(s.Context(), namespace, client.RawPatch(types.MergePatchType, patch)))
}

func (s *selection) eventually(what string, holds func() bool) {
	s.Helper()
	for deadline := time.Now().Add(30 * time.Second); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.Fatalf("never: %s", what)
		}
	}
}

// owned lists what the index finds in all namespaces that are watched.
func (s *selection) owned() []string {
	s.Helper()
	var list corev1.ConfigMapList
	must(s.T, s.cache.List(s.Context(), &list, client.MatchingFields{field: "acme"}))
	var found []string
	for i := range list.Items {
		found = append(found, client.ObjectKeyFromObject(&list.Items[i]).String())
	}
	slices.Sort(found)
	return found
}

func (s *selection) seen() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(slices.Values(s.told))
}

// A namespace is watched while it has the label, from the first read of all of it until the label goes.
func TestFollowsLabels(t *testing.T) {
	s := open(t, controlplane.Start(t))
	s.namespace("first", map[string]string{shard: "a"})
	s.namespace("other", map[string]string{shard: "b"})
	s.start()

	want := func(reason string, watched ...string) {
		t.Helper()
		if diff := cmp.Diff(watched, s.owned()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", reason, diff)
		}
	}
	want("only what is selected is in memory", "first/counts")
	if diff := cmp.Diff([]string{"first/counts"}, s.seen()); diff != "" {
		t.Errorf("the handler is told of it before it counts as synced (-want +got):\n%s", diff)
	}
	s.requireNotWatched("other")

	s.label("other", "a")
	s.eventually("the handler is told of the namespace that gained the label", func() bool { return len(s.seen()) == 2 })
	want("it is watched beside the first", "first/counts", "other/counts")

	s.label("first", "")
	s.eventually("the namespace that lost the label is forgotten", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return slices.Equal(s.left, []string{"first"})
	})
	want("the other one stays", "other/counts")
	s.requireNotWatched("first")

	s.label("first", "a")
	s.eventually("it comes back", func() bool { return len(s.seen()) == 3 })
	want("with all that is in it", "first/counts", "other/counts")

	s.namespace("late", map[string]string{shard: "a"})
	s.eventually("a namespace that is new", func() bool { return slices.Contains(s.seen(), "late/counts") })
	must(t, s.cache.Get(t.Context(), client.ObjectKey{Name: "other"}, &corev1.Namespace{}))
	t.Run("gate", s.gates)
}

// requireNotWatched requires that nobody takes an object for gone whose namespace is not watched.
func (s *selection) requireNotWatched(namespace string) {
	s.Helper()
	var unknown *namespaces.NotWatchedError
	err := s.cache.Get(s.Context(), client.ObjectKey{Namespace: namespace, Name: "counts"}, &corev1.ConfigMap{})
	if !errors.As(err, &unknown) || unknown.Namespace != namespace {
		s.Errorf("reading in %s: got %v, want a NotWatchedError", namespace, err)
	}
	err = s.cache.List(s.Context(), &corev1.ConfigMapList{}, client.InNamespace(namespace))
	if !errors.As(err, &unknown) {
		s.Errorf("listing in %s: got %v, want a NotWatchedError", namespace, err)
	}
}

// gates makes passes through the gate: in a namespace that is watched, in one that is not, and in none.
func (s *selection) gates(t *testing.T) {
	failed := errors.New("the pass failed")
	for name, c := range map[string]struct {
		reason    string
		namespace string
		err, want error
		passes    int
	}{
		"watched":     {reason: "it is ours", namespace: "other", passes: 1},
		"fails":       {reason: "its errors are its own", namespace: "other", err: failed, want: failed, passes: 1},
		"lost":        {reason: "another manager goes on", namespace: "other", err: fmt.Errorf("read: %w", &namespaces.NotWatchedError{Namespace: "other"}), passes: 1},
		"not watched": {reason: "it is not ours", namespace: "elsewhere"},
		"cluster":     {reason: "what is in no namespace is everybody's", passes: 1},
		"cluster, lost": {
			reason: "a namespace that it read went in the midst: it tries again", passes: 1,
			err: &namespaces.NotWatchedError{Namespace: "other"}, want: &namespaces.NotWatchedError{Namespace: "other"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			passes := 0
			gated := namespaces.Gate(s.cache, reconcile.Func(func(context.Context, reconcile.Request) (reconcile.Result, error) {
				passes++
				return reconcile.Result{}, c.err
			}))
			_, err := gated.Reconcile(t.Context(), reconcile.Request{NamespacedName: types.NamespacedName{Namespace: c.namespace, Name: "acme"}})
			if passes != c.passes || fmt.Sprint(err) != fmt.Sprint(c.want) {
				t.Errorf("%s: %d passes and %v, want %d and %v", c.reason, passes, err, c.passes, c.want)
			}
		})
	}
}
