// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package snapshot_test

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/offline"
	"github.com/seatplane/seatplane/internal/record"
	"github.com/seatplane/seatplane/internal/snapshot"
)

// busy is a cluster in which the operator applies an update between two lists. Version 1 has the update open, and version 2
// has it as a part of the subscription.
type busy struct {
	client.Reader
	t *testing.T
	// now is the version that a list without one gets.
	now string
	// expired are versions that are no longer kept.
	expired string
}

func (b *busy) List(_ context.Context, list client.ObjectList, options ...client.ListOption) error {
	asked := (&client.ListOptions{}).ApplyOptions(options).AsListOptions()
	version := b.now
	if asked.ResourceVersion != "" {
		if asked.ResourceVersionMatch != metav1.ResourceVersionMatchExact {
			b.t.Errorf("%T is asked for with %q", list, asked.ResourceVersionMatch)
		}
		version = asked.ResourceVersion
	}
	if asked.ResourceVersion != "" && version == b.expired {
		return apierrors.NewResourceExpired("too old")
	}
	list.SetResourceVersion(version)
	isApplied := version != "1"
	switch list := list.(type) {
	case *v1alpha1.SubscriptionUpdateList:
		u := v1alpha1.SubscriptionUpdate{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "more", UID: "u"}}
		u.Spec.SubscriptionRef.Name = "acme"
		if isApplied {
			u.Status.State = v1alpha1.UpdateApplied
		}
		list.Items = append(list.Items, u)
		b.now = "2"
	case *v1alpha1.SubscriptionList:
		s := v1alpha1.Subscription{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "acme", UID: "s"}}
		s.Status.Seats = ptr.To(int64(10))
		if isApplied {
			s.Status.Seats = ptr.To(int64(12))
		}
		list.Items = append(list.Items, s)
	}
	return nil
}

// An update that is applied while a cluster is read is either open, or part of the subscription. Both would charge it twice.
func TestAClusterIsReadAtOneInstant(t *testing.T) {
	source, err := snapshot.Cluster(t.Context(), &busy{t: t, now: "1"}, "shop", noon)
	if err != nil {
		t.Fatal(err)
	}
	err = source.Each(t.Context(), func(of offline.Case) error {
		if isApplied := *of.Subscription.Status.Seats == 12; isApplied == (len(of.Updates) == 1) {
			t.Errorf("%d seats, and %d open updates", *of.Subscription.Status.Seats, len(of.Updates))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// What the API server no longer has is not replaced by what it has now.
func TestAClusterThatIsReadTooSlowly(t *testing.T) {
	if _, err := snapshot.Cluster(t.Context(), &busy{t: t, now: "1", expired: "1"}, "shop", noon); !errors.Is(err, snapshot.ErrExpired) {
		t.Errorf("got %v", err)
	}
}

// listed is a cluster with some subscriptions and nothing else.
type listed struct {
	client.Reader
	subscriptions []v1alpha1.Subscription
}

func (l listed) List(_ context.Context, list client.ObjectList, _ ...client.ListOption) error {
	if list, is := list.(*v1alpha1.SubscriptionList); is {
		list.Items = l.subscriptions
	}
	return nil
}

// What the operator leaves alone is not computed as if it did not, from a cluster or from a snapshot.
func TestWhatTheOperatorLeavesAlone(t *testing.T) {
	restored := func(name, billed, importing string) v1alpha1.Subscription {
		s := v1alpha1.Subscription{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: name, UID: types.UID(name)}}
		if importing != "" {
			s.Annotations = map[string]string{v1alpha1.AnnotationImporting: importing}
		}
		s.Status.RecentInvoice = &v1alpha1.InvoiceSummary{Name: v1alpha1.ObjectName(record.InvoiceName(name, billed, 1))}
		return s
	}
	reader := listed{subscriptions: []v1alpha1.Subscription{restored("fine", "fine", ""), restored("foreign", "other", ""), restored("importing", "importing", "e1")}}
	source, err := snapshot.Cluster(t.Context(), reader, "shop", noon)
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if _, err := snapshot.Write(t.Context(), &text, source, nil); err != nil {
		t.Fatal(err)
	}
	_, cases, err := read(t.Context(), text.String())
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, of := range cases {
		if _, err := source.Catalogue.Objects(of, noon); err != nil {
			got[of.Subscription.Name] = err.Error()
		}
	}
	want := map[string]string{
		"foreign":   "the operator leaves it alone, because its status was written for another object: see its condition Ready",
		"importing": "the operator leaves it alone until its import is finished",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
