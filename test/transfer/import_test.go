// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package transfer

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// TestBillingContinues: subscriptions that were exported in the middle of their lives, and imported into another cluster,
// are billed there as in a cluster that nobody touched: the same invoices under the same names, to the last line, through
// two renewals. It does not matter whether the manager runs during the import, or how often the import is killed.
func TestBillingContinues(t *testing.T) {
	old, other := newCluster(t), newCluster(t)
	old.manage()
	shops := []string{"watched", "killed", "quiet"}
	for _, shop := range shops {
		old.live(shop)
	}
	files := map[string]string{}
	for _, shop := range shops {
		files[shop] = old.export(shop)
	}
	other.refuses(files["quiet"], "create the namespaces of the export", "--as="+importer)
	for _, shop := range shops {
		other.namespace(shop)
		other.counts(shop, 6, 340)
	}
	old.types("verify", files["quiet"])
	other.refuses(files["quiet"], "--as="+importer) // an administrator acts as the importer, or does not import
	other.imports(old.export("default"))            // it has no objects
	other.imports(files["quiet"])                   // no manager runs
	other.manage()
	if said := other.imports(files["watched"]); !strings.Contains(said, "7 of them subscriptions") {
		t.Errorf("the import says %q, want 7 subscriptions", said)
	}
	kills := other.importKilled(files["killed"])
	t.Logf("the import was killed %d times", kills)
	if kills < 10 {
		t.Errorf("the import was killed %d times only: the test does not test it", kills)
	}
	for _, shop := range shops {
		other.taken(shop)
		old.sameRecords(other, shop, "after the import")
	}
	for _, each := range []*cluster{old, other} {
		each.goesOn(shops...)
	}
	for _, shop := range shops {
		old.sameRecords(other, shop, "after two renewals")
		if n := len(other.invoices(shop)); n < 15 {
			t.Errorf("%s has %d invoices only: the test does not test much", shop, n)
		}
	}
	// Everything is released: the file imports nothing a second time, although updates were decided since.
	before := other.updates("watched")
	other.imports(files["watched"])
	if diff := cmp.Diff(before, other.updates("watched")); diff != "" {
		t.Errorf("the second import changed updates (-before +after):\n%s", diff)
	}
}

// refuses runs an import that has to fail, and to say what to do.
func (c *cluster) refuses(file, want string, flags ...string) {
	c.Helper()
	cmd, said := c.seatplane(append([]string{"import", file}, flags...)...)
	if err := cmd.Run(); err == nil || !strings.Contains(said.String(), want) {
		c.Errorf("the import says %s, %v; want %q", said, err, want)
	}
}

// invoices are the contents of all invoices, by name.
func (c *cluster) invoices(namespace string) map[string]v1alpha1.InvoiceSpec {
	c.Helper()
	var list v1alpha1.InvoiceList
	c.Must(c.List(c.Context(), &list, client.InNamespace(namespace)))
	found := map[string]v1alpha1.InvoiceSpec{}
	for i := range list.Items {
		found[list.Items[i].Name] = list.Items[i].Spec
	}
	return found
}

// record is what is compared of an update: everything but when, on the wall clock, it was written.
type record struct {
	Spec   v1alpha1.SubscriptionUpdateSpec
	Status v1alpha1.SubscriptionUpdateStatus
}

func (c *cluster) updates(namespace string) map[string]record {
	c.Helper()
	var list v1alpha1.SubscriptionUpdateList
	c.Must(c.List(c.Context(), &list, client.InNamespace(namespace)))
	found := map[string]record{}
	for i := range list.Items {
		found[list.Items[i].Name] = record{list.Items[i].Spec, list.Items[i].Status}
	}
	return found
}

func (c *cluster) states(namespace string) map[string]v1alpha1.SubscriptionStatus {
	c.Helper()
	var list v1alpha1.SubscriptionList
	c.Must(c.List(c.Context(), &list, client.InNamespace(namespace)))
	found := map[string]v1alpha1.SubscriptionStatus{}
	for i := range list.Items {
		found[list.Items[i].Name] = list.Items[i].Status
	}
	return found
}

func (c *cluster) seats(namespace string) map[string]v1alpha1.SeatAssignmentStatus {
	c.Helper()
	var list v1alpha1.SeatAssignmentList
	c.Must(c.List(c.Context(), &list, client.InNamespace(namespace)))
	found := map[string]v1alpha1.SeatAssignmentStatus{}
	for i := range list.Items {
		found[list.Items[i].Name] = list.Items[i].Status
	}
	return found
}

// apart are the differences between two clusters that mean nothing: when something was written on the wall clock, of
// which generation it speaks, how soon events were delivered, and what an import records. An outbox that was carried out
// is one of them: it names the UIDs of updates.
var apart = cmp.Options{
	cmpopts.IgnoreFields(metav1.Condition{}, "LastTransitionTime", "ObservedGeneration"),
	cmpopts.IgnoreFields(v1alpha1.SubscriptionStatus{}, "ObservedGeneration", "Imported", "Outbox", "Notifications", "EventCursors"),
	cmpopts.IgnoreFields(v1alpha1.SubscriptionItemStatus{}, "LoadedTime"),
	cmpopts.IgnoreFields(v1alpha1.LoadedReading{}, "LoadedTime"),
	cmpopts.IgnoreFields(v1alpha1.UsageStatus{}, "LoadedTime"),
	cmpopts.IgnoreFields(v1alpha1.SubscriptionUpdateStatus{}, "ObservedGeneration", "Imported"),
	cmpopts.IgnoreFields(v1alpha1.UpdateCause{}, "LoadedTime"),
	cmpopts.IgnoreFields(v1alpha1.SeatAssignmentStatus{}, "ObservedGeneration", "Imported"),
	cmpopts.EquateEmpty(),
}

// sameRecords compares everything about a namespace in two clusters.
func (c *cluster) sameRecords(other *cluster, namespace, when string) {
	c.Helper()
	for what, pair := range map[string][2]any{
		"invoices":      {c.invoices(namespace), other.invoices(namespace)},
		"updates":       {c.updates(namespace), other.updates(namespace)},
		"subscriptions": {c.states(namespace), other.states(namespace)},
		"assignments":   {c.seats(namespace), other.seats(namespace)},
	} {
		if diff := cmp.Diff(pair[0], pair[1], apart); diff != "" {
			c.Errorf("%s: the %s of %s (-untouched +imported):\n%s", when, what, namespace, diff)
		}
	}
}
