// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package wake

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

func version(of string) *v1alpha1.Subscription {
	return &v1alpha1.Subscription{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "acme", ResourceVersion: of}}
}

func TestOwn(t *testing.T) {
	name := client.ObjectKeyFromObject(version(""))
	cases := map[string]struct {
		reason string
		did    func(*Own)
		event  string
		want   bool
	}{
		"Own":      {reason: "the pass knows what it wrote", did: func(o *Own) { o.Begin(name); o.Wrote(version("2")) }, event: "2", want: true},
		"Foreign":  {reason: "somebody else wrote", did: func(o *Own) { o.Begin(name); o.Wrote(version("2")) }, event: "3"},
		"Nothing":  {reason: "the pass wrote nothing", did: func(o *Own) { o.Begin(name) }, event: "2"},
		"Another":  {reason: "a pass began before the write arrived", did: func(o *Own) { o.Wrote(version("2")); o.Begin(name) }, event: "2"},
		"Two":      {reason: "a pass wrote twice", did: func(o *Own) { o.Wrote(version("2")); o.Wrote(version("3")) }, event: "2", want: true},
		"Repeated": {reason: "a resync shows the same version again", did: func(o *Own) { o.Wrote(version("2")); o.Shows(version("2")) }, event: "2"},
		"Merged":   {reason: "the event of the first of two writes was missed", did: func(o *Own) { o.Wrote(version("2")); o.Wrote(version("3")) }, event: "3", want: true},
	}
	for title, tc := range cases {
		t.Run(title, func(t *testing.T) {
			var o Own
			tc.did(&o)
			if got := o.Shows(version(tc.event)); got != tc.want {
				t.Errorf("%s: got %t", tc.reason, got)
			}
		})
	}
	var o Own
	o.Wrote(version("2"))
	o.Shows(version("2"))
	if len(o.wrote) != 0 {
		t.Errorf("what has arrived takes memory: %v", o.wrote)
	}
}

// A burst of events wakes once.
func TestLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := priorityqueue.New[reconcile.Request]("test")
		defer q.ShutDown()
		late := Late(time.Second, func(_ context.Context, o client.Object) []reconcile.Request {
			return []reconcile.Request{{NamespacedName: client.ObjectKeyFromObject(o)}}
		})
		for range 10 {
			late.Create(t.Context(), event.CreateEvent{Object: version("1")}, q)
			late.Update(t.Context(), event.UpdateEvent{ObjectOld: version("1"), ObjectNew: version("2")}, q)
			time.Sleep(50 * time.Millisecond)
		}
		if got := q.Len(); got != 0 {
			t.Errorf("%d requests before the delay", got)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if got := q.Len(); got != 1 {
			t.Errorf("%d requests after a burst, want 1", got)
		}
	})
}
