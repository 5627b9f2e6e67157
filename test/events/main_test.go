// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package events

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/subscription"
	"github.com/seatplane/seatplane/internal/testing/builders"
	"github.com/seatplane/seatplane/internal/testing/harness"
	"github.com/seatplane/seatplane/internal/testing/playground"
)

// manager is the path of the manager's binary.
var manager string

func TestMain(m *testing.M) { harness.Main(m, &manager) }

// delivered is the first delivery of an event.
type delivered struct {
	body string
	at   time.Time
	// order is its place among all first deliveries.
	order int
}

// receiver is a server that takes down what it gets.
type receiver struct {
	*httptest.Server
	mu      sync.Mutex
	first   map[string]delivered
	again   int
	changed []string
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{first: map[string]delivered{}}
	r.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, request *http.Request) {
		at := time.Now()
		body, err := io.ReadAll(request.Body)
		if err != nil {
			return
		}
		r.take(request.Header.Get("webhook-id"), string(body), at)
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) take(id, body string, at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	before, known := r.first[id]
	if !known {
		r.first[id] = delivered{body, at, len(r.first)}
		return
	}
	r.again++
	if before.body != body {
		r.changed = append(r.changed, id)
	}
}

// count is how many events have arrived.
func (r *receiver) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.first)
}

// look returns the first delivery of an event.
func (r *receiver) look(id string) (delivered, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	found, known := r.first[id]
	return found, known
}

// shop is a namespace with subscriptions, in a cluster of its own.
type shop struct {
	*harness.Cluster
	// made counts the updates.
	made int
}

const namespace = "shop"

// newShop starts a cluster without a manager, and creates subscriptions.
func newShop(t *testing.T, subscriptions int) *shop {
	t.Helper()
	s := &shop{Cluster: harness.Start(t)}
	s.Make(&corev1.Namespace{ObjectMeta: named("", namespace)}, builders.MakeSeatProduct("seat", namespace).Plan("monthly", "EUR", "10").Obj())
	for n := range subscriptions {
		s.Make(builders.MakeSubscription(name(n), namespace).LoadedItem("editors", "seat", "monthly").Obj())
	}
	return s
}

// enough is how many subscriptions there have to be for a number of changes, and at least some: a subscription that has too
// many events in a day is parked.
func enough(least, changes int) int { return max(least, changes/(subscription.MaxEventsPerDay/2)+1) }

func name(n int) string { return fmt.Sprintf("customer-%03d", n) }

// sink creates an EventSink for a receiver, with a Secret.
func (s *shop) sink(name, url string) {
	s.Helper()
	secret := &corev1.Secret{ObjectMeta: named(namespace, name), StringData: map[string]string{
		"key": "whsec_" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32))),
	}}
	secret.Labels = map[string]string{v1alpha1.LabelAllow: v1alpha1.AllowSink}
	secret.Annotations = map[string]string{v1alpha1.AnnotationAllowHosts: strings.TrimPrefix(url, "http://")}
	sink := &v1alpha1.EventSink{ObjectMeta: named(namespace, name)}
	sink.Spec = v1alpha1.EventSinkSpec{URL: url, SigningSecretRefs: []v1alpha1.SecretKeyReference{{Name: name, Key: "key"}}}
	s.Make(secret, sink)
}

// manage starts a manager that may reach the receivers.
func (s *shop) manage() *playground.Manager {
	s.Helper()
	started, err := s.Ground.StartManager(manager, filepath.Join(s.Folder, "manager.log"), "--sink-allow-plain-http", "--sink-allowed-networks=127.0.0.0/8")
	s.Must(err)
	return started
}

// stop stops a manager in good order.
func (s *shop) stop(m *playground.Manager) {
	s.Helper()
	if s.Failed() {
		s.Logf("the manager ended with\n%s", m.LastWords())
	}
	s.Must(m.Stop())
}

// change adds a seat to one of the subscriptions, and returns the name of the update.
func (s *shop) change(subscriptions int) string {
	s.Helper()
	update := builders.MakeSubscriptionUpdate(fmt.Sprintf("change-%05d", s.made), namespace, name(s.made%subscriptions)).Increment("editors", 1).Obj()
	s.made++
	s.Make(update)
	return update.Name
}

// started says which subscription has not started.
func (s *shop) started(ctx context.Context) (string, error) {
	var list v1alpha1.SubscriptionList
	err := s.List(ctx, &list, client.InNamespace(namespace))
	for i := range list.Items {
		if list.Items[i].Status.StartTime == nil {
			return list.Items[i].Name, err
		}
	}
	return "", err
}
