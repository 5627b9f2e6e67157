// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package archive

import (
	"context"
	"fmt"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	clocktesting "k8s.io/utils/clock/testing"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/archive/postgres"
	"github.com/seatplane/seatplane/internal/books"
	"github.com/seatplane/seatplane/internal/dataloader/egress"
	"github.com/seatplane/seatplane/internal/dataloader/guest"
	"github.com/seatplane/seatplane/internal/record"
	"github.com/seatplane/seatplane/internal/testing/builders"
	"github.com/seatplane/seatplane/internal/testing/databases"
	"github.com/seatplane/seatplane/internal/testing/faults"
	"github.com/seatplane/seatplane/internal/testing/lyingcache"
	"github.com/seatplane/seatplane/internal/testing/specs"
)

// live reads from and writes to a real API server.
var live client.Client

// server is a real PostgreSQL.
var server *databases.Server

func TestArchive(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Archive")
}

var _ = BeforeSuite(func() {
	live = specs.Start()
	var err error
	server, err = databases.LaunchPostgres()
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { Expect(server.Stop()).To(Succeed()) })
	Expect(server.Exec("", "CREATE ROLE seatplane LOGIN PASSWORD 'hunter2'")).To(Succeed())
})

var databaseCount atomic.Int64

// start is when every bench begins.
var start = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// bench is one namespace with an Archive, a database of its own, and a reconciler that is called by hand.
type bench struct {
	namespace, database string
	wall                *clocktesting.FakePassiveClock
	run                 *faults.Run
	cache               *lyingcache.Client
	books               *books.Books
	subject             *Reconciler
}

func newBench(ctx context.Context) *bench {
	GinkgoHelper()
	b := &bench{
		namespace: specs.Namespace(ctx, live, "archive-").Name, database: fmt.Sprintf("books_%d", databaseCount.Add(1)),
		wall: clocktesting.NewFakePassiveClock(start), cache: lyingcache.New(live),
	}
	Expect(server.Exec("", "CREATE DATABASE "+b.database, "GRANT CREATE ON DATABASE "+b.database+" TO seatplane")).To(Succeed())
	b.secret(ctx, nil)
	b.restart(nil)
	Expect(live.Create(ctx, b.anArchive("books", nil))).To(Succeed())
	return b
}

// secret makes the Secret with the connection string.
func (b *bench) secret(ctx context.Context, change func(*corev1.Secret)) {
	GinkgoHelper()
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{
		Namespace: b.namespace, Name: "books", Labels: map[string]string{v1alpha1.LabelAllow: v1alpha1.AllowArchive},
		Annotations: map[string]string{v1alpha1.AnnotationAllowHosts: server.Address()},
	}, Data: map[string][]byte{"dsn": []byte(server.DSN("seatplane", "hunter2", b.database, "sslmode=disable"))}}
	if change == nil {
		Expect(live.Create(ctx, secret)).To(Succeed())
		return
	}
	change(secret)
	Expect(live.Update(ctx, secret)).To(Succeed())
}

func (b *bench) anArchive(name string, change func(*v1alpha1.Archive)) *v1alpha1.Archive {
	a := &v1alpha1.Archive{}
	a.Namespace, a.Name = b.namespace, name
	a.Spec.Cell = "eu-1"
	a.Spec.Postgres.DSNSecretRef = v1alpha1.SecretKeyReference{Name: "books", Key: "dsn"}
	if change != nil {
		change(a)
	}
	return a
}

// restart begins a new process, which knows nothing, with faults at its writes.
func (b *bench) restart(plan faults.Plan) {
	b.run = faults.NewRun(plan)
	b.books = books.New(b.wall)
	process := b.run.Start()
	b.subject = &Reconciler{
		Client: process.Client(b.cache), Live: process.Reader(live), Clock: b.wall, Books: b.books,
		Runner: guest.InProcess{Handlers: guest.Handlers{postgres.Job: postgres.Handle}},
		Egress: egress.Policy{Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, PlainSQL: true},
	}
}

func (b *bench) key(name string) types.NamespacedName {
	return types.NamespacedName{Namespace: b.namespace, Name: name}
}

// pass calls the reconciler once.
func (b *bench) pass(ctx context.Context) ctrl.Result {
	GinkgoHelper()
	result, err := b.subject.Reconcile(ctx, ctrl.Request{NamespacedName: b.key("books")})
	Expect(err).NotTo(HaveOccurred())
	return result
}

// settle makes passes until none follows soon.
func (b *bench) settle(ctx context.Context) {
	GinkgoHelper()
	for range 10 {
		result, err := b.subject.Reconcile(ctx, ctrl.Request{NamespacedName: b.key("books")})
		if err == nil && result.RequeueAfter > firstRetry {
			return
		}
		if err != nil {
			b.restart(nil)
		}
	}
	Fail("the archive does not come to rest")
}

// shown is the Archive as it is.
func (b *bench) shown(ctx context.Context) *v1alpha1.Archive {
	GinkgoHelper()
	var a v1alpha1.Archive
	Expect(live.Get(ctx, b.key("books"), &a)).To(Succeed())
	return &a
}

func (b *bench) ready(ctx context.Context) metav1.Condition {
	GinkgoHelper()
	condition := meta.FindStatusCondition(b.shown(ctx).Status.Conditions, v1alpha1.ConditionReady)
	Expect(condition).NotTo(BeNil())
	return *condition
}

// subscription makes a Subscription that would issue a document with this number next.
func (b *bench) subscription(ctx context.Context, name string, next int64) *v1alpha1.Subscription {
	GinkgoHelper()
	sub := builders.MakeSubscription(name, b.namespace).Item("editors", "seat", "monthly", 5).Obj()
	Expect(live.Create(ctx, sub)).To(Succeed())
	sub.Status.NextInvoiceNumber = next
	Expect(live.Status().Update(ctx, sub)).To(Succeed())
	return sub
}

// invoice makes an Invoice of a subscription.
func (b *bench) invoice(ctx context.Context, of *v1alpha1.Subscription, sequence int64, changes ...func(*v1alpha1.Invoice)) *v1alpha1.Invoice {
	GinkgoHelper()
	i := &v1alpha1.Invoice{}
	i.Namespace, i.Name = b.namespace, fmt.Sprintf("%s-%06d", of.Name, sequence)
	i.Spec = v1alpha1.InvoiceSpec{
		SubscriptionRef: v1alpha1.SubscriptionReference{Name: of.Name, UID: of.UID}, Customer: v1alpha1.Customer{ID: of.Name},
		Type: v1alpha1.TypeInvoice, Reason: v1alpha1.InvoiceRenewal, Sequence: sequence, IssueTime: *record.Time(start),
		Currency: "EUR", CreditBalanceAfter: "0.00", Subtotal: "50.00", CreditApplied: "0.00", AmountDue: "50.00",
		Lines: []v1alpha1.Line{{Key: "a", Item: "editors", Product: "seat", Plan: "monthly", Kind: v1alpha1.LineRecurring, Quantity: ptr.To[int64](5), Amount: "50.00"}},
	}
	for _, change := range changes {
		change(i)
	}
	Expect(live.Create(ctx, i)).To(Succeed())
	return i
}

// update makes an update of a subscription that was applied.
func (b *bench) update(ctx context.Context, of *v1alpha1.Subscription, name string) *v1alpha1.SubscriptionUpdate {
	GinkgoHelper()
	u := builders.MakeSubscriptionUpdate(name, b.namespace, of.Name).Increment("editors", 1).Obj()
	Expect(live.Create(ctx, u)).To(Succeed())
	u.Status.State, u.Status.SubscriptionUID, u.Status.AdjustmentAmount, u.Status.Currency = v1alpha1.UpdateApplied, of.UID, "5.00", "EUR"
	u.Status.Changes = []v1alpha1.ItemChange{{Item: "editors", PreviousCount: 4, NewCount: 5, AdjustmentAmount: "5.00"}}
	u.Status.Conditions = []metav1.Condition{{
		Type: v1alpha1.ConditionApplied, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonApplied, LastTransitionTime: metav1.NewTime(start),
	}}
	Expect(live.Status().Update(ctx, u)).To(Succeed())
	return u
}

// isArchived is the condition Archived of an Invoice; nil for none.
func (b *bench) isArchived(ctx context.Context, name string) *metav1.Condition {
	GinkgoHelper()
	var i v1alpha1.Invoice
	Expect(live.Get(ctx, b.key(name), &i)).To(Succeed())
	return meta.FindStatusCondition(i.Status.Conditions, v1alpha1.ConditionArchived)
}

// exec executes statements as the database's administrator.
func (b *bench) exec(statements ...string) {
	GinkgoHelper()
	Expect(server.Exec(b.database, statements...)).To(Succeed())
}

// text returns the only value of a query.
func (b *bench) text(query string) string {
	GinkgoHelper()
	db, err := server.Open(b.database)
	Expect(err).NotTo(HaveOccurred())
	defer func() { _ = db.Close() }()
	var value string
	Expect(db.QueryRow(query).Scan(&value)).To(Succeed(), query)
	return value
}
