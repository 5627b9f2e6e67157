// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package redact

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"pgregory.net/rapid"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// Nothing that identifies a customer or a data source is left, and what explains the problem is.
func TestObject(t *testing.T) {
	s := &v1alpha1.Subscription{ObjectMeta: metav1.ObjectMeta{
		Name: "acme", Labels: map[string]string{"crm": "acme-corp"},
		Annotations: map[string]string{"kubectl.kubernetes.io/last-applied-configuration": "Acme", v1alpha1.AnnotationUnpark: "1"},
	}}
	s.Spec.Customer = v1alpha1.Customer{ID: "cus_1", DisplayName: "Acme Corp", Email: "cfo@acme.example"}
	s.Spec.Customer.Attributes = []v1alpha1.CustomerAttribute{{Name: "vat", Value: "DE123456789"}}
	s.Spec.Items = []v1alpha1.SubscriptionItem{{Name: "editors", Plan: "monthly"}}
	s.Status.Conditions = []metav1.Condition{{
		Type: "Ready", Reason: "DuplicateKey", Message: `item "editors" is not loaded: its key "cus_1" belongs to subscription "globex".`,
	}}
	s.Status.Outbox = []v1alpha1.Effect{{
		Type: v1alpha1.EffectCreateInvoice, Name: "acme-7f3k2x-000002",
		Payload: &runtime.RawExtension{Raw: []byte(`{"customer": {"id": "cus_1", "attributes": [{"name": "vat", "value": "FR987654321"}]}}`)},
	}}
	p := &v1alpha1.SeatProduct{ObjectMeta: metav1.ObjectMeta{Name: "editor-seat"}}
	p.Spec.DataLoader = &v1alpha1.DataLoader{
		SQL:        &v1alpha1.SQLSource{Query: "SELECT secret", DSNSecretRef: v1alpha1.SecretKeyReference{Name: "db", Key: "dsn"}},
		HTTP:       &v1alpha1.HTTPSource{URL: "https://user:pass@crm.acme.example/seats?token=x"},
		Prometheus: &v1alpha1.PrometheusSource{URL: "nonsense", Query: "up"},
	}
	u := &v1alpha1.SubscriptionUpdate{ObjectMeta: metav1.ObjectMeta{Name: "acme-seats-x1"}}
	u.Spec.SubscriptionRef.Name, u.Spec.Reason = "acme", "Bob asked"
	a := &v1alpha1.SeatAssignment{ObjectMeta: metav1.ObjectMeta{Name: "acme-zoe"}}
	a.Spec.SubscriptionRef.Name, a.Spec.Holder = "acme", v1alpha1.Holder{ID: "zoe", DisplayName: "Zoe", Email: "zoe@acme.example"}

	i := &v1alpha1.Invoice{ObjectMeta: metav1.ObjectMeta{Name: "acme-7f3k2x-000001"}}
	i.Spec.SubscriptionRef.Name, i.Spec.Customer = "acme", s.Spec.Customer
	i.Spec.Customer.Attributes = []v1alpha1.CustomerAttribute{{Name: "street", Value: "High Street 1"}}

	r := New()
	objects := []client.Object{s, p, u, a, i}
	for _, o := range objects {
		r.Learn(o)
	}
	var all strings.Builder
	for _, o := range objects {
		got, err := r.Object(o)
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	for _, private := range []string{"acme", "Acme", "cus_1", "globex", "SELECT", "pass", "token=", "crm", "Bob", "zoe", "Zoe", "nonsense", "DE123", "FR987", "High Street"} {
		if strings.Contains(all.String(), private) {
			t.Errorf("%q is left in %s", private, all.String())
		}
	}
	for _, kept := range []string{"customer-1", `item \"editors\" is not loaded`, "DuplicateKey", "editor-seat", `"name":"db"`, "https://", "unpark", `"name":"vat"`, "subscription-1-seats-x1"} {
		if !strings.Contains(all.String(), kept) {
			t.Errorf("%q is not in %s", kept, all.String())
		}
	}
	if s.Spec.Customer.ID != "cus_1" || p.Spec.DataLoader.SQL.Query != "SELECT secret" {
		t.Error("the original was changed")
	}
}

func TestText(t *testing.T) {
	r := New()
	r.name("customer", "a")
	r.name("customer", "acme")
	r.name("customer", "acme-eu")
	cases := map[string]struct{ reason, text, want string }{
		"whole":    {"a text that is a name", "acme", "customer-2"},
		"word":     {"a word of a text", "key acme of a", "key customer-2 of customer-1"},
		"longest":  {"the longest name counts", "acme-eu, acme-us", "customer-3, customer-2-us"},
		"part":     {"a part of a word is no name", "a data acmex", "customer-1 data acmex"},
		"no name":  {"other text stays", "monthly", "monthly"},
		"repeated": {"every place", "acme/acme", "customer-2/customer-2"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, r.Text(tc.text)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

// No message leaves the quotation of an unknown key, wherever the quotation marks are.
func TestPropertyMessage(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.StringMatching(`[a-z]{3,10}`).Draw(t, "key")
		before := rapid.StringMatching(`[A-Z .]{0,20}`).Draw(t, "before")
		got := New().Message(before + `"` + key + `" is negative.`)
		if strings.Contains(got, `"`+key+`"`) {
			t.Fatalf("%q is left in %q", key, got)
		}
	})
}
