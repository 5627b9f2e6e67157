// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package endurance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// writes returns how many writes of the operator's kinds, and of Kubernetes events, the API server has
// answered, by its own metrics: verb, resource and subresource. The leader's lease is not among them.
func (s *system) writes() map[string]int {
	s.Helper()
	return s.requests("POST", "PUT", "PATCH", "APPLY", "DELETE", "DELETECOLLECTION")
}

// requests is writes for other verbs.
func (s *system) requests(verbs ...string) map[string]int {
	s.Helper()
	clientset, err := kubernetes.NewForConfig(s.ground.Plane.Config)
	if err != nil {
		s.Fatal(err)
	}
	raw, err := clientset.RESTClient().Get().AbsPath("/metrics").DoRaw(s.Context())
	if err != nil {
		s.Fatal(err)
	}
	counts := map[string]int{}
	for _, metric := range s.parse(raw, "apiserver_request_total") {
		ours := slices.Contains([]string{v1alpha1.GroupName, "events.k8s.io"}, label(metric, "group"))
		if ours && slices.Contains(verbs, label(metric, "verb")) {
			what := fmt.Sprintf("%s %s/%s", label(metric, "verb"), label(metric, "resource"), label(metric, "subresource"))
			counts[what] += int(metric.GetCounter().GetValue())
		}
	}
	return counts
}

// passes returns how often each controller was called so far, by the manager's metrics.
func (s *system) passes() map[string]int {
	s.Helper()
	request, err := http.NewRequestWithContext(s.Context(), http.MethodGet, s.metricsURL, http.NoBody)
	if err != nil {
		s.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.Fatal(err)
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		s.Fatal(err)
	}
	counts := map[string]int{}
	for _, metric := range s.parse(raw, "controller_runtime_reconcile_total") {
		counts[label(metric, "controller")] += int(metric.GetCounter().GetValue())
	}
	return counts
}

// parse reads one metric from what a program serves. One that is not there is a mistake of the test.
func (s *system) parse(raw []byte, name string) []*dto.Metric {
	s.Helper()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(raw))
	if err != nil {
		s.Fatal(err)
	}
	if families[name] == nil {
		s.Fatalf("there is no metric %s", name)
	}
	return families[name].GetMetric()
}

func label(metric *dto.Metric, name string) string {
	for _, pair := range metric.GetLabel() {
		if pair.GetName() == name {
			return pair.GetValue()
		}
	}
	return ""
}

// pass is one call of a reconciler, as the manager's log has it.
type pass struct {
	Message    string `json:"msg"`
	Controller string `json:"controller"`
	Namespace  string `json:"namespace"`
	Name       string `json:"name"`
}

func (p pass) String() string { return p.Controller + " of " + p.Namespace + "/" + p.Name }

// passesByObject returns how often each controller was called for each object so far, by the manager's
// log, which has to be as detailed as it gets.
func (s *system) passesByObject() map[pass]int {
	s.Helper()
	content, err := os.ReadFile(s.ground.Manager.Log)
	if err != nil {
		s.Fatal(err)
	}
	counts := map[pass]int{}
	for line := range bytes.Lines(content) {
		var p pass
		if json.Unmarshal(line, &p) == nil && p.Message == "Reconciling" {
			counts[p]++
		}
	}
	return counts
}

// versions returns the resourceVersion of every object of the operator's kinds.
func (s *system) versions() map[string]string {
	s.Helper()
	versions := map[string]string{}
	for _, list := range []client.ObjectList{
		&v1alpha1.SubscriptionList{}, &v1alpha1.SubscriptionUpdateList{}, &v1alpha1.InvoiceList{},
		&v1alpha1.SeatAssignmentList{}, &v1alpha1.SeatProductList{}, &v1alpha1.TestClockList{},
		&v1alpha1.ProrationPolicyList{}, &v1alpha1.ClusterProrationPolicyList{},
	} {
		if err := s.List(s.Context(), list); err != nil {
			s.Fatal(err)
		}
		items, err := meta.ExtractList(list)
		if err != nil {
			s.Fatal(err)
		}
		for _, item := range items {
			object := item.(client.Object)
			versions[fmt.Sprintf("%T %s/%s", object, object.GetNamespace(), object.GetName())] = object.GetResourceVersion()
		}
	}
	return versions
}

// since returns what was added to counts.
func since[K comparable](before, after map[K]int) map[K]int {
	added := map[K]int{}
	for key, count := range after {
		if count > before[key] {
			added[key] = count - before[key]
		}
	}
	return added
}

func total[K comparable](counts map[K]int) int {
	sum := 0
	for _, count := range counts {
		sum += count
	}
	return sum
}
