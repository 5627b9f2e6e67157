// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package seatplanetest_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/seatplanetest"
	"github.com/seatplane/seatplane/seatplanetest/builders"
)

var (
	april = time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	may   = time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
)

// amountsDue returns what the invoices of a subscription ask for.
func amountsDue(s *seatplanetest.Seatplane, subscription string) []string {
	var amounts []string
	for _, invoice := range s.Invoices(subscription) {
		amounts = append(amounts, string(invoice.Spec.AmountDue))
	}
	return amounts
}

// Seats are counted by the test. The one that is found on 16 April at 02:00 costs the rest of the month.
func TestCountedSeats(t *testing.T) {
	s := seatplanetest.New(t)
	clock := s.Clock(april)
	s.SetCounts("editor", map[string]int64{"acme": 3})
	s.Create(
		builders.MakeSeatProduct("editor", "").Plan("monthly", "EUR", "10").ConfigMapLoader("counts").
			Refresh(v1alpha1.Refresh{Schedule: "0 2 * * *"}).Obj(),
		builders.MakeSubscription("acme", "").Start(april).TestClock(clock.Name()).LoadedItem("editors", "editor", "monthly").Obj())
	clock.CatchUp()
	s.SetCounts("editor", map[string]int64{"acme": 4})
	clock.MoveTo(april.AddDate(0, 0, 15).Add(2 * time.Hour))
	clock.MoveTo(may)

	if diff := cmp.Diff([]string{"30.00", "44.97"}, amountsDue(s, "acme")); diff != "" {
		t.Errorf("what is due (-want +got):\n%s", diff)
	}
	var summaries []string
	for _, update := range s.Updates("acme") {
		summaries = append(summaries, update.Status.Summary)
	}
	if diff := cmp.Diff([]string{"editors 0 → 3", "editors 3 → 4"}, summaries); diff != "" {
		t.Errorf("updates (-want +got):\n%s", diff)
	}
	if now := clock.Now(); !now.Equal(may) {
		t.Errorf("the clock shows %s", now)
	}
}

// What a test creates just before it moves the clock counts as of the time before.
func TestChangeBeforeMove(t *testing.T) {
	s := seatplanetest.New(t)
	clock := s.Clock(april)
	s.Create(
		builders.MakeSeatProduct("editor", "").Plan("monthly", "EUR", "10").Obj(),
		builders.MakeSubscription("acme", "").Start(april).TestClock(clock.Name()).LoadedItem("editors", "editor", "monthly").Obj(),
		builders.MakeSubscriptionUpdate("two", "", "acme").Count("editors", 2).Obj())
	clock.Advance(may.Sub(april))
	if diff := cmp.Diff([]string{"40.00"}, amountsDue(s, "acme")); diff != "" {
		t.Errorf("what is due (-want +got):\n%s", diff)
	}
	if seats := s.Subscription("acme").Status.Seats; seats == nil || *seats != 2 {
		t.Errorf("there are %v seats", seats)
	}
}

// A source that fails leaves the seats as they were, and says why.
func TestFailingSource(t *testing.T) {
	s := seatplanetest.New(t)
	clock := s.Clock(april)
	s.SetCounts("editor", map[string]int64{"acme": 3})
	product := builders.MakeSeatProduct("editor", "").Plan("monthly", "EUR", "10").ConfigMapLoader("counts").
		Refresh(v1alpha1.Refresh{Schedule: "0 2 * * *"}).Obj()
	s.Create(product, builders.MakeSubscription("acme", "").Start(april).TestClock(clock.Name()).LoadedItem("editors", "editor", "monthly").Obj())
	clock.CatchUp()
	s.FailCounts("editor", errors.New("the customer database is being restored"))
	clock.Advance(24 * time.Hour)
	s.Get("editor", product)
	loaded := meta.FindStatusCondition(product.Status.Conditions, v1alpha1.ConditionLoaded)
	if loaded == nil || loaded.Status != metav1.ConditionFalse || !strings.Contains(loaded.Message, "is being restored") {
		t.Errorf("Loaded is %+v", loaded)
	}
	if seats := s.Subscription("acme").Status.Seats; seats == nil || *seats != 3 {
		t.Errorf("there are %v seats", seats)
	}
}

// Without counts of the test, the product's own source is asked.
func TestOwnSource(t *testing.T) {
	s := seatplanetest.New(t)
	clock := s.Clock(april)
	s.Apply([]byte(`
apiVersion: v1
kind: ConfigMap
metadata: {name: counts}
data: {acme: "2"}
---
apiVersion: billing.seatplane.dev/v1alpha1
kind: SeatProduct
metadata: {name: editor}
spec:
  plans:
  - name: monthly
    currency: EUR
    interval: {unit: Month, count: 1}
    pricing: {model: PerUnit, unitAmount: "10.00"}
  dataLoader: {configMap: {name: counts}}
---
apiVersion: billing.seatplane.dev/v1alpha1
kind: ClusterProrationPolicy
metadata: {name: test-own-source}
spec: {displayName: By the day, rounding: Up}
`))
	s.Create(builders.MakeSubscription("acme", "").Start(april).TestClock(clock.Name()).LoadedItem("editors", "editor", "monthly").Obj())
	clock.CatchUp()
	if diff := cmp.Diff([]string{"20.00"}, amountsDue(s, "acme")); diff != "" {
		t.Errorf("what is due (-want +got):\n%s", diff)
	}
	policy := &v1alpha1.ClusterProrationPolicy{}
	s.Get("test-own-source", policy)
	s.WaitFor(policy, func() bool { return meta.IsStatusConditionTrue(policy.Status.Conditions, v1alpha1.ConditionReady) })
	var counts corev1.ConfigMap
	s.Get("counts", &counts)
	if counts.Namespace != s.Namespace {
		t.Errorf("the ConfigMap is in %q", counts.Namespace)
	}
}

// recorder is a test that is watched by another one.
type recorder struct {
	ctx      context.Context
	failed   string
	logged   string
	cleanups []func()
}

func (*recorder) Helper()                    {}
func (r *recorder) Cleanup(do func())        { r.cleanups = append(r.cleanups, do) }
func (r *recorder) Context() context.Context { return r.ctx }
func (r *recorder) Failed() bool             { return r.failed != "" }
func (r *recorder) Logf(f string, a ...any)  { r.logged += fmt.Sprintf(f, a...) + "\n" }
func (r *recorder) Fatalf(f string, a ...any) {
	r.failed = fmt.Sprintf(f, a...)
	runtime.Goexit()
}

// record runs a test with a recorder, to its end.
func record(t *testing.T, test func(*recorder)) *recorder {
	r := &recorder{ctx: t.Context()}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			for _, do := range r.cleanups {
				do()
			}
		}()
		test(r)
	}()
	<-done
	return r
}

// A test that passes logs nothing. One that fails says what failed, and what the operator said.
func TestLogOfFailure(t *testing.T) {
	cases := map[string]struct {
		reason       string
		test         func(*recorder)
		failed, logs string
	}{
		"Passes": {reason: "nobody reads the log of a test that passes", test: func(r *recorder) { seatplanetest.New(r).Clock(april).CatchUp() }},
		"Refused": {
			reason: "the API server refuses it",
			test: func(r *recorder) {
				seatplanetest.New(r).Create(builders.MakeSeatProduct("editor", "").Obj())
			},
			failed: `seatplanetest: create *v1alpha1.SeatProduct "editor": `, logs: "seatplanetest: the operator said:",
		},
		"Back": {
			reason: "a clock only moves forward",
			test:   func(r *recorder) { seatplanetest.New(r).Clock(may).MoveTo(april) },
			failed: `seatplanetest: move TestClock "clock" to 2026-04-01T00:00:00Z: `, logs: "seatplanetest: the operator said:",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			r := record(t, tc.test)
			if !strings.HasPrefix(r.failed, tc.failed) || (r.failed == "") != (tc.failed == "") {
				t.Errorf("%s: failed with %q", tc.reason, r.failed)
			}
			if !strings.HasPrefix(r.logged, tc.logs) || (r.logged == "") != (tc.logs == "") {
				t.Errorf("%s: logged %q", tc.reason, r.logged)
			}
		})
	}
}

// bareEnv makes this binary one that has no control plane, and prints what New says.
const bareEnv = "SEATPLANETEST_BARE"

func TestMain(m *testing.M) {
	if os.Getenv(bareEnv) != "" {
		r := record(&testing.T{}, func(r *recorder) { r.ctx = context.Background(); seatplanetest.New(r) })
		fmt.Println(r.failed)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// Without binaries, a test fails in one sentence that says how to get them.
func TestBinariesAreMissing(t *testing.T) {
	home := t.TempDir()
	cases := map[string]struct {
		reason, folder, assets, want string
	}{
		"Nowhere": {reason: "neither named nor stored", folder: home, want: "seatplanetest: found no etcd and kube-apiserver: run `go run sigs.k8s.io/"},
		"Named":   {reason: "the folder that is named has none", folder: home, assets: home, want: "KUBEBUILDER_ASSETS is " + home + ", which has no etcd"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			program, err := filepath.Abs(os.Args[0])
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(t.Context(), program)
			cmd.Dir = tc.folder
			cmd.Env = []string{bareEnv + "=1", "HOME=" + home, "XDG_DATA_HOME=" + home, "KUBEBUILDER_ASSETS=" + tc.assets}
			out, err := cmd.CombinedOutput()
			if err != nil || !strings.Contains(string(out), tc.want) || strings.Count(string(out), "\n") != 1 {
				t.Errorf("%s: got %v, %q", tc.reason, err, out)
			}
		})
	}
}
