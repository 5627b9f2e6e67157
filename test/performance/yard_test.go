// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package performance

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/playground"
)

// quietPlane has the API server leave out what it does at times of its own. Since Kubernetes 1.34 it lists every
// resource whole every five minutes, to compare its cache with etcd: with very many objects, that is more than what
// is measured.
var quietPlane = map[string]string{"feature-gates": "DetectCacheInconsistency=false"}

// roomyStore lets etcd hold more than its 2 GiB.
var roomyStore = map[string]string{"quota-backend-bytes": strconv.Itoa(16 << 30)}

// yard is a control plane to measure on, and the manager that works there.
type yard struct {
	*testing.T
	ground *playground.Playground
	// admin has every right, and operator those of the manager.
	admin    client.Client
	operator *rest.Config
	store    store
	binary   string
	// address is where the manager serves its metrics.
	address string
}

// newYard starts a control plane without a manager.
func newYard(t *testing.T, binary string) *yard {
	t.Helper()
	address, err := playground.FreeAddress()
	must(t, err)
	ground, err := playground.Start(t.Context(), playground.Options{APIServerFlags: quietPlane, EtcdFlags: roomyStore})
	must(t, err)
	t.Cleanup(func() { _ = ground.Plane.Stop() })
	scheme := runtime.NewScheme()
	must(t, clientgoscheme.AddToScheme(scheme))
	must(t, v1alpha1.AddToScheme(scheme))
	admin, err := client.New(ground.Plane.Config, client.Options{Scheme: scheme})
	must(t, err)
	operator, err := ground.TokenFor(t.Context(), playground.Namespace, "seatplane-manager")
	must(t, err)
	return &yard{
		T: t, ground: ground, admin: admin, operator: operator, store: store{ground.Plane.EtcdURL()},
		binary: binary, address: address,
	}
}

// startManager starts the manager, with flags beside those that every benchmark wants.
func (y *yard) startManager(flags ...string) {
	y.Helper()
	log := y.ground.Plane.Dir + "/manager.log"
	manager, err := y.ground.StartManager(y.binary, log, append(flagsOf(y.address), flags...)...)
	must(y.T, err)
	y.ground.Manager = manager
}

func (y *yard) stopManager() {
	y.Helper()
	must(y.T, y.ground.Manager.Kill())
}

func (y *yard) create(objects ...client.Object) {
	y.Helper()
	for _, object := range objects {
		must(y.T, y.admin.Create(y.Context(), object))
	}
}

func (y *yard) namespace(name string) {
	y.Helper()
	y.create(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name: name, Labels: map[string]string{v1alpha1.LabelTestClocks: v1alpha1.TestClocksAllowed},
	}})
}

// many counts the objects of a kind in a namespace, and has the server send one of them.
func (y *yard) many(namespace, list string) int {
	y.Helper()
	var found metav1.PartialObjectMetadataList
	found.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind(list))
	must(y.T, y.admin.List(y.Context(), &found, client.InNamespace(namespace), client.Limit(1)))
	if found.RemainingItemCount == nil {
		return len(found.Items)
	}
	return len(found.Items) + int(*found.RemainingItemCount)
}

// unfinished reports whether a namespace has an update that is not applied.
func (y *yard) unfinished(namespace string) bool {
	y.Helper()
	var found metav1.PartialObjectMetadataList
	found.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind("SubscriptionUpdateList"))
	must(y.T, y.admin.List(y.Context(), &found, client.InNamespace(namespace), client.Limit(1),
		client.MatchingFieldsSelector{Selector: notApplied}))
	return len(found.Items) > 0
}

// await waits for what the manager brings about, and looks a few times a second.
func (y *yard) await(what string, holds func() bool) {
	y.Helper()
	for deadline := time.Now().Add(30 * time.Minute); !holds(); time.Sleep(250 * time.Millisecond) {
		if time.Now().After(deadline) {
			y.Fatalf("never: %s\n%s", what, y.ground.Manager.LastWords())
		}
	}
}

// scrape reads a page of metrics; none while nobody serves it.
func scrape(ctx context.Context, url string) map[string]float64 {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil
	}
	defer response.Body.Close()
	page, err := io.ReadAll(response.Body)
	if err != nil {
		return nil
	}
	return sums(page, func([]string) string { return "" })
}

// sums adds up the values of each metric of a page, apart by what key returns for its labels, which are pairs of a
// name and a value. Metrics for which it returns "-" are left out.
func sums(page []byte, key func(labels []string) string) map[string]float64 {
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(string(page)))
	if err != nil {
		return nil
	}
	found := map[string]float64{}
	for name, family := range families {
		for _, metric := range family.GetMetric() {
			var labels []string
			for _, pair := range metric.GetLabel() {
				labels = append(labels, pair.GetName(), pair.GetValue())
			}
			if part := key(labels); part != "-" {
				found[strings.TrimSpace(name+" "+part)] += metric.GetGauge().GetValue() + metric.GetCounter().GetValue()
			}
		}
	}
	return found
}

// figures returns the manager's metrics.
func (y *yard) figures() map[string]float64 {
	return scrape(y.Context(), "http://"+y.address+"/metrics")
}

// asks reports whether somebody asked for figures, by an environment variable that make sets. Without, a benchmark is
// as small as can be, and only shows that it works.
func asks(variable string) bool { return os.Getenv(variable) != "" }

// numbers reads numbers from an environment variable, separated by commas.
func numbers(t *testing.T, variable string, otherwise ...int) []int {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return otherwise
	}
	var all []int
	for part := range strings.SplitSeq(text, ",") {
		number, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil || number < 0 {
			t.Fatalf("%s=%q: write numbers, separated by commas", variable, text)
		}
		all = append(all, number)
	}
	return all
}

// number is numbers for one.
func number(t *testing.T, variable string, otherwise int) int {
	t.Helper()
	all := numbers(t, variable, otherwise)
	if len(all) != 1 {
		t.Fatalf("%s=%q: write one number", variable, os.Getenv(variable))
	}
	return all[0]
}

func inMS(d time.Duration) string { return fmt.Sprintf("%.1f", float64(d.Microseconds())/1000) }
