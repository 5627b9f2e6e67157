// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package seatplanetest

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

const (
	// patience is how long a test waits on a busy machine, for example for a year of renewals.
	patience = time.Minute
	// pause is the time between two looks.
	pause = 5 * time.Millisecond
)

// T has the methods of a test that seatplanetest needs. *testing.T and ginkgo's GinkgoT() implement
// it.
type T interface {
	Helper()
	Cleanup(cleanup func())
	Context() context.Context
	Failed() bool
	Fatalf(format string, args ...any)
	Logf(format string, args ...any)
}

// Seatplane is a namespace of one test in a cluster with Seatplane. Its methods fail the test if they cannot do their
// work.
type Seatplane struct {
	// Namespace is the namespace of the test.
	Namespace string
	// Client reads from and writes to the API server, with all rights.
	Client client.Client
	// Config has the access of an administrator, for your own clients.
	Config *rest.Config

	t     T
	plane *plane
}

// New returns a namespace for a test. If the test fails, it logs the lines that the operator has logged
// since then.
func New(t T) *Seatplane {
	t.Helper()
	p, err := shared()
	if err != nil {
		t.Fatalf("seatplanetest: %v", err)
	}
	s := &Seatplane{
		Namespace: fmt.Sprintf("seatplanetest-%d", p.namespaces.Add(1)), Client: p.live, Config: rest.CopyConfig(p.config), t: t, plane: p,
	}
	began := p.said.count()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("seatplanetest: the operator said:\n%s", p.said.since(began))
		}
	})
	s.Create(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name: s.Namespace, Labels: map[string]string{v1alpha1.LabelTestClocks: v1alpha1.TestClocksAllowed},
	}})
	return s
}

// key returns the name of something in the namespace.
func (s *Seatplane) key(name string) types.NamespacedName {
	return types.NamespacedName{Namespace: s.Namespace, Name: name}
}

// Create creates objects, in order. Those without a namespace get that of the test.
func (s *Seatplane) Create(objects ...client.Object) {
	s.t.Helper()
	for _, object := range objects {
		s.place(object)
		if err := s.Client.Create(s.t.Context(), object); err != nil {
			s.t.Fatalf("seatplanetest: create %T %q: %v", object, object.GetName(), err)
		}
	}
}

// place puts an object into the namespace, if it has none and its kind has namespaces.
func (s *Seatplane) place(object client.Object) {
	s.t.Helper()
	namespaced, err := s.Client.IsObjectNamespaced(object)
	if err != nil {
		s.t.Fatalf("seatplanetest: look up the kind of %T %q: %v", object, object.GetName(), err)
	}
	if namespaced && object.GetNamespace() == "" {
		object.SetNamespace(s.Namespace)
	}
}

// Apply applies manifests in YAML, such as the file with your products. Objects without a namespace get that of the
// test.
func (s *Seatplane) Apply(manifests []byte) {
	s.t.Helper()
	decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(manifests), 4096)
	for n := 1; ; n++ {
		object := &unstructured.Unstructured{}
		err := decoder.Decode(&object.Object)
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			s.t.Fatalf("seatplanetest: document %d of the manifests: %v", n, err)
		}
		if len(object.Object) == 0 {
			continue
		}
		s.place(object)
		apply := client.ApplyConfigurationFromUnstructured(object)
		if err := s.Client.Apply(s.t.Context(), apply, client.FieldOwner("seatplanetest"), client.ForceOwnership); err != nil {
			s.t.Fatalf("seatplanetest: apply %s %q: %v", object.GetKind(), object.GetName(), err)
		}
	}
}

// Get reads an object of the namespace by its name into an empty one.
func (s *Seatplane) Get(name string, object client.Object) {
	s.t.Helper()
	key := s.key(name)
	if namespaced, err := s.Client.IsObjectNamespaced(object); err == nil && !namespaced {
		key.Namespace = ""
	}
	if err := s.Client.Get(s.t.Context(), key, object); err != nil {
		s.t.Fatalf("seatplanetest: read %T %q: %v", object, name, err)
	}
}

// Subscription reads a Subscription.
func (s *Seatplane) Subscription(name string) *v1alpha1.Subscription {
	s.t.Helper()
	subscription := &v1alpha1.Subscription{}
	s.Get(name, subscription)
	return subscription
}

// Invoices returns the invoices and credit notes of a Subscription, in the order in which they were issued.
func (s *Seatplane) Invoices(subscription string) []v1alpha1.Invoice {
	s.t.Helper()
	var list v1alpha1.InvoiceList
	s.list(&list, subscription)
	slices.SortFunc(list.Items, func(a, b v1alpha1.Invoice) int { return int(a.Spec.Sequence - b.Spec.Sequence) })
	return list.Items
}

// Updates returns the SubscriptionUpdates of a Subscription, those of users and those that the operator created, in the
// order of status.applyAt. Those whose time is not known come last, in the order of their names.
func (s *Seatplane) Updates(subscription string) []v1alpha1.SubscriptionUpdate {
	s.t.Helper()
	var list v1alpha1.SubscriptionUpdateList
	s.list(&list, subscription)
	slices.SortFunc(list.Items, func(a, b v1alpha1.SubscriptionUpdate) int {
		return cmp.Or(compareTimes(a.Status.ApplyAt, b.Status.ApplyAt), cmp.Compare(a.Name, b.Name))
	})
	return list.Items
}

// compareTimes orders times, with those that are not known last.
func compareTimes(a, b *metav1.Time) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return 1
	case b == nil:
		return -1
	default:
		return a.Compare(b.Time)
	}
}

// list reads the objects that belong to a Subscription.
func (s *Seatplane) list(list client.ObjectList, subscription string) {
	s.t.Helper()
	of := client.MatchingFields{"spec.subscriptionRef.name": subscription}
	if err := s.Client.List(s.t.Context(), list, client.InNamespace(s.Namespace), of); err != nil {
		s.t.Fatalf("seatplanetest: list %T of %q: %v", list, subscription, err)
	}
}

// WaitFor reads an object until done returns true. The object has a name and a namespace, such as one that Create was
// given. If it takes longer than a minute, the test fails and shows the object's conditions.
func (s *Seatplane) WaitFor(object client.Object, done func() bool) {
	s.t.Helper()
	s.wait(func() (string, error) {
		if err := s.Client.Get(s.t.Context(), client.ObjectKeyFromObject(object), object); err != nil {
			return "", err
		}
		if done() {
			return "", nil
		}
		return fmt.Sprintf("%T %q is not as it should be: %s", object, object.GetName(), conditionsOf(object)), nil
	})
}

// wait looks until nothing is waited for.
func (s *Seatplane) wait(look func() (waitsFor string, err error)) {
	s.t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for {
		waitsFor, err := look()
		if err != nil {
			s.t.Fatalf("seatplanetest: %v", err)
		}
		if waitsFor == "" {
			return
		}
		select {
		case <-time.After(pause):
		case <-deadline.C:
			s.t.Fatalf("seatplanetest: after %s: %s", patience, waitsFor)
		case <-s.plane.ended:
			s.t.Fatalf("seatplanetest: the operator has ended: %v", s.plane.err)
		case <-s.t.Context().Done():
			s.t.Fatalf("seatplanetest: %v: %s", s.t.Context().Err(), waitsFor)
		}
	}
}

// conditionsOf returns the conditions of an object, for people.
func conditionsOf(object client.Object) string {
	fields, err := toMap(object)
	if err != nil {
		return err.Error()
	}
	conditions, _, err := unstructured.NestedSlice(fields, "status", "conditions")
	if err != nil || len(conditions) == 0 {
		return "it has no conditions"
	}
	text := ""
	for _, each := range conditions {
		condition, _ := each.(map[string]any)
		text += fmt.Sprintf("\n  %v is %v (%v): %v", condition["type"], condition["status"], condition["reason"], condition["message"])
	}
	return text
}

// isReady reports whether an object is Ready for its present spec.
func isReady(conditions []metav1.Condition, observed, generation int64) bool {
	return observed == generation && meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionReady)
}

// toMap returns an object as maps and lists.
func toMap(object client.Object) (map[string]any, error) {
	return runtime.DefaultUnstructuredConverter.ToUnstructured(object)
}
