// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package loading_test

import (
	"iter"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/loading"
	"github.com/seatplane/seatplane/internal/record"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

var (
	noon     = time.Date(2026, 4, 16, 12, 0, 0, 0, time.UTC)
	at       = func(t time.Time) *metav1.Time { return &metav1.Time{Time: t} }
	hourly   = v1alpha1.Refresh{Schedule: "0 * * * *"}
	everyone = map[string]time.Time{"": noon, "clock": noon.AddDate(1, 0, 0)}

	makeProduct = builders.StoredProduct
)

// The rules are tried on what internal/record reads off API objects, as the controllers use them.

// makeSubscription makes one of the given age in days.
func makeSubscription(name string, age int, quantity int64) *v1alpha1.Subscription {
	return builders.StoredSubscription(name, noon, age, quantity)
}

func ask(object metav1.Object, value string) {
	object.SetAnnotations(map[string]string{v1alpha1.AnnotationRefreshRequestedAt: value})
}

// scene is what a case changes before the facts are read.
type scene struct {
	product       *v1alpha1.SeatProduct
	subscriptions []*v1alpha1.Subscription
	open          map[loading.ItemID]loading.Pending
	tried         map[loading.ItemID]bool
}

func (s scene) read() iter.Seq[*loading.Subscription] {
	return func(yield func(*loading.Subscription) bool) {
		var read loading.Subscription
		for _, subscription := range s.subscriptions {
			if record.ReadLoading(&read, subscription, s.product.Name); !yield(&read) {
				return
			}
		}
	}
}

func (s scene) connect() loading.Connection {
	return loading.Connect(record.LoadingProduct(s.product), s.read(), len(s.subscriptions))
}

func (s scene) facts() loading.Facts {
	facts := loading.Facts{Product: record.LoadingProduct(s.product), Clocks: everyone, Open: s.open, Tried: s.tried}
	facts.Schedule, _ = facts.Product.NewSchedule()
	facts.Connection = s.connect()
	return facts
}
