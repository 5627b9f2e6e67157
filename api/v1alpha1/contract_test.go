// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// TestColumns asserts what `kubectl get` shows, as the server renders it.
func TestColumns(t *testing.T) {
	condition := func(kind, status, reason string) string {
		return `[{type: ` + kind + `, status: "` + status + `", reason: ` + reason + `, message: "", lastTransitionTime: "2026-04-16T00:00:00Z"}]`
	}
	ready := condition("Ready", "True", "Reconciled")
	cases := map[string]struct {
		reason string
		kind   string
		from   string
		status string
		want   string
		// wide is what -o wide shows in addition.
		wide string
	}{
		"a subscription": {
			reason: "its state, its size, when it renews, and whether all is well",
			kind:   "Subscription", from: "full/subscription",
			status: `{status: {state: Active, seats: 7, recurringAmount: "87.50", currency: EUR, creditBalance: "5.00", renewalTime: "2036-05-01T00:00:00Z", endTime: "2036-06-01T00:00:00Z", pendingUpdates: 1, conditions: ` + ready + `}}`,
			want:   "Customer=acme State=Active Seats=7 Amount=87.50 Renews=2036-05-01T00:00:00Z Ends=2036-06-01T00:00:00Z Pending=1 Ready=True Reason=Reconciled Age=0s",
			wide:   "Currency=EUR Upcoming=<nil> Credit=5.00 InSync=<nil>",
		},
		"a subscription without seats": {
			reason: "none is a number too",
			kind:   "Subscription", from: "minimal/subscription",
			status: `{status: {state: Pending, seats: 0, pendingUpdates: 0, conditions: ` + condition("Ready", "False", "WaitingForSeats") + `}}`,
			want:   "Customer=acme State=Pending Seats=0 Amount=<nil> Renews=<nil> Ends=<nil> Pending=0 Ready=False Reason=WaitingForSeats Age=0s",
		},
		"an update": {
			reason: "what changed and what it costs",
			kind:   "SubscriptionUpdate", from: "minimal/subscriptionupdate",
			status: `{status: {summary: editors 2 → 7, adjustmentAmount: "31.25", adjustmentText: "31.25", state: Applied, lines: [{key: 1-0, item: editors, kind: Debit, description: "5 seats added, 15 of 30 days", amount: "31.25"}]}}`,
			want:   "Subscription=acme Summary=editors 2 → 7 Adjustment=31.25 State=Applied Age=0s",
			wide:   "Effective=<nil> Reason=<nil> First line=5 seats added, 15 of 30 days",
		},
		"an update that waits": {
			reason: "what it would cost, in parentheses",
			kind:   "SubscriptionUpdate", from: "minimal/subscriptionupdate",
			status: `{status: {summary: editors 2 → 7, estimate: {amount: "31.25"}, adjustmentText: "(31.25)", state: Held}}`,
			want:   "Subscription=acme Summary=editors 2 → 7 Adjustment=(31.25) State=Held Age=0s",
		},
		"a product": {
			reason: "whom it concerns, when it was refreshed, and when that is tried again",
			kind:   "SeatProduct", from: "minimal/seatproduct",
			status: `{status: {subscriptions: 1200, seats: 48211, conditions: ` + ready + `, nextRefreshText: "2036-04-17T02:00:00Z", refreshes: [{clock: "", lastRefreshTime: "2026-04-16T02:00:00Z", nextRetryTime: "2036-04-16T02:00:30Z", consecutiveFailures: 2}]}}`,
			want:   "Subscriptions=1200 Seats=48211 Last refresh=2026-04-16T02:00:00Z Next refresh=2036-04-17T02:00:00Z Next retry=2036-04-16T02:00:30Z Ready=True Reason=Reconciled",
			wide:   "Loaded=<nil> Failures=2 Held=<nil> Age=0s",
		},
		"an invoice": {
			reason: "whose it is, why and since when it exists, and what it comes to",
			kind:   "Invoice", from: "minimal/invoice",
			want: "Subscription=acme Customer=acme Reason=Renewal Issued=2026-05-01T00:00:00Z Total=118.75 Due=118.75 Currency=EUR Age=0s",
			wide: "Type=Invoice From=<nil> To=<nil> Paid=<nil>",
		},
		"a policy": {
			reason: "how it rounds and whom it concerns",
			kind:   "ProrationPolicy", from: "full/prorationpolicy",
			status: `{status: {subscriptions: 31, conditions: ` + ready + `}}`,
			want:   "Rounding=Up Unit=Day Subscriptions=31 Ready=True Reason=Reconciled Age=0s",
		},
		"a policy of the cluster": {
			reason: "the same",
			kind:   "ClusterProrationPolicy", from: "full/clusterprorationpolicy",
			status: `{status: {subscriptions: 31, conditions: ` + ready + `}}`,
			want:   "Rounding=Up Unit=Day Subscriptions=31 Ready=True Reason=Reconciled Age=0s",
		},
		"an assignment": {
			reason: "who holds a seat of what",
			kind:   "SeatAssignment", from: "minimal/seatassignment",
			status: `{status: {conditions: ` + condition("Assigned", "False", "DuplicateHolder") + `}}`,
			want:   "Subscription=acme Item=editors Holder=u-77 Assigned=False Reason=DuplicateHolder Age=0s",
		},
		"a clock": {
			reason: "what time it is, and whether everyone is there",
			kind:   "TestClock", from: "minimal/testclock",
			status: `{status: {now: "2026-04-01T00:00:00Z", subscriptions: 3, conditions: ` + condition("Ready", "False", "Progressing") + `}}`,
			want:   "Now=2026-04-16T00:00:00Z Reached=2026-04-01T00:00:00Z Subscriptions=3 Ready=False Age=0s",
		},
		"an archive": {
			reason: "what is archived, and whether it works",
			kind:   "Archive", from: "full/archive",
			status: `{status: {archived: 12, pending: 0, conditions: ` + condition("Ready", "True", "Archiving") + `}}`,
			want:   "Archived=12 Pending=0 Ready=True Reason=Archiving Age=0s",
			wide:   "Cell=eu-1 Schema=seatplane Last=<nil>",
		},
		"a sink": {
			reason: "where events go, and whether they arrive",
			kind:   "EventSink", from: "minimal/eventsink",
			status: `{status: {delivered: 12, pending: 0, conditions: ` + ready + `}}`,
			want:   "URL=https://hooks.example.com/billing Delivered=12 Pending=0 Ready=True Reason=Reconciled Age=0s",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			crd := loadCRD(t, tc.kind)
			endpoint := resource(t, crd)
			object := create(t, endpoint, manifest(t, tc.from))
			if tc.status != "" {
				object = updateStatus(t, endpoint, object, tc.status)
			}
			got, wide := rendered(t, crd, object.GetName())
			if got != tc.want {
				t.Errorf("%s:\ngot  %s\nwant %s", tc.reason, got, tc.want)
			}
			if tc.wide != "" && wide != tc.wide {
				t.Errorf("%s, with -o wide:\ngot  %s\nwant %s", tc.reason, wide, tc.wide)
			}
		})
	}
}

// rendered is an object as `kubectl get` shows it, without its name, and what -o wide adds; an age in seconds counts
// as none.
func rendered(t *testing.T, crd *apiextensionsv1.CustomResourceDefinition, name string) (narrow, wide string) {
	t.Helper()
	request := groupClient(t).Get().Resource(crd.Spec.Names.Plural).Name(name).
		SetHeader("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io")
	if crd.Spec.Scope == apiextensionsv1.NamespaceScoped {
		request = request.Namespace("default")
	}
	content, err := request.DoRaw(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	table := &metav1.Table{}
	if err := json.Unmarshal(content, table); err != nil {
		t.Fatal(err)
	}
	var cells, more []string
	for i, column := range table.ColumnDefinitions {
		cell := fmt.Sprint(table.Rows[0].Cells[i])
		if column.Name == "Name" {
			continue
		}
		if column.Name == "Age" {
			cell = "0s"
		}
		if column.Priority > 0 {
			more = append(more, column.Name+"="+cell)
			continue
		}
		cells = append(cells, column.Name+"="+cell)
	}
	return strings.Join(cells, " "), strings.Join(more, " ")
}

func groupClient(t *testing.T) rest.Interface {
	t.Helper()
	config := rest.CopyConfig(serverConfig(t))
	config.APIPath = "/apis"
	config.GroupVersion = &v1alpha1.GroupVersion
	config.NegotiatedSerializer = scheme.Codecs.WithoutConversion()
	client, err := rest.RESTClientFor(config)
	if err != nil {
		t.Fatal(err)
	}

	return client
}

// TestSelectableFields asserts by which fields the server lists, and that it lists by them.
func TestSelectableFields(t *testing.T) {
	const bySubscription, byState, byCustomer = "spec.subscriptionRef.name", "status.state", "spec.customer.id"
	want := map[string]map[string]string{
		"Subscription":       {byCustomer: "acme", byState: "Active"},
		"SubscriptionUpdate": {bySubscription: "acme", byState: "Pending"},
		"SeatAssignment":     {bySubscription: "acme"},
		"Invoice":            {bySubscription: "acme", byCustomer: "acme"},
	}
	eachKind(t, func(t *testing.T, kind string, crd *apiextensionsv1.CustomResourceDefinition) {
		var declared []string
		for _, field := range crd.Spec.Versions[0].SelectableFields {
			declared = append(declared, strings.TrimPrefix(field.JSONPath, "."))
		}
		slices.Sort(declared)
		if diff := cmp.Diff(sortedKeys(want[kind]), append([]string{}, declared...)); diff != "" {
			t.Errorf("selectable fields, want less got:\n%s", diff)
		}
		if len(want[kind]) == 0 {
			return
		}
		endpoint := resource(t, crd)
		object := create(t, endpoint, minimal(t, kind))
		if state := want[kind][byState]; state != "" {
			updateStatus(t, endpoint, object, "{status.state: "+state+"}")
		}
		for field, value := range want[kind] {
			for selector, count := range map[string]int{field + "=" + value: 1, field + "=other": 0} {
				list, err := endpoint.List(t.Context(), metav1.ListOptions{FieldSelector: selector})
				if err != nil {
					t.Fatal(err)
				}
				if len(list.Items) != count {
					t.Errorf("%s finds %d, want %d", selector, len(list.Items), count)
				}
			}
		}
	})
}

// TestNothingIsAdded asserts that the cluster holds what was written, and says what was not observed.
func TestNothingIsAdded(t *testing.T) {
	eachKind(t, func(t *testing.T, kind string, crd *apiextensionsv1.CustomResourceDefinition) {
		for _, name := range append(fullNames(t, kind), "minimal/"+strings.ToLower(kind)) {
			written := manifest(t, name)
			stored := create(t, resource(t, crd), written.DeepCopy())
			if diff := cmp.Diff(written.Object["spec"], stored.Object["spec"]); diff != "" {
				t.Errorf("%s: the server changed the spec:\n%s", name, diff)
			}
			var want any
			if kind != "Invoice" {
				want = map[string]any{"observedGeneration": int64(-1)}
			}
			if diff := cmp.Diff(want, stored.Object["status"]); diff != "" {
				t.Errorf("%s: the status before the operator saw it:\n%s", name, diff)
			}
		}
	})
}

// TestTypesKeepWhatIsWritten asserts that the Go types know every field, and write none that is not set.
func TestTypesKeepWhatIsWritten(t *testing.T) {
	known := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(known); err != nil {
		t.Fatal(err)
	}
	eachKind(t, func(t *testing.T, kind string, crd *apiextensionsv1.CustomResourceDefinition) {
		status := rootSchema(crd).Properties["status"]
		for _, name := range append(fullNames(t, kind), "minimal/"+strings.ToLower(kind)) {
			for _, withStatus := range []bool{false, true} {
				object := manifest(t, name)
				if withStatus {
					object.Object["status"] = example(t, &status)
				}
				typed, err := known.New(schema.FromAPIVersionAndKind(object.GetAPIVersion(), object.GetKind()))
				if err != nil {
					t.Fatal(err)
				}
				if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(object.Object, typed, true); err != nil {
					t.Errorf("%s: the type does not know all of it: %v", name, err)
				}
				back, err := runtime.DefaultUnstructuredConverter.ToUnstructured(typed.DeepCopyObject())
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(withoutFalse(object.Object), withoutFalse(back)); diff != "" {
					t.Errorf("%s: the type reads it and writes something else:\n%s", name, diff)
				}
			}
		}
		if list, err := known.New(v1alpha1.GroupVersion.WithKind(kind + "List")); err != nil || list == nil {
			t.Errorf("the scheme has no list of %s: %v", kind, err)
		}
	})
}

// withoutFalse leaves out false, which a type whose default is false need not write.
func withoutFalse(value any) any {
	switch value := value.(type) {
	case map[string]any:
		kept := map[string]any{}
		for name, field := range value {
			if field != false {
				kept[name] = withoutFalse(field)
			}
		}
		return kept
	case []any:
		kept := make([]any, 0, len(value))
		for _, element := range value {
			kept = append(kept, withoutFalse(element))
		}
		return kept
	default:
		return value
	}
}

// TestCRDsAreServed asserts that the server took the CRDs as they are: their schemas are structural,
// their rules compile and are within its cost budget, and their names are free.
func TestCRDsAreServed(t *testing.T) {
	client, err := dynamic.NewForConfig(serverConfig(t))
	if err != nil {
		t.Fatal(err)
	}
	endpoint := client.Resource(apiextensionsv1.SchemeGroupVersion.WithResource("customresourcedefinitions"))
	eachKind(t, func(t *testing.T, _ string, crd *apiextensionsv1.CustomResourceDefinition) {
		stored, err := endpoint.Get(t.Context(), crd.Name, metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		served := &apiextensionsv1.CustomResourceDefinition{}
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(stored.Object, served); err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for _, condition := range served.Status.Conditions {
			got[string(condition.Type)] = string(condition.Status)
		}
		if diff := cmp.Diff(map[string]string{"Established": "True", "NamesAccepted": "True"}, got); diff != "" {
			t.Errorf("the conditions of the CRD, want less got:\n%s", diff)
		}
	})
}
