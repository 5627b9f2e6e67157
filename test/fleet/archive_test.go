// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/testing/builders"
	"github.com/seatplane/seatplane/internal/testing/databases"
	"github.com/seatplane/seatplane/internal/testing/harness"
	"github.com/seatplane/seatplane/internal/testing/playground"
)

// archiveFlags let managers reach a database on this machine without TLS.
var archiveFlags = []string{"--loader-allowed-networks=127.0.0.0/8", "--loader-allow-plain-sql"}

// library is a database that cells share.
type library struct {
	*testing.T
	server *databases.Server
}

func newLibrary(t *testing.T) *library {
	t.Helper()
	l := &library{t, databases.StartPostgres(t)}
	harness.Must(t, l.server.Exec("", "CREATE ROLE seatplane LOGIN PASSWORD 'hunter2'", "CREATE DATABASE books OWNER seatplane"))
	return l
}

// rows returns the values of a query without nulls, each row as one text.
func (l *library) rows(query string) []string {
	l.Helper()
	db, err := l.server.Open("books")
	harness.Must(l.T, err)
	defer func() { harness.Must(l.T, db.Close()) }()
	found, err := db.QueryContext(l.Context(), query)
	harness.Must(l.T, err)
	return textsOf(l.T, found)
}

func textsOf(t *testing.T, found *sql.Rows) []string {
	t.Helper()
	defer func() { harness.Must(t, found.Close()) }()
	columns, err := found.Columns()
	harness.Must(t, err)
	var all []string
	for found.Next() {
		values, into := make([]string, len(columns)), make([]any, len(columns))
		for n := range values {
			into[n] = &values[n]
		}
		harness.Must(t, found.Scan(into...))
		all = append(all, strings.Join(values, " "))
	}
	harness.Must(t, found.Err())
	return all
}

// archives has a cell archive what is in its shop.
func (c *cell) archives(to *library, name string) {
	c.Helper()
	archive := &v1alpha1.Archive{ObjectMeta: metav1.ObjectMeta{Namespace: shop, Name: "books"}}
	archive.Spec.Cell, archive.Spec.Postgres.DSNSecretRef = name, v1alpha1.SecretKeyReference{Name: "books", Key: "dsn"}
	c.Make(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: shop, Name: "books", Labels: map[string]string{v1alpha1.LabelAllow: v1alpha1.AllowArchive},
			Annotations: map[string]string{v1alpha1.AnnotationAllowHosts: to.server.Address()},
		},
		StringData: map[string]string{"dsn": to.server.DSN("seatplane", "hunter2", "books", "sslmode=disable")},
	}, archive)
}

// records returns the finished records of the shop, as the archive should have them.
func (c *cell) records() []string {
	c.Helper()
	var invoices v1alpha1.InvoiceList
	c.Must(c.List(c.Context(), &invoices, client.InNamespace(shop)))
	var updates v1alpha1.SubscriptionUpdateList
	c.Must(c.List(c.Context(), &updates, client.InNamespace(shop)))
	var found []string
	for i := range invoices.Items {
		v := &invoices.Items[i]
		found = append(found, fmt.Sprintf("%s %s %d", v.Name, v.Spec.AmountDue, len(v.Spec.Lines)))
	}
	for i := range updates.Items {
		if u := &updates.Items[i]; facts.Finished(u.Status.State) {
			found = append(found, fmt.Sprintf("%s %s %d", u.Name, u.Status.AdjustmentAmount, len(u.Status.Lines)))
		}
	}
	slices.Sort(found)
	return found
}

// archived returns the records that a cell has in the archive.
func (l *library) archived(cell string) []string {
	l.Helper()
	found := append(
		l.rows("SELECT name, amount_due, (SELECT count(*) FROM seatplane.invoice_lines WHERE invoice_uid = uid) FROM seatplane.invoices WHERE cell = '"+cell+"'"),
		l.rows("SELECT name, adjustment, (SELECT count(*) FROM seatplane.update_lines WHERE update_uid = uid) FROM seatplane.updates WHERE cell = '"+cell+"'")...)
	slices.Sort(found)
	return found
}

// archivedAll says what is not archived yet.
func (c *cell) archivedAll(ctx context.Context) (string, error) {
	var archive v1alpha1.Archive
	if err := c.Get(ctx, client.ObjectKey{Namespace: shop, Name: "books"}, &archive); err != nil {
		return "", err
	}
	s := &archive.Status
	want := int64(len(c.records()))
	if s.Archived == nil || *s.Archived != want || *s.Pending != 0 || !meta.IsStatusConditionTrue(s.Conditions, v1alpha1.ConditionReady) {
		return fmt.Sprintf("of %d: %+v", want, *s), nil
	}
	return "", nil
}

// requireArchived requires that the archive has exactly the records of a cell.
func (c *cell) requireArchived(in *library, name string) {
	c.Helper()
	c.Eventually("all is archived", c.archivedAll)
	if diff := cmp.Diff(c.records(), in.archived(name)); diff != "" {
		c.Errorf("the archive of %s (-cluster +database):\n%s", name, diff)
	}
}

// sellsTo has customers of a cell take twelve seats each.
func (c *cell) sellsTo(customers ...string) {
	c.Helper()
	for _, name := range customers {
		c.Make(builders.MakeSubscription(name, shop).Customer(name).Start(april).TestClock("clock").Item("editors", "editor", "monthly", 12).Obj())
	}
}

// Two cells share one archive, and a customer of the same name lives in both. Then one cell is restored from an older
// backup: the customer whose later invoice is archived stops, and everybody else is billed.
func TestArchiveOfTwoCells(t *testing.T) {
	books := newLibrary(t)
	one, two := newCell(t), newCell(t)
	cells := map[string]*cell{"eu-1": one, "us-1": two}
	for name, each := range cells {
		each.shop(shop, nil)
		each.Make(&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: shop, Name: "counts"}})
		each.archives(books, name)
	}
	two.manage("manager", archiveFlags...)
	stop := one.manage("first", archiveFlags...)
	one.sellsTo("acme")
	two.sellsTo("bolt")
	for _, each := range cells {
		// Updates, and not the spec, decide how many seats this one has.
		each.Make(builders.MakeSubscription("both", shop).Customer("both").Start(april).TestClock("clock").
			LoadedItem("editors", "editor", "monthly").Obj())
	}
	for _, each := range cells {
		each.Eventually("the start", each.caughtUp(shop))
	}
	backup := one.subscription("acme")
	for _, each := range cells {
		each.MoveClock(shop, april.AddDate(0, 1, 0))
		each.Eventually("May", each.caughtUp(shop))
		each.Make(builders.MakeSubscriptionUpdate("more", shop, "both").Increment("editors", 2).Obj())
		each.Eventually("the change", each.appliedAll)
	}
	for name, each := range cells {
		each.requireArchived(books, name)
	}
	if got := books.rows("SELECT cell, count(*), sum(amount_due) FROM seatplane.invoices GROUP BY 1 ORDER BY 1"); !cmp.Equal(got, []string{"eu-1 4 550.00", "us-1 4 550.00"}) {
		t.Errorf("the archive has %v", got)
	}

	stop()
	one.restores(backup)
	one.manage("second", archiveFlags...)
	one.Eventually("acme stops", func(context.Context) (string, error) {
		ready := meta.FindStatusCondition(one.subscription("acme").Status.Conditions, v1alpha1.ConditionReady)
		if ready == nil || ready.Reason != v1alpha1.ReasonArchiveAhead || !strings.Contains(ready.Message, "-000002") {
			return fmt.Sprintf("%+v", ready), nil
		}
		return "", nil
	})
	one.MoveClock(shop, april.AddDate(0, 2, 0))
	one.Eventually("June", func(context.Context) (string, error) {
		if due := dueOf(t, one.documents(shop), "both"); len(due.reasons) != 3 {
			return fmt.Sprint(due), nil
		}
		return "", nil
	})
	if due := dueOf(t, one.documents(shop), "acme"); len(due.reasons) != 1 {
		t.Errorf("the restored customer was billed again: %v", due)
	}
	one.Eventually("June is archived", func(context.Context) (string, error) {
		if got := books.rows("SELECT count(*) FROM seatplane.invoices WHERE cell = 'eu-1'"); got[0] != "5" {
			return fmt.Sprint(got), nil
		}
		return "", nil
	})
}

// restores puts a subscription back into an older state, with the rights of the manager, and deletes the documents that
// it has issued since.
func (c *cell) restores(backup *v1alpha1.Subscription) {
	c.Helper()
	account := rest.CopyConfig(c.Ground.Plane.Config)
	account.Impersonate.UserName = playground.Account
	asManager, err := client.New(account, client.Options{Scheme: c.Scheme()})
	c.Must(err)
	present := c.subscription(backup.Name)
	present.Status = backup.Status
	c.Must(asManager.Status().Update(c.Context(), present))
	var invoices v1alpha1.InvoiceList
	c.Must(c.List(c.Context(), &invoices, client.InNamespace(shop)))
	for i := range invoices.Items {
		if v := &invoices.Items[i]; v.Spec.SubscriptionRef.UID == backup.UID && v.Spec.Sequence >= backup.Status.NextInvoiceNumber {
			c.Must(c.Delete(c.Context(), v))
		}
	}
}
