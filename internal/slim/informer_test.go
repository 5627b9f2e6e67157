// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package slim

import (
	"slices"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/tools/cache"
	fakecache "k8s.io/client-go/tools/cache/testing"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/index"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

// told notes what a handler is told.
type told struct{ lines []string }

func (t *told) note(what string, objects ...any) {
	for _, object := range objects {
		u, isWhole := object.(*v1alpha1.SubscriptionUpdate)
		if !isWhole {
			t.lines = append(t.lines, what+" of something else")
			continue
		}
		what += " " + u.Name + " " + string(u.Status.State)
	}
	t.lines = append(t.lines, what)
}

func (t *told) OnAdd(object any, _ bool)   { t.note("added", object) }
func (t *told) OnUpdate(before, after any) { t.note("changed", before, after) }
func (t *told) OnDelete(object any)        { t.note("deleted", object) }

// Whoever reads from an informer of records, or is told by it, sees whole objects, although finished ones are packed.
func TestInformerShowsWholeObjects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inState := func(name string, state v1alpha1.UpdateState) *v1alpha1.SubscriptionUpdate {
			return builders.MakeSubscriptionUpdate(name, "shop", "acme").With(func(u *v1alpha1.SubscriptionUpdate) {
				u.UID, u.Status.State = anUID, state
			}).Obj()
		}
		source := fakecache.NewFakeControllerSource()
		defer source.Shutdown()
		source.Add(inState("first", v1alpha1.UpdateApplied))
		subject := NewInformer(source, &v1alpha1.SubscriptionUpdate{}, 0, cache.Indexers{cache.NamespaceIndex: cache.MetaNamespaceIndexFunc})
		if err := subject.SetTransform(Transform); err != nil {
			t.Fatal(err)
		}
		byState := func(object any) ([]string, error) {
			return []string{string(object.(*v1alpha1.SubscriptionUpdate).Status.State)}, nil
		}
		if err := subject.AddIndexers(cache.Indexers{"state": byState}); err != nil {
			t.Fatal(err)
		}
		var heard told
		if _, err := subject.AddEventHandler(&heard); err != nil {
			t.Fatal(err)
		}
		go subject.RunWithContext(t.Context())
		synctest.Wait()
		source.Add(inState("second", v1alpha1.UpdatePending))
		synctest.Wait()
		source.Modify(inState("second", v1alpha1.UpdateRejected))
		synctest.Wait()
		source.Delete(inState("first", v1alpha1.UpdateApplied))
		synctest.Wait()

		want := []string{"added first Applied", "added second Pending", "changed second Pending second Rejected", "deleted first Applied"}
		if diff := cmp.Diff(want, heard.lines); diff != "" {
			t.Errorf("told (-want +got):\n%s", diff)
		}
		seesOne(t, subject.GetIndexer())
		inner := subject.(informer).SharedIndexInformer.GetIndexer()
		if _, isPacked := inner.List()[0].(packed); !isPacked {
			t.Errorf("what is stored is a %T", inner.List()[0])
		}
	})
}

// seesOne asks a store in every way for the one update that is left.
func seesOne(t *testing.T, from cache.Indexer) {
	t.Helper()
	byKey, exists, err := from.GetByKey("shop/second")
	if err != nil || !exists {
		t.Fatalf("found %t, %v", exists, err)
	}
	byObject, _, _ := from.Get(byKey)
	byIndex, _ := from.ByIndex("state", "Rejected")
	like, _ := from.Index("state", byKey)
	for way, found := range map[string][]any{"key": {byKey}, "object": {byObject}, "index": byIndex, "likeness": like, "list": from.List()} {
		if len(found) != 1 {
			t.Errorf("by %s: %d objects", way, len(found))
			continue
		}
		if u, isWhole := found[0].(*v1alpha1.SubscriptionUpdate); !isWhole || u.Spec.SubscriptionRef.Name != "acme" {
			t.Errorf("by %s: %v", way, found[0])
		}
	}
	if missing, exists, _ := from.GetByKey("shop/first"); exists || missing != nil {
		t.Errorf("what was deleted is still there: %v", missing)
	}
	values, err := from.GetIndexers()["state"](byKey)
	if err != nil || !cmp.Equal(values, []string{"Rejected"}) {
		t.Errorf("the index of a whole object: %v, %v", values, err)
	}
}

// Each index has values for lists in a namespace, and for lists in all of them where somebody makes such lists.
func TestIndexesOverAllNamespaces(t *testing.T) {
	cases := map[string]struct {
		reason, field string
		want          []string
	}{
		"In one":     {"a subscription's history is listed in its namespace", index.FieldSubscription, []string{"shop/acme"}},
		"Everywhere": {"a policy of the cluster concerns all namespaces", index.FieldOpenPolicy, []string{"shop/acme", "__all_namespaces/acme"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			subject := NewInformer(fakecache.NewFakeControllerSource(), &v1alpha1.SubscriptionUpdate{}, 0, cache.Indexers{})
			of := func(any) ([]string, error) { return []string{"shop/acme", "__all_namespaces/acme"}, nil }
			if err := subject.AddIndexers(cache.Indexers{"field:" + tc.field: of}); err != nil {
				t.Fatal(err)
			}
			inner := subject.(informer).SharedIndexInformer.GetIndexer()
			if err := inner.Add(builders.MakeSubscriptionUpdate("u", "shop", "acme").Obj()); err != nil {
				t.Fatal(err)
			}
			got := inner.ListIndexFuncValues("field:" + tc.field)
			slices.Sort(got)
			slices.Reverse(got)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
			_, err := subject.GetIndexer().ByIndex("field:"+tc.field, "__all_namespaces/acme")
			if refused := err != nil; refused != (len(tc.want) == 1) {
				t.Errorf("%s: a list in all namespaces: %v", tc.reason, err)
			}
		})
	}
}

// The last that is known of an object, when its deletion was missed, is whole too.
func TestTombstonesAreWhole(t *testing.T) {
	u := builders.MakeSubscriptionUpdate("first", "shop", "acme").With(func(u *v1alpha1.SubscriptionUpdate) {
		u.ResourceVersion, u.Status.State = "1", v1alpha1.UpdateApplied
	}).Obj()
	kept, _ := Transform(u)
	var got any
	handler := unpacking{cache.ResourceEventHandlerFuncs{DeleteFunc: func(object any) { got = object }}}
	handler.OnDelete(cache.DeletedFinalStateUnknown{Key: "shop/first", Obj: pack(kept)})
	last, isTombstone := got.(cache.DeletedFinalStateUnknown)
	if _, isWhole := last.Obj.(*v1alpha1.SubscriptionUpdate); !isTombstone || !isWhole {
		t.Errorf("got %#v", got)
	}
}
