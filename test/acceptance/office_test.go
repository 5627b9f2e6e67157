// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite" // the driver

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/playground"
)

// patience is how long anything may take, on a machine that is busy too.
const patience = 90 * time.Second

// office is a namespace with a TestClock, in which one test does what a billing team does.
type office struct {
	*testing.T
	namespace string
	kubectl   playground.Kubectl
	// before is what the scenario was when it last came to rest; see agree.
	before *ledger
}

// open makes an office whose clock shows an instant, and lets the test run beside others.
func open(t *testing.T, now string) *office {
	t.Helper()
	t.Parallel()
	return openAlone(t, now)
}

// openAlone makes an office for a test that runs beside no other.
func openAlone(t *testing.T, now string) *office {
	t.Helper()
	namespace := &corev1.Namespace{}
	namespace.GenerateName = "acceptance-"
	namespace.Labels = map[string]string{v1alpha1.LabelTestClocks: v1alpha1.TestClocksAllowed}
	if err := cluster.Create(t.Context(), namespace); err != nil {
		t.Fatal(err)
	}
	o := &office{T: t, namespace: namespace.Name, kubectl: ground.Kubectl.In(namespace.Name)}
	o.apply(fmt.Sprintf(`
apiVersion: billing.seatplane.dev/v1alpha1
kind: TestClock
metadata: {name: clock}
spec: {now: %s}
`, now))
	return o
}

// apply applies manifests, as a GitOps controller would: what is applied again is an edit. Those of
// this API's kinds may leave their apiVersion out.
func (o *office) apply(manifests string) {
	o.Helper()
	if err := o.tryApply(manifests); err != nil {
		o.Fatal(err)
	}
}

// tryApply applies manifests up to the first that is refused.
func (o *office) tryApply(manifests string) error {
	o.Helper()
	decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewBufferString(manifests), 4096)
	for {
		object := &unstructured.Unstructured{}
		err := decoder.Decode(object)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			o.Fatalf("%v in\n%s", err, manifests)
		}
		if object.GetAPIVersion() == "" {
			object.SetAPIVersion(v1alpha1.GroupVersion.String())
		}
		object.SetNamespace(o.namespace)
		if err := cluster.Apply(o.Context(), client.ApplyConfigurationFromUnstructured(object), client.FieldOwner("git"), client.ForceOwnership); err != nil {
			return err
		}
	}
}

// eventually waits until a condition holds; what it last said is why it does not.
func (o *office) eventually(what string, holds func(context.Context) (bool, string, error)) {
	o.Helper()
	last := ""
	err := wait.PollUntilContextTimeout(o.Context(), 50*time.Millisecond, patience, true, func(ctx context.Context) (bool, error) {
		done, now, err := holds(ctx)
		if now != "" {
			last = now
		}
		return done, err
	})
	if err != nil {
		o.Fatalf("waiting until %s: %v; last: %s", what, err, last)
	}
}

// moveClock moves the clock and waits until all that uses it has reached that time.
func (o *office) moveClock(now string) {
	o.Helper()
	at, err := time.Parse(time.RFC3339, now)
	if err != nil {
		o.Fatal(err)
	}
	o.eventually("the clock takes "+now, func(ctx context.Context) (bool, string, error) {
		var clock v1alpha1.TestClock
		if err := cluster.Get(ctx, o.key("clock"), &clock); err != nil {
			return false, "", err
		}
		clock.Spec.Now = metav1.NewTime(at)
		err := cluster.Update(ctx, &clock)
		return err == nil, fmt.Sprint(err), nil
	})
	o.clockIsReady()
}

func (o *office) clockIsReady() {
	o.Helper()
	o.eventually("the clock is Ready", func(ctx context.Context) (bool, string, error) {
		var clock v1alpha1.TestClock
		err := cluster.Get(ctx, o.key("clock"), &clock)
		ready := meta.FindStatusCondition(clock.Status.Conditions, v1alpha1.ConditionReady)
		if err != nil || ready == nil {
			return false, "no condition", err
		}
		reached := ready.Status == metav1.ConditionTrue && ready.ObservedGeneration == clock.Generation
		return reached, ready.Message, nil
	})
	o.agree()
}

// started waits until subscriptions have started.
func (o *office) started(names ...string) {
	o.Helper()
	for _, name := range names {
		o.eventually(name+" starts", func(ctx context.Context) (bool, string, error) {
			s, err := o.readSubscription(ctx, name)
			return s.Status.State == v1alpha1.SubscriptionActive, describe(s.Status.Conditions), err
		})
	}
	o.clockIsReady()
}

// settled waits until a subscription has acted on its spec and decided all updates that are due.
func (o *office) settled(name string) {
	o.Helper()
	o.eventually(name+" settles", func(ctx context.Context) (bool, string, error) {
		s, err := o.readSubscription(ctx, name)
		if err != nil || s.Status.ObservedGeneration != s.Generation {
			return false, "its spec is not acted on", err
		}
		updates, err := o.readUpdates(ctx, name)
		for _, u := range updates {
			if u.Status.State == "" || u.Status.State == v1alpha1.UpdatePending {
				return false, u.Name + ": " + describe(u.Status.Conditions), err
			}
		}
		inSync := meta.FindStatusCondition(s.Status.Conditions, v1alpha1.ConditionInSync)
		return inSync != nil && inSync.ObservedGeneration == s.Generation, describe(s.Status.Conditions), err
	})
	o.agree()
}

// decided waits until an update has a state, and returns it.
func (o *office) decided(name string, state v1alpha1.UpdateState) *v1alpha1.SubscriptionUpdate {
	o.Helper()
	var u v1alpha1.SubscriptionUpdate
	o.eventually(name+" is "+string(state), func(ctx context.Context) (bool, string, error) {
		err := cluster.Get(ctx, o.key(name), &u)
		return u.Status.State == state, string(u.Status.State) + ": " + describe(u.Status.Conditions), err
	})
	o.agree()
	return &u
}

// edit applies another quantity of a subscription's only item, and waits until it is acted on.
func (o *office) edit(manifest, name string, quantity int64) {
	o.Helper()
	o.apply(fmt.Sprintf(manifest, quantity))
	o.settled(name)
}

// adjusted checks that one update of a subscription with that summary was applied, and what it came to.
func (o *office) adjusted(subscription, summary string, want v1alpha1.Amount) *v1alpha1.SubscriptionUpdate {
	o.Helper()
	var found *v1alpha1.SubscriptionUpdate
	var summaries []string
	updates, err := o.readUpdates(o.Context(), subscription)
	if err != nil {
		o.Fatal(err)
	}
	for i := range updates {
		summaries = append(summaries, fmt.Sprintf("%s (%s)", updates[i].Status.Summary, updates[i].Status.State))
		if updates[i].Status.Summary == summary && updates[i].Status.State == v1alpha1.UpdateApplied {
			found = &updates[i]
		}
	}
	if found == nil {
		o.Fatalf("%s has no applied update %q, but %q", subscription, summary, summaries)
	}
	if found.Status.AdjustmentAmount != want {
		o.Errorf("%s, %s: adjustment %q, want %q; lines %+v", subscription, summary, found.Status.AdjustmentAmount, want, found.Status.Lines)
	}
	return found
}

// invoiced waits for as many invoices of a subscription as are wanted, which are written after the update that they
// bill is marked, and checks what is due on all, in their order.
func (o *office) invoiced(subscription string, want ...v1alpha1.Amount) []v1alpha1.Invoice {
	o.Helper()
	var list v1alpha1.InvoiceList
	o.eventually(fmt.Sprintf("%s has %d invoices", subscription, len(want)), func(ctx context.Context) (bool, string, error) {
		err := cluster.List(ctx, &list, client.InNamespace(o.namespace), of(subscription))
		return len(list.Items) >= len(want), fmt.Sprintf("%d invoices", len(list.Items)), err
	})
	slices.SortFunc(list.Items, func(a, b v1alpha1.Invoice) int { return cmp.Compare(a.Spec.Sequence, b.Spec.Sequence) })
	var got []v1alpha1.Amount
	for _, invoice := range list.Items {
		got = append(got, invoice.Spec.AmountDue)
	}
	if !slices.Equal(got, want) {
		o.Fatalf("the invoices of %s are over %v, want %v", subscription, got, want)
	}
	return list.Items
}

// holds checks how many seats a subscription has.
func (o *office) holds(subscription string, want int64) {
	o.Helper()
	if s := o.subscription(subscription); s.Status.Seats == nil || *s.Status.Seats != want {
		o.Errorf("%s holds %v seats, want %d", subscription, s.Status.Items, want)
	}
}

func (o *office) subscription(name string) *v1alpha1.Subscription {
	o.Helper()
	s, err := o.readSubscription(o.Context(), name)
	if err != nil {
		o.Fatal(err)
	}
	return s
}

func (o *office) readSubscription(ctx context.Context, name string) (*v1alpha1.Subscription, error) {
	var s v1alpha1.Subscription
	err := cluster.Get(ctx, o.key(name), &s)
	return &s, err
}

func (o *office) readUpdates(ctx context.Context, subscription string) ([]v1alpha1.SubscriptionUpdate, error) {
	var list v1alpha1.SubscriptionUpdateList
	err := cluster.List(ctx, &list, client.InNamespace(o.namespace), of(subscription))
	return list.Items, err
}

// run runs kubectl and returns what it prints.
func (o *office) run(args ...string) string {
	o.Helper()
	out, err := o.kubectl.Run(o.Context(), args...)
	if err != nil {
		o.Fatal(err)
	}
	return out
}

// database makes a SQLite database that the manager may read, with a Secret "db" that names it.
func (o *office) database(statements string) *sql.DB {
	o.Helper()
	if err := os.MkdirAll(filepath.Dir(o.databaseFile()), 0o700); err != nil {
		o.Fatal(err)
	}
	db, err := sql.Open("sqlite", "file:"+o.databaseFile()+"?_pragma=busy_timeout(5000)")
	if err != nil {
		o.Fatal(err)
	}
	o.Cleanup(func() { _ = db.Close() })
	o.exec(db, statements)
	o.apply(fmt.Sprintf(`
apiVersion: v1
kind: Secret
metadata:
  name: db
  labels: {billing.seatplane.dev/allow: loader-dsn}
stringData: {dsn: %s.db}
`, o.namespace))
	return db
}

// databaseFile is the file of that database, in the folder of the office's namespace.
func (o *office) databaseFile() string {
	o.Helper()
	folder, err := ground.Databases(o.namespace)
	if err != nil {
		o.Fatal(err)
	}
	return filepath.Join(folder, o.namespace+".db")
}

func (o *office) exec(db *sql.DB, statements string) {
	o.Helper()
	if _, err := db.ExecContext(o.Context(), statements); err != nil {
		o.Fatal(err)
	}
}

func (o *office) key(name string) client.ObjectKey {
	return client.ObjectKey{Namespace: o.namespace, Name: name}
}

func of(subscription string) client.MatchingFields {
	return client.MatchingFields{"spec.subscriptionRef.name": subscription}
}

// describe puts conditions into one line.
func describe(conditions []metav1.Condition) string {
	var words []string
	for _, c := range conditions {
		words = append(words, fmt.Sprintf("%s=%s %s: %s", c.Type, c.Status, c.Reason, c.Message))
	}
	return strings.Join(words, "; ")
}

// sellsEditors has Acme buy seats of editors from 1 April on, at a price a seat, as many as a data loader counts at
// each midnight. loader is what stands under dataLoader.
func (o *office) sellsEditors(price, loader string) {
	o.Helper()
	o.apply(fmt.Sprintf(`
kind: SeatProduct
metadata: {name: seat}
spec:
  plans:
  - name: monthly
    currency: EUR
    interval: {unit: Month, count: 1}
    pricing: {model: PerUnit, unitAmount: %q}
  dataLoader: %s
  refresh: {schedule: "0 0 * * *"}
---
kind: Subscription
metadata: {name: acme}
spec:
  customer: {id: acme}
  startTime: 2026-04-01T00:00:00Z
  items:
  - {name: editors, productRef: {name: seat}, plan: monthly}
  testClockRef: {name: clock}
`, price, loader))
}
