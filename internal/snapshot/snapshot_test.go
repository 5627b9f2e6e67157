// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package snapshot_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/offline"
	"github.com/seatplane/seatplane/internal/snapshot"
)

var noon = time.Date(2026, time.April, 16, 0, 0, 0, 0, time.UTC)

// secret is what no snapshot may have.
const secret = "hunter2"

// source is a source with a secret wherever somebody could write one that no amount depends on.
func source(names ...string) *offline.Source {
	key := types.NamespacedName{Namespace: "billing", Name: "seat"}
	marked := map[string]string{"kubectl.kubernetes.io/last-applied-configuration": secret, v1alpha1.AnnotationUnpark: "1"}
	catalogue := offline.NewCatalogue()
	catalogue.Products[key] = &v1alpha1.SeatProduct{
		ObjectMeta: metav1.ObjectMeta{Namespace: "billing", Name: "seat", Annotations: marked, Labels: map[string]string{"x": secret}},
		Spec: v1alpha1.SeatProductSpec{DataLoader: &v1alpha1.DataLoader{Key: "CustomerID", HTTP: &v1alpha1.HTTPSource{
			URL: "https://" + secret + ".example", BearerTokenSecretRef: &v1alpha1.SecretKeyReference{Name: secret},
		}}},
	}
	catalogue.Clocks[key] = &v1alpha1.TestClock{ObjectMeta: metav1.ObjectMeta{Namespace: "billing", Name: "seat", Annotations: marked}}
	var cases []offline.Case
	for _, name := range names {
		cases = append(cases, offline.Case{
			Subscription: &v1alpha1.Subscription{
				ObjectMeta: metav1.ObjectMeta{Namespace: "billing", Name: name, UID: types.UID(name), Annotations: marked, Labels: map[string]string{"x": secret}},
				Spec: v1alpha1.SubscriptionSpec{Customer: v1alpha1.Customer{
					ID: name, DisplayName: secret, Email: secret, Attributes: []v1alpha1.CustomerAttribute{{Name: "a", Value: secret}},
				}},
				Status: v1alpha1.SubscriptionStatus{
					Sequence: 7, Conditions: []metav1.Condition{{Message: secret}}, Loads: []v1alpha1.LoadStatus{{Message: secret}},
				},
			},
			Updates: []v1alpha1.SubscriptionUpdate{{
				ObjectMeta: metav1.ObjectMeta{Name: name + "-more", Annotations: marked},
				Spec:       v1alpha1.SubscriptionUpdateSpec{Reason: secret},
				Status:     v1alpha1.SubscriptionUpdateStatus{State: v1alpha1.UpdateScheduled, Summary: secret},
			}},
			Finished: []string{name + "-done"}, FinishedSpecs: map[string]string{name + "-done": "digest"},
			Assignments: []v1alpha1.SeatAssignment{{
				ObjectMeta: metav1.ObjectMeta{Name: name + "-ada", Annotations: marked},
				Spec:       v1alpha1.SeatAssignmentSpec{Holder: v1alpha1.Holder{ID: "ada", DisplayName: secret, Email: secret}},
			}},
		})
	}
	return &offline.Source{Name: "test", Time: noon, Catalogue: catalogue, Each: offline.Cases(cases)}
}

func written(t *testing.T, names ...string) string {
	t.Helper()
	departed := []v1alpha1.Invoice{{
		ObjectMeta: metav1.ObjectMeta{Namespace: "billing", Name: "old-000001"},
		Spec: v1alpha1.InvoiceSpec{
			SubscriptionRef: v1alpha1.SubscriptionReference{Name: "old", UID: "gone"}, Customer: v1alpha1.Customer{ID: "old", Email: secret},
			Lines: []v1alpha1.Line{{Kind: v1alpha1.LineRecurring, Description: secret, FullAmount: "10.00"}},
		},
	}}
	var text bytes.Buffer
	count, err := snapshot.Write(t.Context(), &text, source(names...), departed)
	if err != nil || count != len(names) {
		t.Fatalf("wrote %d: %v", count, err)
	}
	return text.String()
}

// read reads a snapshot whole, sorted by name.
func read(ctx context.Context, text string) (*offline.Source, []offline.Case, error) {
	source, err := snapshot.Read("test.json", strings.NewReader(text))
	if err != nil {
		return nil, nil, err
	}
	var mu sync.Mutex
	var cases []offline.Case
	err = source.Each(ctx, func(of offline.Case) error {
		mu.Lock()
		defer mu.Unlock()
		cases = append(cases, of)
		return nil
	})
	slices.SortFunc(cases, func(a, b offline.Case) int { return strings.Compare(a.Subscription.Name, b.Subscription.Name) })
	return source, cases, err
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	for _, names := range [][]string{nil, {"acme"}, {"acme", "globex", "initech"}} {
		source, cases, err := read(t.Context(), written(t, names...))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, of := range cases {
			got = append(got, of.Subscription.Name)
			if of.Subscription.Status.Sequence != 7 || len(of.Updates) != 1 || len(of.Assignments) != 1 ||
				of.Subscription.Annotations[v1alpha1.AnnotationUnpark] != "1" || of.Finished[0] != of.Subscription.Name+"-done" ||
				of.FinishedSpecs[of.Finished[0]] != "digest" {
				t.Errorf("got %+v", of)
			}
		}
		if diff := cmp.Diff(names, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		earlier, err := source.EarlierOf(t.Context(), &v1alpha1.Subscription{
			ObjectMeta: metav1.ObjectMeta{Namespace: "billing", Name: "old", UID: "new"},
			Spec:       v1alpha1.SubscriptionSpec{Customer: v1alpha1.Customer{ID: "old"}},
		})
		if err != nil || len(earlier) != 1 || !source.Time.Equal(noon) || len(source.Catalogue.Products) != 1 {
			t.Errorf("got %v and %v", earlier, err)
		}
	}
}

// A snapshot goes to CI, where more people see it than the cluster.
func TestNoSecrets(t *testing.T) {
	text := written(t, "acme")
	if at := strings.Index(text, secret); at >= 0 {
		t.Errorf("the snapshot has …%s…", text[max(at-80, 0):at+len(secret)])
	}
}

func TestWhatIsNoSnapshot(t *testing.T) {
	whole := written(t, "acme", "globex")
	cases := map[string]struct{ reason, text, want string }{
		"another version": {
			reason: "what another version means by a field is not guessed at", text: strings.Replace(whole, `"schemaVersion":"1"`, `"schemaVersion":"9"`, 1),
			want: `test.json cannot be read as a snapshot: it has schemaVersion "9", and this version of kubectl seatplane reads "1": take a new one`,
		},
		"another kind": {
			reason: "other JSON is not a snapshot", text: strings.Replace(whole, `"kind":"Snapshot"`, `"kind":"List"`, 1),
			want: `test.json cannot be read as a snapshot: its kind is "List" and not Snapshot`,
		},
		"no JSON":  {reason: "nor is a text", text: "kind: Snapshot", want: "test.json cannot be read as a snapshot: it is not JSON"},
		"broken":   {reason: "half of the subscriptions are not all", text: whole[:len(whole)-4], want: "test.json cannot be read as a snapshot: it is incomplete: take a new one"},
		"cut line": {reason: "half of one is none", text: strings.Replace(whole, `"subscription":{`, `"subscription":`, 1), want: "test.json cannot be read as a snapshot: a subscription does not parse: take a new one, and do not edit it"},
		"unknown":  {reason: "a field of a later version could change amounts", text: strings.Replace(whole, `"time":`, `"discounts":[],"time":`, 1), want: `test.json cannot be read as a snapshot: it has the unknown field "discounts": take a new one with this version of kubectl seatplane`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, _, err := read(t.Context(), c.text)
			if got := fmt.Sprint(err); got != c.want {
				t.Errorf("%s: got %s", c.reason, got)
			}
		})
	}
}

func TestIs(t *testing.T) {
	for text, want := range map[string]bool{
		written(t): true, `{"schemaVersion":"1","kind":"Snapshot"`: true, `{"kind":"List"}`: false, "kind: Snapshot": false, "": false, `{"items":[`: false,
	} {
		if got := snapshot.Is([]byte(text)); got != want {
			t.Errorf("%.40q: %t", text, got)
		}
	}
}
