// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package install

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/playground"
)

// seller is a product that a ConfigMap counts, and a customer of it.
const seller = `
apiVersion: v1
kind: ConfigMap
metadata: {name: counts}
data: {acme: "3"}
---
apiVersion: billing.seatplane.dev/v1alpha1
kind: SeatProduct
metadata: {name: seat}
spec:
  plans:
  - {name: monthly, currency: EUR, interval: {unit: Month, count: 1}, pricing: {model: PerUnit, unitAmount: "10"}}
  dataLoader: {configMap: {name: counts}}
  refresh: {every: 1h}
---
apiVersion: billing.seatplane.dev/v1alpha1
kind: Subscription
metadata: {name: acme}
spec:
  customer: {id: acme}
  items:
  - {name: editors, productRef: {name: seat}, plan: monthly}
`

// freeAddress returns a loopback address to serve on.
func freeAddress(t *testing.T) string {
	t.Helper()
	address, err := playground.FreeAddress()
	if err != nil {
		t.Fatal(err)
	}
	return address
}

// elsewhere are flags for a manager that runs beside the cluster, and not in a pod of its own: of two flags
// of a name, the later one counts.
func elsewhere(metrics, probes string) []string {
	return []string{
		"--leader-election-namespace=" + playground.Namespace,
		"--metrics-bind-address=" + metrics, "--health-probe-bind-address=" + probes,
	}
}

// The manager runs with the flags and the rights of its Deployment, whose pods the cluster admits.
func TestRunsAsItself(t *testing.T) {
	metrics, probes := freeAddress(t), freeAddress(t)
	s := install(t, playground.Options{
		Args: append(kustomized(t, "default").args(t), elsewhere(metrics, probes)...),
	})
	t.Run("its pods are admitted", func(t *testing.T) { s.on(t).admitsThePods() })
	t.Run("it gets to work", func(t *testing.T) {
		s := s.on(t)
		s.namespaced("shop")
		s.apply("shop", seller)
		s.bills("shop", "acme")
	})
	t.Run("its probes answer", func(t *testing.T) {
		for _, path := range []string{"/healthz", "/readyz"} {
			if status := get(t, http.DefaultClient, "http://"+probes+path, ""); status != http.StatusOK {
				t.Errorf("%s answers %d", path, status)
			}
		}
	})
	t.Run("its metrics are for those who may read them", func(t *testing.T) { s.on(t).guardsMetrics(metrics) })
	t.Run("rights", func(t *testing.T) { s.on(t).grantsWhatItSays() })
}

// on is the system for a subtest.
func (s *system) on(t *testing.T) *system {
	return &system{T: t, Client: s.Client, ground: s.ground}
}

func (s *system) namespaced(name string) {
	s.Helper()
	namespace := &corev1.Namespace{}
	namespace.Name = name
	if err := s.Create(s.Context(), namespace); err != nil {
		s.Fatal(err)
	}
}

// bills waits until a subscription is active and has its first invoice, over 3 seats.
func (s *system) bills(namespace, name string) {
	s.Helper()
	s.eventually(name+" is billed", func(ctx context.Context) (bool, string, error) {
		var sub v1alpha1.Subscription
		if err := s.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, &sub); err != nil {
			return false, "", err
		}
		var invoices v1alpha1.InvoiceList
		err := s.List(ctx, &invoices, client.InNamespace(namespace))
		billed := len(invoices.Items) == 1 && invoices.Items[0].Spec.AmountDue == "30.00"
		return sub.Status.State == v1alpha1.SubscriptionActive && billed,
			fmt.Sprintf("%s, %d invoices", sub.Status.State, len(invoices.Items)), err
	})
}

// admitsThePods waits for the pods of the Deployment, which only admission can hold up: the namespace
// enforces the restricted standard. A pod that does not meet it shows that it does.
func (s *system) admitsThePods() {
	s.Helper()
	s.eventually("both pods exist", func(ctx context.Context) (bool, string, error) {
		var deployment appsv1.Deployment
		err := s.Get(ctx, client.ObjectKey{Namespace: playground.Namespace, Name: "seatplane-manager"}, &deployment)
		return deployment.Status.Replicas == 2, fmt.Sprintf("%+v", deployment.Status), err
	})
	loose := kustomized(s.T, "default").deployment(s.T).Spec.Template.Spec
	loose.SecurityContext.RunAsNonRoot = nil
	err := s.Create(s.Context(), &corev1.Pod{
		ObjectMeta: named(playground.Namespace, "loose"), Spec: loose,
	}, client.DryRunAll)
	if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), "runAsNonRoot") {
		s.Errorf("a pod that may run as root: got %v, want it refused", err)
	}
}

// guardsMetrics asks for the metrics as nobody, as an account without rights, and as one that may read them.
func (s *system) guardsMetrics(address string) {
	s.Helper()
	for _, account := range []string{"scraper", "stranger"} {
		if err := s.Create(s.Context(), &corev1.ServiceAccount{ObjectMeta: named("default", account)}); err != nil {
			s.Fatal(err)
		}
	}
	if _, err := s.ground.Kubectl.Run(s.Context(), "create", "clusterrolebinding", "scraper",
		"--clusterrole=seatplane-metrics-reader", "--serviceaccount=default:scraper"); err != nil {
		s.Fatal(err)
	}
	scraping := &http.Client{Transport: &http.Transport{
		// The manager signs its certificate itself: who asks is what matters here.
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // see above
	}}
	for account, want := range map[string]int{
		"": http.StatusUnauthorized, "stranger": http.StatusForbidden, "scraper": http.StatusOK,
	} {
		token := ""
		if account != "" {
			access, err := s.ground.TokenFor(s.Context(), "default", account)
			if err != nil {
				s.Fatal(err)
			}
			token = access.BearerToken
		}
		if status := get(s.T, scraping, "https://"+address+"/metrics", token); status != want {
			s.Errorf("metrics for the account %q: status %d, want %d", account, status, want)
		}
	}
}

// get asks for a page until somebody listens, and returns the status of the answer.
func get(t *testing.T, with *http.Client, url, token string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	for deadline := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
		response, err := with.Do(request)
		if err == nil {
			response.Body.Close()
			return response.StatusCode
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

// neverLookedAt makes sure that the manager has not asked for anything in a namespace since it started.
func (s *system) neverLookedAt(namespace string) {
	s.Helper()
	asked, err := s.ground.Plane.Asked()
	if err != nil {
		s.Fatal(err)
	}
	for _, request := range asked {
		if request.Namespace == namespace {
			s.Errorf("the manager asked to %s %s in namespace %s", request.Verb, request.Resource, namespace)
		}
	}
}
