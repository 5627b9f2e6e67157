// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package hostile

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

// product is a SeatProduct with one subscription, that of acme, whose seats it counts.
type product struct {
	s               *system
	namespace, name string
}

// sells creates a product with a loader, and a subscription to it. Its seats are counted at once.
func (s *system) sells(namespace, name string, loader *v1alpha1.DataLoader, refresh ...v1alpha1.Refresh) product {
	s.Helper()
	built := builders.MakeSeatProduct(name, namespace).Plan("monthly", "EUR", "10")
	if len(refresh) > 0 {
		built.Refresh(refresh[0])
	}
	object := built.Obj()
	object.Spec.DataLoader = loader
	s.create(object, builders.MakeSubscription(name, namespace).Customer("acme").LoadedItem("editors", name, "monthly").Obj())
	return product{s, namespace, name}
}

// released creates a Secret that is released for a use and, unless it is empty, for a server.
func (s *system) released(namespace, name, use, server, value string) v1alpha1.SecretKeyReference {
	s.Helper()
	secret := &corev1.Secret{StringData: map[string]string{"value": value}}
	secret.Namespace, secret.Name = namespace, name
	secret.Labels = map[string]string{v1alpha1.LabelAllow: use}
	if server != "" {
		secret.Annotations = map[string]string{v1alpha1.AnnotationAllowHosts: server}
	}
	s.create(secret)
	return v1alpha1.SecretKeyReference{Name: name, Key: "value"}
}

// sql is a loader with a connection string of its own, which is released for its server.
func (s *system) sql(namespace, name string, driver v1alpha1.SQLDriver, server, dsn, query string) *v1alpha1.DataLoader {
	s.Helper()
	return &v1alpha1.DataLoader{SQL: &v1alpha1.SQLSource{
		Driver: driver, Query: query, DSNSecretRef: s.released(namespace, name, v1alpha1.AllowLoaderDSN, server, dsn),
	}}
}

// overHTTP is a loader that takes its rows from an answer.
func overHTTP(url, rows string) *v1alpha1.DataLoader {
	return &v1alpha1.DataLoader{HTTP: &v1alpha1.HTTPSource{URL: url, Rows: rows, RowKey: "row.id", RowCount: "int(row.n)"}}
}

func (p product) key() client.ObjectKey {
	return client.ObjectKey{Namespace: p.namespace, Name: p.name}
}

// loaded waits until the product's condition Loaded has a reason, and returns its message.
func (p product) loaded(reasons ...string) string {
	p.s.Helper()
	var message string
	p.s.eventually(fmt.Sprintf("%s is loaded: %s", p.name, strings.Join(reasons, " or ")), func(ctx context.Context) (bool, string) {
		condition, err := p.condition(ctx)
		if err != nil || condition == nil {
			return false, fmt.Sprint("no condition ", err)
		}
		message = condition.Message
		for _, reason := range reasons {
			if condition.Reason == reason {
				return true, ""
			}
		}
		return false, condition.Reason + ": " + condition.Message
	})
	return message
}

func (p product) condition(ctx context.Context) (*metav1.Condition, error) {
	var object v1alpha1.SeatProduct
	if err := cluster.Get(ctx, p.key(), &object); err != nil {
		return nil, err
	}
	return meta.FindStatusCondition(object.Status.Conditions, v1alpha1.ConditionLoaded), nil
}

// fails waits until the product's first refresh has ended, and requires that it failed for a reason, with a
// sentence that fits a pattern.
func (p product) fails(reason, says string) {
	p.s.Helper()
	var condition *metav1.Condition
	p.s.eventually(p.name+" was tried", func(ctx context.Context) (bool, string) {
		var err error
		condition, err = p.condition(ctx)
		return err == nil && condition != nil && condition.Status != metav1.ConditionUnknown, fmt.Sprint("no outcome ", err)
	})
	if condition.Reason != reason || !regexp.MustCompile(says).MatchString(condition.Message) {
		p.s.Errorf("%s: got %s: %s; want %s, with %q", p.name, condition.Reason, condition.Message, reason, says)
	}
}

// requireUncounted requires that nothing of a failed answer was taken for seats.
func (p product) requireUncounted() {
	p.s.Helper()
	var subscription v1alpha1.Subscription
	if err := cluster.Get(p.s.Context(), p.key(), &subscription); err != nil {
		p.s.Fatal(err)
	}
	if seats := subscription.Status.Seats; seats != nil && *seats != 0 {
		p.s.Errorf("%s: a refresh that failed counted %d seats", p.name, *seats)
	}
}

// remove removes the product and its subscription.
func (p product) remove() {
	p.s.Helper()
	for _, object := range []client.Object{&v1alpha1.SeatProduct{}, &v1alpha1.Subscription{}} {
		object.SetNamespace(p.namespace)
		object.SetName(p.name)
		if err := cluster.Delete(p.s.Context(), object); err != nil {
			p.s.Fatal(err)
		}
	}
}

// counts creates a ConfigMap that says how many seats acme has.
func (s *system) counts(namespace string) *v1alpha1.DataLoader {
	s.Helper()
	counts := &corev1.ConfigMap{Data: map[string]string{"acme": "3"}}
	counts.Namespace, counts.Name = namespace, "counts"
	s.create(counts)
	return &v1alpha1.DataLoader{ConfigMap: &v1alpha1.LocalReference{Name: "counts"}}
}

// requireNeighborsServed creates honest products in a namespace of their own, while others attack, and requires
// that their first refresh, which is due at once, is not late. One is read in the manager, the other one by
// a loader.
func (s *system) requireNeighborsServed() {
	s.Helper()
	namespace := s.namespace("honest")
	for _, each := range []product{
		s.sells(namespace, "from-config-map", s.counts(namespace)),
		s.sells(namespace, "from-http", overHTTP(answering(s, []byte(`[{"id": "acme", "n": 3}]`)).URL, "response")),
	} {
		each.loaded(v1alpha1.ReasonRefreshed)
		var subscription v1alpha1.Subscription
		if err := cluster.Get(s.Context(), each.key(), &subscription); err != nil {
			s.Fatal(err)
		}
		each.requireOnTime(subscription.CreationTimestamp.Time)
	}
}

// requireOnTime requires that the product was refreshed promptly after it was due.
func (p product) requireOnTime(due time.Time) {
	p.s.Helper()
	status := p.refreshes(p.s.Context())
	if status == nil || status.LastRefreshTime == nil {
		p.s.Fatalf("%s was never refreshed", p.key())
	}
	if late := status.LastRefreshTime.Sub(due); late > promptly {
		p.s.Errorf("%s was due at %s and refreshed at %s, %s later and not within %s: nobody may wait for a stranger's server",
			p.key(), due.UTC().Format(time.RFC3339), status.LastRefreshTime.UTC().Format(time.RFC3339), late, promptly)
	}
}

// refreshes returns the state of the product's refreshes on the wall clock; nil before there is one.
func (p product) refreshes(ctx context.Context) *v1alpha1.RefreshStatus {
	var object v1alpha1.SeatProduct
	if err := cluster.Get(ctx, p.key(), &object); err != nil {
		return nil
	}
	for i := range object.Status.Refreshes {
		if object.Status.Refreshes[i].Clock == "" {
			return &object.Status.Refreshes[i]
		}
	}
	return nil
}

// loads returns how many loads the manager runs, and how many wait.
func (s *system) loads(ctx context.Context) (running, waiting float64, err error) {
	if running, err = s.gauge(ctx, "seatplane_loads_running"); err != nil {
		return 0, 0, err
	}
	waiting, err = s.gauge(ctx, "seatplane_loads_waiting")
	return running, waiting, err
}

// gauge returns the value of a metric, summed over its labels.
func (s *system) gauge(ctx context.Context, name string) (float64, error) {
	text, err := get(ctx, s.metrics)
	if err != nil {
		return 0, err
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		return 0, err
	}
	if families[name] == nil {
		return 0, fmt.Errorf("there is no metric %s", name)
	}
	sum := 0.0
	for _, metric := range families[name].GetMetric() {
		sum += metric.GetGauge().GetValue()
	}
	return sum, nil
}

// requireHidden requires that none of the texts is in anything that people read who may not read the source:
// objects, events, metrics.
func (s *system) requireHidden(namespace string, secrets ...string) {
	s.Helper()
	metrics, err := get(s.Context(), s.metrics)
	if err != nil {
		s.Fatal(err)
	}
	shown := map[string]string{"metrics": metrics}
	for what, list := range map[string]client.ObjectList{
		"products": &v1alpha1.SeatProductList{}, "subscriptions": &v1alpha1.SubscriptionList{},
		"updates": &v1alpha1.SubscriptionUpdateList{}, "events": &eventsv1.EventList{},
	} {
		if err := cluster.List(s.Context(), list, client.InNamespace(namespace)); err != nil {
			s.Fatal(err)
		}
		text, err := json.Marshal(list)
		if err != nil {
			s.Fatal(err)
		}
		shown[what] = string(text)
	}
	s.requireAbsent(shown, secrets)
}

// requireUnlogged requires that the manager's log has none of the texts.
func (s *system) requireUnlogged(secrets ...string) {
	s.Helper()
	log, err := os.ReadFile(s.manager.Log)
	if err != nil {
		s.Fatal(err)
	}
	s.requireAbsent(map[string]string{"log": string(log)}, secrets)
}

func (s *system) requireAbsent(shown map[string]string, secrets []string) {
	s.Helper()
	for where, text := range shown {
		for _, secret := range secrets {
			if strings.Contains(text, secret) {
				s.Errorf("the %s show %q", where, secret)
			}
		}
	}
}
