// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package transfer

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/testing/builders"
	"github.com/seatplane/seatplane/internal/testing/controlplane"
	"github.com/seatplane/seatplane/internal/testing/faults"
)

// stage is a real API server without any controller.
type stage struct {
	*testing.T
	client.Client
}

func newStage(t *testing.T) *stage {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := errors.Join(corev1.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		t.Fatal(err)
	}
	live, err := client.New(controlplane.Start(t), client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	return &stage{t, live}
}

func (s *stage) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

func (s *stage) namespace(name string) {
	s.Helper()
	s.must(s.Create(s.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}))
}

// put creates an object with its status.
func (s *stage) put(object client.Object) {
	s.Helper()
	wanted := object.DeepCopyObject().(client.Object)
	s.must(s.Create(s.Context(), object))
	wanted.SetResourceVersion(object.GetResourceVersion())
	wanted.SetUID(object.GetUID())
	s.must(s.Status().Update(s.Context(), wanted))
}

// fill makes one object of every kind and of every sort: subscriptions that are active and that are being deleted, and
// updates that are finished, open, owed, and without a subscription.
func (s *stage) fill(namespace string) {
	s.Helper()
	s.namespace(namespace)
	s.put(builders.MakeProrationPolicy("by-day", namespace, v1alpha1.RoundNearest).Obj())
	product := builders.MakeSeatProduct("seat", namespace).Plan("monthly", "EUR", "10").Obj()
	product.Status.Seats = ptr.To(int64(7))
	s.put(product)
	s.put(builders.MakeTestClock("clock", namespace, april).Obj())
	sink := &v1alpha1.EventSink{Spec: v1alpha1.EventSinkSpec{
		URL: "https://example.com", SigningSecretRefs: []v1alpha1.SecretKeyReference{{Name: "key", Key: "key"}},
	}}
	sink.Namespace, sink.Name = namespace, "sink"
	s.put(sink)
	owed := builders.MakeSubscriptionUpdate("owed", namespace, "acme").Increment("editors", 1).Obj()
	s.must(s.Create(s.Context(), owed))
	acme := builders.MakeSubscription("acme", namespace).Item("editors", "seat", "monthly", 5).Obj()
	acme.Finalizers = []string{v1alpha1.FinalizerSettle}
	acme.Status.Sequence, acme.Status.ObservedGeneration = 4, 1
	acme.Status.Outbox = []v1alpha1.Effect{{
		Type: v1alpha1.EffectMarkUpdate, Name: "owed", UID: owed.UID, Payload: &runtime.RawExtension{Raw: []byte(`{"state":"Applied"}`)},
	}}
	s.put(acme)
	leaving := builders.MakeSubscription("leaving", namespace).Item("editors", "seat", "monthly", 5).Obj()
	leaving.Finalizers = []string{v1alpha1.FinalizerSettle}
	s.put(leaving)
	s.must(s.Delete(s.Context(), leaving))
	for name, of := range map[string]string{"done": "acme", "orphan": "gone"} {
		update := builders.MakeSubscriptionUpdate(name, namespace, of).Increment("editors", 1).Obj()
		update.Status.State = v1alpha1.UpdateApplied
		s.put(update)
	}
	s.put(builders.MakeSubscriptionUpdate("open", namespace, "acme").Increment("editors", 1).Obj())
	s.must(s.Create(s.Context(), document(namespace)))
	s.put(builders.MakeSeatAssignment("ada", namespace, "acme", "editors").Obj())
}

func document(namespace string) *v1alpha1.Invoice {
	invoice := &v1alpha1.Invoice{Spec: v1alpha1.InvoiceSpec{
		SubscriptionRef: v1alpha1.SubscriptionReference{Name: "acme", UID: "acme-uid"}, Customer: v1alpha1.Customer{ID: "acme"},
		Type: v1alpha1.TypeInvoice, Reason: v1alpha1.InvoiceInitial, Sequence: 1, IssueTime: metav1.NewTime(april), Currency: "EUR",
		Subtotal: "50.00", CreditApplied: "0.00", AmountDue: "50.00", CreditBalanceAfter: "0.00",
	}}
	invoice.Namespace, invoice.Name = namespace, "acme-abcdef-000001"
	return invoice
}

// export returns the export of a namespace.
func (s *stage) export(namespace string) string {
	s.Helper()
	var text bytes.Buffer
	_, err := Export(s.Context(), s.Client, namespace, april, &text, nil)
	s.must(err)
	return text.String()
}

// elsewhere is an export with its objects in another namespace.
func (s *stage) elsewhere(text, namespace string) *File {
	s.Helper()
	file, err := Open(strings.NewReader(text))
	s.must(err)
	var objects []*unstructured.Unstructured
	s.must(file.each(func(object *unstructured.Unstructured) error {
		object.SetNamespace(namespace)
		objects = append(objects, object)
		return nil
	}, kinds...))
	moved, err := Open(strings.NewReader(writtenFrom(s.T, namespace, objects...)))
	s.must(err)
	return moved
}

// content is everything in a namespace that an import decides, as text, by kind and name.
func (s *stage) content(namespace string) map[string]string {
	s.Helper()
	found := map[string]string{}
	for _, kind := range kinds {
		list := &unstructured.UnstructuredList{}
		list.SetGroupVersionKind(gvk(kind + "List"))
		s.must(s.List(s.Context(), list, client.InNamespace(namespace)))
		for i := range list.Items {
			object := &list.Items[i]
			for _, effect := range outboxOf(object) {
				effect["uid"] = s.nameOf(namespace, effect["uid"])
			}
			deleted := object.GetDeletionTimestamp() != nil
			found[kind+"/"+object.GetName()] = fmt.Sprintf("%v %v %v deleted=%t %v %v", object.GetLabels(), object.GetAnnotations(),
				object.GetFinalizers(), deleted, object.Object["spec"], object.Object["status"])
		}
	}
	return found
}

// nameOf replaces the UID of an update by its name, if there is one.
func (s *stage) nameOf(namespace string, uid any) string {
	s.Helper()
	var list v1alpha1.SubscriptionUpdateList
	s.must(s.List(s.Context(), &list, client.InNamespace(namespace)))
	for i := range list.Items {
		if string(list.Items[i].UID) == uid {
			return list.Items[i].Name
		}
	}
	return "nobody"
}

// TestKilledAtAnyWrite: an import that is killed before or after any of its writes, and run again, leaves exactly what an
// undisturbed import leaves. Until the last write of a status is done, every object that a controller acts on is marked.
func TestKilledAtAnyWrite(t *testing.T) {
	s := newStage(t)
	s.fill("shop")
	text := s.export("shop")
	s.namespace("whole")
	undisturbed := faults.NewRun(nil)
	_, err := (&Importer{Client: undisturbed.Start().Client(s.Client)}).Import(t.Context(), s.elsewhere(text, "whole"))
	s.must(err)
	want := s.content("whole")
	if want["Subscription/acme"] == "" || !strings.Contains(want["Subscription/leaving"], "deleted=true") {
		t.Fatalf("the import lacks subscriptions: %v", want)
	}
	writes := undisturbed.Count()
	if writes < 25 {
		t.Fatalf("there were %d writes only", writes)
	}
	for at := 1; at <= writes; at++ {
		for _, fault := range []faults.Fault{faults.CrashBefore, faults.CrashAfter} {
			namespace := strings.ToLower(fmt.Sprintf("%s-%d", fault, at))
			s.namespace(namespace)
			file := s.elsewhere(text, namespace)
			run := faults.NewRun(faults.Plan{at: fault})
			if _, err := (&Importer{Client: run.Start().Client(s.Client)}).Import(t.Context(), file); !errors.Is(err, faults.ErrCrashed) {
				t.Fatalf("%s: the import was not killed: %v", namespace, err)
			}
			s.nothingActsEarly(namespace)
			if _, err := (&Importer{Client: run.Start().Client(s.Client)}).Import(t.Context(), file); err != nil {
				t.Fatalf("%s: the second attempt fails: %v", namespace, err)
			}
			if diff := gocmp.Diff(forget(want), forget(s.content(namespace))); diff != "" {
				t.Fatalf("%s (-undisturbed +killed):\n%s", namespace, diff)
			}
			count := run.Count()
			if _, err := (&Importer{Client: run.Start().Client(s.Client)}).Import(t.Context(), file); err != nil || run.Count() != count {
				t.Fatalf("%s: the third attempt writes %d times, %v", namespace, run.Count()-count, err)
			}
		}
	}
}

// forget drops the ID of the export, which differs between copies of an export in several namespaces.
func forget(content map[string]string) map[string]string {
	same := map[string]string{}
	for name, text := range content {
		at := strings.Index(text, "export:")
		if at >= 0 {
			text = text[:at] + text[at+len("export:")+idLength:]
		}
		same[name] = text
	}
	return same
}

// nothingActsEarly checks that no object is released before all statuses are in place.
func (s *stage) nothingActsEarly(namespace string) {
	s.Helper()
	var subscriptions v1alpha1.SubscriptionList
	var products v1alpha1.SeatProductList
	var updates v1alpha1.SubscriptionUpdateList
	s.must(errors.Join(s.List(s.Context(), &subscriptions, client.InNamespace(namespace)),
		s.List(s.Context(), &products, client.InNamespace(namespace)), s.List(s.Context(), &updates, client.InNamespace(namespace))))
	var released, unfinished []string
	for i := range subscriptions.Items {
		each := &subscriptions.Items[i]
		if !facts.IsImporting(each) {
			released = append(released, each.Name)
		}
		if facts.ImportedFrom(each) == "" {
			unfinished = append(unfinished, each.Name)
		}
	}
	for i := range products.Items {
		if each := &products.Items[i]; !facts.IsImporting(each) {
			released = append(released, each.Name)
		}
	}
	for i := range updates.Items {
		if each := &updates.Items[i]; facts.ImportedFrom(each) == "" {
			unfinished = append(unfinished, each.Name)
			if each.Spec.SubscriptionRef.Name == "gone" && !facts.IsImporting(each) {
				s.Fatalf("%s: the update %q is released without its status", namespace, each.Name)
			}
		}
	}
	if len(released) > 0 && (len(unfinished) > 0 || len(subscriptions.Items) < 2 || len(updates.Items) < 4) {
		s.Fatalf("%s: %v are released, while %v have no status yet, of %d subscriptions and %d updates", namespace, released,
			unfinished, len(subscriptions.Items), len(updates.Items))
	}
}

// TestImportRefuses: an import touches nothing where there is anything else.
func TestImportRefuses(t *testing.T) {
	s := newStage(t)
	s.fill("shop")
	text := s.export("shop")
	for name, tc := range map[string]struct {
		reason string
		there  func(namespace string) client.Object
		want   string
	}{
		"a subscription of its own": {
			"it may be billed already", func(ns string) client.Object {
				return builders.MakeSubscription("acme", ns).Item("editors", "seat", "monthly", 5).Obj()
			}, "does not come from this file",
		},
		"another product": {"it is not in the file", func(ns string) client.Object {
			return builders.MakeSeatProduct("other", ns).Plan("monthly", "EUR", "10").Obj()
		}, "does not come from this file"},
		"an update that is not in the file": {"it would apply", func(ns string) client.Object {
			return builders.MakeSubscriptionUpdate("other", ns, "acme").Increment("editors", 1).Obj()
		}, "is not in this file"},
		"an invoice with another amount": {"it is evidence", func(ns string) client.Object {
			other := document(ns)
			other.Spec.AmountDue, other.Spec.Subtotal = "60.00", "60.00"
			return other
		}, "differs from the file"},
	} {
		t.Run(name, func(t *testing.T) {
			s := &stage{t, s.Client}
			namespace := strings.ReplaceAll(name, " ", "-")
			s.namespace(namespace)
			s.must(s.Create(t.Context(), tc.there(namespace)))
			_, err := (&Importer{Client: s.Client}).Import(t.Context(), s.elsewhere(text, namespace))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("%s: got %v, want a refusal that says %q", tc.reason, err, tc.want)
			}
		})
	}
}

// TestOneOfTwoIsAhead: two imports of one file run at once, and one of them releases everything while the other one is
// still writing statuses. What the manager wrote since stays: a status of the file would undo what was billed.
func TestOneOfTwoIsAhead(t *testing.T) {
	s := newStage(t)
	s.fill("shop")
	text := s.export("shop")
	s.namespace("other")
	_, err := (&Importer{Client: s.Client}).Import(t.Context(), s.elsewhere(text, "other"))
	s.must(err)
	acme, open := &v1alpha1.Subscription{}, &v1alpha1.SubscriptionUpdate{}
	s.must(errors.Join(s.Get(t.Context(), client.ObjectKey{Namespace: "other", Name: "acme"}, acme),
		s.Get(t.Context(), client.ObjectKey{Namespace: "other", Name: "open"}, open)))
	acme.Status.Sequence, open.Status.State = 5, v1alpha1.UpdateApplied
	s.must(errors.Join(s.Status().Update(t.Context(), acme), s.Status().Update(t.Context(), open)))
	want := s.content("other")
	late := &Importer{Client: s.Client}
	late.begin(s.elsewhere(text, "other"))
	s.must(late.createAll(t.Context()))
	if diff := gocmp.Diff(want, s.content("other")); diff != "" {
		t.Errorf("the import that came late changed what was released (-before +after):\n%s", diff)
	}
}

// TestReleasedByHand: an object whose annotation somebody removed before its status was in place is not given one. A
// controller may act on it already.
func TestReleasedByHand(t *testing.T) {
	s := newStage(t)
	s.fill("shop")
	file := s.elsewhere(s.export("shop"), "other")
	s.namespace("other")
	half := faults.NewRun(faults.Plan{1: faults.CrashAfter})
	if _, err := (&Importer{Client: half.Start().Client(s.Client)}).Import(t.Context(), file); !errors.Is(err, faults.ErrCrashed) {
		t.Fatalf("the import was not killed: %v", err)
	}
	var policies v1alpha1.ProrationPolicyList
	s.must(s.List(t.Context(), &policies, client.InNamespace("other")))
	if len(policies.Items) != 1 || !facts.IsImporting(&policies.Items[0]) {
		t.Fatalf("the first write created %d policies", len(policies.Items))
	}
	// Objects are created side by side, so the status may have been written before the crash.
	policies.Items[0].Status = v1alpha1.ProrationPolicyStatus{}
	s.must(s.Status().Update(t.Context(), &policies.Items[0]))
	policies.Items[0].Annotations = nil
	s.must(s.Update(t.Context(), &policies.Items[0]))
	late := &Importer{Client: s.Client}
	late.begin(file)
	err := late.writeStatus(t.Context(), untyped(t, &policies.Items[0], kindPolicy), untyped(t, &policies.Items[0], kindPolicy))
	if err == nil || !strings.Contains(err.Error(), "somebody removed the annotation") {
		t.Errorf("got %v, want a refusal", err)
	}
}

// TestDeletedMeanwhile: a subscription that somebody deletes during an import that is killed does not keep the next attempt
// from its end. The manager then settles it, as it settles every subscription that is deleted.
func TestDeletedMeanwhile(t *testing.T) {
	s := newStage(t)
	s.fill("shop")
	file := s.elsewhere(s.export("shop"), "other")
	s.namespace("other")
	late := &Importer{Client: s.Client}
	late.begin(file)
	s.must(late.createAll(t.Context()))
	acme := &v1alpha1.Subscription{}
	s.must(s.Get(t.Context(), client.ObjectKey{Namespace: "other", Name: "acme"}, acme))
	s.must(s.Delete(t.Context(), acme))
	_, err := (&Importer{Client: s.Client}).Import(t.Context(), file)
	s.must(err)
	s.must(s.Get(t.Context(), client.ObjectKeyFromObject(acme), acme))
	if facts.IsImporting(acme) || acme.DeletionTimestamp.IsZero() {
		t.Error("the subscription would never be settled")
	}
}

// TestReleaseGoesOnBesideOthers: an import that was killed while it released objects comes to its end, although users have
// created objects since.
func TestReleaseGoesOnBesideOthers(t *testing.T) {
	s := newStage(t)
	s.fill("shop")
	file := s.elsewhere(s.export("shop"), "other")
	s.namespace("other")
	_, err := (&Importer{Client: s.Client}).Import(t.Context(), file)
	s.must(err)
	s.must(s.Create(t.Context(), builders.MakeSeatProduct("another", "other").Plan("monthly", "EUR", "10").Obj()))
	acme := &v1alpha1.Subscription{}
	s.must(s.Get(t.Context(), client.ObjectKey{Namespace: "other", Name: "acme"}, acme))
	acme.Annotations = map[string]string{v1alpha1.AnnotationImporting: file.ID}
	s.must(s.Update(t.Context(), acme))
	_, err = (&Importer{Client: s.Client}).Import(t.Context(), file)
	s.must(err)
	s.must(s.Get(t.Context(), client.ObjectKeyFromObject(acme), acme))
	if facts.IsImporting(acme) {
		t.Error("the subscription is still paused, and nothing would ever release it")
	}
}

// TestFieldsOfANewerVersion: what this cluster does not know is refused. Without it, something else would be billed.
func TestFieldsOfANewerVersion(t *testing.T) {
	for name, path := range map[string][]string{
		"in a spec": {"spec", "discountOfTomorrow"}, "in a status": {"status", "balanceOfTomorrow"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			s.namespace("shop")
			seat := born(untyped(t, builders.MakeSeatProduct("seat", "shop").Plan("monthly", "EUR", "10").Obj(), kindProduct), "p-1")
			acme := born(untyped(t, builders.MakeSubscription("acme", "shop").Item("editors", "seat", "monthly", 5).Obj(), kindSubscription), "s-1")
			s.must(unstructured.SetNestedField(acme.Object, "10.00", path...))
			file, err := Open(strings.NewReader(written(t, seat, acme)))
			s.must(err)
			_, err = (&Importer{Client: s.Client}).Import(t.Context(), file)
			if err == nil || !strings.Contains(err.Error(), path[1]) || !strings.Contains(err.Error(), "a newer one") {
				t.Errorf("got %v, want a refusal that names %s", err, path[1])
			}
		})
	}
}

// TestExportIsOneInstant: objects that change while an export is written are in it as they were when it began.
func TestExportIsOneInstant(t *testing.T) {
	s := newStage(t)
	s.fill("shop")
	before := s.export("shop")
	if again := s.export("shop"); again != before {
		t.Errorf("two exports of the same objects differ:\n%s", gocmp.Diff(before, again))
	}
	var text bytes.Buffer
	changed := false
	_, err := Export(t.Context(), s.Client, "shop", april, &text, func(int) {
		if changed {
			return
		}
		changed = true
		// The first page was written. Everything after it changes.
		s.must(s.Create(t.Context(), builders.MakeSubscriptionUpdate("late", "shop", "acme").Increment("editors", 1).Obj()))
		s.must(s.Delete(t.Context(), document("shop")))
		acme := &v1alpha1.Subscription{}
		s.must(s.Get(t.Context(), client.ObjectKey{Namespace: "shop", Name: "acme"}, acme))
		acme.Status.Sequence = 99
		s.must(s.Status().Update(t.Context(), acme))
	})
	s.must(err)
	if diff := gocmp.Diff(before, text.String()); diff != "" || !changed {
		t.Errorf("the export has what changed after it began (-want +got):\n%s", diff)
	}
	file, err := Open(strings.NewReader(before))
	s.must(err)
	var order []key
	s.must(file.each(func(object *unstructured.Unstructured) error {
		order = append(order, keyOf(object))
		return nil
	}, kinds...))
	sorted := slices.IsSortedFunc(order, func(a, b key) int {
		return cmp.Or(cmp.Compare(slices.Index(kinds, a.kind), slices.Index(kinds, b.kind)), cmp.Compare(a.name, b.name))
	})
	if !sorted || len(order) != 12 {
		t.Errorf("the export has %d objects, sorted: %t", len(order), sorted)
	}
}

// TestExpired: an export that takes too long is refused, because what it listed first is no longer kept.
func TestExpired(t *testing.T) {
	expired := expiring{apierrors.NewResourceExpired("The provided continue parameter is too old.")}
	_, err := Export(t.Context(), expired, "shop", april, &bytes.Buffer{}, nil)
	if !errors.Is(err, ErrExpired) {
		t.Errorf("got %v, want %v", err, ErrExpired)
	}
}

// expiring answers every list with an error.
type expiring struct{ err error }

func (e expiring) Get(context.Context, client.ObjectKey, client.Object, ...client.GetOption) error {
	return e.err
}

func (e expiring) List(context.Context, client.ObjectList, ...client.ListOption) error {
	return e.err
}
