// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package archive

import (
	"context"
	"errors"
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/books"
	"github.com/seatplane/seatplane/internal/testing/faults"
	"github.com/seatplane/seatplane/internal/testing/health"
)

var _ = Describe("The archive reconciler", func() {
	It("archives what is finished, marks invoices, and then writes nothing more", func(ctx SpecContext) {
		b := newBench(ctx)
		Expect(health.Of(b.shown(ctx))).To(Equal(health.InProgress))
		acme := b.subscription(ctx, "acme", 3)
		b.invoice(ctx, acme, 1)
		b.invoice(ctx, acme, 2)
		b.update(ctx, acme, "more")
		b.settle(ctx)

		Expect(b.text("SELECT string_agg(name, ' ' ORDER BY sequence) FROM seatplane.invoices")).To(Equal("acme-000001 acme-000002"))
		Expect(b.text("SELECT sum(amount)::text FROM seatplane.invoice_lines")).To(Equal("100.00"))
		Expect(b.text("SELECT name || ' ' || state || ' ' || adjustment FROM seatplane.updates")).To(Equal("more Applied 5.00"))
		Expect(b.text("SELECT customer_id || ' ' || cell FROM seatplane.current_subscriptions")).To(Equal("acme eu-1"))
		Expect(b.isArchived(ctx, "acme-000001")).To(HaveValue(And(
			HaveField("Status", metav1.ConditionTrue), HaveField("Reason", v1alpha1.ReasonArchived),
			HaveField("Message", `The Archive "books" holds this document: it was read back and is equal.`))))
		Expect(b.ready(ctx)).To(And(HaveField("Status", metav1.ConditionTrue), HaveField("Reason", v1alpha1.ReasonArchiving)))
		shown := b.shown(ctx)
		Expect(health.Of(shown)).To(Equal(health.Current))
		Expect(shown.Status.Archived).To(HaveValue(BeEquivalentTo(3)))
		Expect(shown.Status.Pending).To(HaveValue(BeEquivalentTo(0)))
		Expect(shown.Status.OldestPendingTime).To(BeNil())
		Expect(shown.Status.LastArchivedTime.Time).To(BeTemporally("==", start))

		wrote := b.run.Count()
		for range 3 {
			b.wall.SetTime(b.wall.Now().Add(time.Hour))
			b.pass(ctx)
		}
		Expect(b.run.Count()).To(Equal(wrote), "%v", b.run.Writes())
		b.restart(nil)
		b.settle(ctx)
		Expect(b.run.Count()).To(BeZero(), "a new process finds everything in its place: %v", b.run.Writes())
		Expect(b.text("SELECT count(*) FROM seatplane.invoices")).To(Equal("2"))
	})

	It("archives everything else if the API server refuses to mark an invoice, and says so", func(ctx SpecContext) {
		b := newBench(ctx)
		acme := b.subscription(ctx, "acme", 4)
		for sequence := range int64(3) {
			b.invoice(ctx, acme, sequence+1)
		}
		inner := b.subject.Client
		b.subject.Client = faults.Spoil(inner, func(object client.Object) error {
			if object.GetName() == "acme-000001" {
				return apierrors.NewForbidden(schema.GroupResource{Group: v1alpha1.GroupName, Resource: "invoices"}, "acme-000001", errors.New("a policy"))
			}
			return nil
		})
		Expect(b.pass(ctx).RequeueAfter).To(BeNumerically(">=", firstRetry), "it is not tried again at once")
		Expect(b.text("SELECT count(*) FROM seatplane.invoices")).To(Equal("3"))
		Expect(b.isArchived(ctx, "acme-000001")).To(BeNil())
		Expect(b.isArchived(ctx, "acme-000003")).NotTo(BeNil())
		Expect(b.ready(ctx)).To(And(HaveField("Reason", v1alpha1.ReasonCommitRefused), HaveField("Message", And(
			ContainSubstring(`the Invoice "acme-000001"`), ContainSubstring("a policy")))))
		Expect(health.Of(b.shown(ctx))).To(Equal(health.Failed))

		b.subject.Client = inner
		b.wall.SetTime(b.wall.Now().Add(recheck))
		b.settle(ctx)
		Expect(b.isArchived(ctx, "acme-000001")).NotTo(BeNil())
		Expect(b.ready(ctx)).To(HaveField("Reason", v1alpha1.ReasonArchiving))
	})

	It("follows whether an invoice is paid, and keeps a word of others on archiving", func(ctx SpecContext) {
		b := newBench(ctx)
		acme := b.subscription(ctx, "acme", 3)
		kept := b.invoice(ctx, acme, 1)
		kept.Status.Conditions = []metav1.Condition{{
			Type: v1alpha1.ConditionArchived, Status: metav1.ConditionFalse, Reason: "Keep", LastTransitionTime: metav1.NewTime(start),
		}}
		Expect(live.Status().Update(ctx, kept)).To(Succeed())
		b.settle(ctx)
		Expect(b.isArchived(ctx, "acme-000001")).To(HaveValue(HaveField("Status", metav1.ConditionFalse)))
		Expect(b.text("SELECT paid::text FROM seatplane.invoice_states")).To(Equal("false"))

		Expect(live.Get(ctx, b.key("acme-000001"), kept)).To(Succeed())
		kept.Status.Conditions = append(kept.Status.Conditions, metav1.Condition{
			Type: v1alpha1.ConditionPaid, Status: metav1.ConditionTrue, Reason: "Paid", LastTransitionTime: metav1.NewTime(start),
		})
		Expect(live.Status().Update(ctx, kept)).To(Succeed())
		b.settle(ctx)
		Expect(b.text("SELECT paid::text FROM seatplane.invoice_states")).To(Equal("true"))
	})

	It("archives the subscriptions that it selects, and the records of deleted ones that it knows", func(ctx SpecContext) {
		b := newBench(ctx)
		Expect(live.Delete(ctx, b.shown(ctx))).To(Succeed())
		Expect(live.Create(ctx, b.anArchive("books", func(a *v1alpha1.Archive) {
			a.Spec.SubscriptionSelector = &v1alpha1.LabelSelector{MatchLabels: map[string]v1alpha1.LabelValue{"tier": "paid"}}
		}))).To(Succeed())
		paid, free := b.subscription(ctx, "paid", 2), b.subscription(ctx, "free", 2)
		paid.Labels = map[string]string{"tier": "paid"}
		Expect(live.Update(ctx, paid)).To(Succeed())
		b.invoice(ctx, paid, 1)
		b.invoice(ctx, free, 1)
		b.settle(ctx)
		b.invoice(ctx, paid, 2)
		b.invoice(ctx, free, 2)
		for _, each := range []client.Object{paid, free} {
			Expect(live.Delete(ctx, each)).To(Succeed())
		}
		b.settle(ctx)
		Expect(b.text("SELECT string_agg(name, ' ' ORDER BY name) FROM seatplane.invoices")).To(Equal("paid-000001 paid-000002"))
		b.restart(nil)
		b.invoice(ctx, paid, 3)
		b.settle(ctx)
		Expect(b.text("SELECT count(*) FROM seatplane.invoices")).To(Equal("3"))
	})

	It("reports each way to fail, and archives everything afterwards", func(ctx SpecContext) {
		b := newBench(ctx)
		acme := b.subscription(ctx, "acme", 2)
		b.invoice(ctx, acme, 1)
		cases := []struct {
			reason   string
			breakIt  func()
			want     string
			isStuck  bool
			sentence string
		}{
			{"the Secret is for something else", func() {
				b.secret(ctx, func(s *corev1.Secret) { s.Labels = map[string]string{v1alpha1.LabelAllow: v1alpha1.AllowLoaderDSN} })
			}, v1alpha1.ReasonSecretNotAllowed, true, "give it the label billing.seatplane.dev/allow: archive"},
			{"the Secret has no such key", func() {
				b.secret(ctx, func(s *corev1.Secret) { s.Data = map[string][]byte{"other": []byte("x")} })
			}, v1alpha1.ReasonSecretNotFound, true, "has no value under the key"},
			{"nobody answers", func() {
				b.secret(ctx, func(s *corev1.Secret) {
					s.Annotations[v1alpha1.AnnotationAllowHosts] = "127.0.0.1:1"
					s.Data["dsn"] = []byte("postgres://seatplane:hunter2@127.0.0.1:1/books?sslmode=disable")
				})
			}, v1alpha1.ReasonDatabaseUnreachable, false, "The database could not be reached"},
			{"the password is wrong", func() {
				b.secret(ctx, func(s *corev1.Secret) {
					s.Data["dsn"] = []byte(server.DSN("seatplane", "hunter3", b.database, "sslmode=disable"))
				})
			}, v1alpha1.ReasonDatabaseError, true, "The database refused the user"},
		}
		for _, each := range cases {
			each.breakIt()
			result := b.pass(ctx)
			Expect(result.RequeueAfter).To(BeNumerically(">=", firstRetry), each.reason)
			ready := b.ready(ctx)
			Expect(ready).To(And(HaveField("Status", metav1.ConditionFalse), HaveField("Reason", each.want),
				HaveField("Message", And(ContainSubstring(each.sentence), ContainSubstring("Billing continues"), Not(ContainSubstring("hunter"))))), each.reason)
			Expect(b.shown(ctx).Status.LastError).To(And(ContainSubstring(each.sentence), Not(ContainSubstring("hunter"))))
			want := health.InProgress
			if each.isStuck {
				want = health.Failed
			}
			Expect(health.Of(b.shown(ctx))).To(Equal(want), each.reason)
			Expect(b.isArchived(ctx, "acme-000001")).To(BeNil())
		}
		b.secret(ctx, func(*corev1.Secret) {})
		b.settle(ctx)
		Expect(b.shown(ctx).Status.LastError).To(BeEmpty())
		Expect(b.isArchived(ctx, "acme-000001")).NotTo(BeNil())
	})

	It("says that a selector cannot be read", func(ctx SpecContext) {
		b := newBench(ctx)
		a := b.shown(ctx)
		a.Spec.SubscriptionSelector = &v1alpha1.LabelSelector{MatchLabels: map[string]v1alpha1.LabelValue{"not a key": "x"}}
		Expect(live.Update(ctx, a)).To(Succeed())
		b.pass(ctx)
		Expect(b.ready(ctx)).To(HaveField("Reason", v1alpha1.ReasonInvalidSelector))
	})

	It("overwrites nothing that differs, and stops the subscription until it is equal", func(ctx SpecContext) {
		b := newBench(ctx)
		acme := b.subscription(ctx, "acme", 3)
		b.invoice(ctx, acme, 1)
		b.settle(ctx)
		b.exec(`DO $$ BEGIN SET LOCAL session_replication_role = replica; UPDATE seatplane.invoices SET amount_due = 1, uid = 'another';
			UPDATE seatplane.invoice_lines SET invoice_uid = 'another'; UPDATE seatplane.invoice_states SET invoice_uid = 'another'; END $$`)
		b.restart(nil)
		b.pass(ctx)
		Expect(b.ready(ctx)).To(And(HaveField("Reason", v1alpha1.ReasonRecordDiffers),
			HaveField("Message", ContainSubstring(`the Invoice "acme-000001" of the cluster in invoices.amount_due`))))
		Expect(health.Of(b.shown(ctx))).To(Equal(health.Failed))
		Expect(b.text("SELECT amount_due::text FROM seatplane.invoices")).To(Equal("1"))
		ahead, _ := b.books.Checked(b.key("books"), acme.UID)
		Expect(ahead).To(HaveValue(And(HaveField("Other", true), HaveField("Invoice", "acme-000001"))))

		b.exec("UPDATE seatplane.invoices SET amount_due = 50")
		b.wall.SetTime(b.wall.Now().Add(recheck))
		b.settle(ctx)
		Expect(b.ready(ctx)).To(HaveField("Reason", v1alpha1.ReasonArchiving))
		ahead, isChecked := b.books.Checked(b.key("books"), acme.UID)
		Expect(isChecked).To(BeTrue())
		Expect(ahead).To(BeNil())
	})

	It("finds that it is ahead of a cluster that was restored, and believes no late cache", func(ctx SpecContext) {
		b := newBench(ctx)
		acme, bolt := b.subscription(ctx, "acme", 3), b.subscription(ctx, "bolt", 2)
		b.invoice(ctx, acme, 1)
		second := b.invoice(ctx, acme, 2)
		b.invoice(ctx, bolt, 1)
		b.settle(ctx)
		verdict := func(sub *v1alpha1.Subscription) *books.Ahead {
			GinkgoHelper()
			found, isChecked := b.books.Checked(b.key("books"), sub.UID)
			Expect(isChecked).To(BeTrue())
			return found
		}
		Expect(verdict(acme)).To(BeNil())

		By("an older state of the cluster")
		Expect(live.Delete(ctx, second)).To(Succeed())
		acme.Status.NextInvoiceNumber = 2
		Expect(live.Status().Update(ctx, acme)).To(Succeed())
		b.restart(nil)
		Expect(b.pass(ctx).RequeueAfter).To(BeNumerically("<=", recheck))
		Expect(verdict(acme)).To(HaveValue(Equal(books.Ahead{Archive: "books", Cell: "eu-1", Invoice: "acme-000002"})))
		Expect(verdict(bolt)).To(BeNil())
		Expect(b.books.Released()).To(Receive(HaveField("Object", HaveField("Name", "acme"))), "it has nothing to do, and is woken")
		Expect(b.books.Released()).To(BeEmpty())

		By("a newer backup")
		acme.Status.NextInvoiceNumber = 3
		Expect(live.Status().Update(ctx, acme)).To(Succeed())
		b.pass(ctx)
		Expect(verdict(acme)).To(BeNil())

		By("a cache that is late")
		b.restart(nil)
		acme.Status.NextInvoiceNumber = 2
		Expect(live.Status().Update(ctx, acme)).To(Succeed())
		Expect(b.cache.Freeze(ctx, &v1alpha1.SubscriptionList{})).To(Succeed())
		acme.Status.NextInvoiceNumber = 3
		Expect(live.Status().Update(ctx, acme)).To(Succeed())
		b.pass(ctx)
		Expect(verdict(acme)).To(BeNil())
	})

	It("compares the numbers when a document that differed is put right", func(ctx SpecContext) {
		label := func(acme *v1alpha1.Subscription, tier string) {
			GinkgoHelper()
			acme.Labels = map[string]string{"tier": tier}
			Expect(live.Update(ctx, acme)).To(Succeed())
		}
		for reason, putRight := range map[string]func(b *bench, acme *v1alpha1.Subscription, differs *v1alpha1.Invoice){
			"the row is corrected": func(b *bench, _ *v1alpha1.Subscription, _ *v1alpha1.Invoice) {
				b.exec("UPDATE seatplane.invoices SET amount_due = 50 WHERE sequence = 1")
			},
			"the document is deleted from the cluster": func(_ *bench, _ *v1alpha1.Subscription, differs *v1alpha1.Invoice) {
				Expect(live.Delete(ctx, differs)).To(Succeed())
			},
			"the document is deleted while the archive does not select the subscription": func(b *bench, acme *v1alpha1.Subscription, differs *v1alpha1.Invoice) {
				label(acme, "free")
				Expect(live.Delete(ctx, differs)).To(Succeed())
				b.wall.SetTime(b.wall.Now().Add(recheck))
				b.settle(ctx)
				label(acme, "paid")
			},
		} {
			b := newBench(ctx)
			Expect(live.Delete(ctx, b.shown(ctx))).To(Succeed())
			Expect(live.Create(ctx, b.anArchive("books", func(a *v1alpha1.Archive) {
				a.Spec.SubscriptionSelector = &v1alpha1.LabelSelector{MatchLabels: map[string]v1alpha1.LabelValue{"tier": "paid"}}
			}))).To(Succeed())
			acme := b.subscription(ctx, "acme", 3)
			label(acme, "paid")
			first, second := b.invoice(ctx, acme, 1), b.invoice(ctx, acme, 2)
			b.settle(ctx)

			By("a cluster that was restored, and issued its first document again: " + reason)
			b.exec(fmt.Sprintf(`DO $$ BEGIN SET LOCAL session_replication_role = replica;
				UPDATE seatplane.invoices SET amount_due = 1, uid = 'another' WHERE uid = '%[1]s';
				UPDATE seatplane.invoice_lines SET invoice_uid = 'another' WHERE invoice_uid = '%[1]s';
				UPDATE seatplane.invoice_states SET invoice_uid = 'another' WHERE invoice_uid = '%[1]s'; END $$`, first.UID))
			Expect(live.Delete(ctx, second)).To(Succeed())
			acme.Status.NextInvoiceNumber = 2
			Expect(live.Status().Update(ctx, acme)).To(Succeed())
			b.restart(nil)
			b.pass(ctx)
			found, _ := b.books.Checked(b.key("books"), acme.UID)
			Expect(found).To(HaveValue(HaveField("Other", true)), reason)
			Expect(b.books.Released()).To(Receive(HaveField("Object", HaveField("Name", "acme"))), reason)

			putRight(b, acme, first)
			b.wall.SetTime(b.wall.Now().Add(recheck))
			b.settle(ctx)
			found, _ = b.books.Checked(b.key("books"), acme.UID)
			Expect(found).To(HaveValue(Equal(books.Ahead{Archive: "books", Cell: "eu-1", Invoice: "acme-000002"})),
				"%s: the next document would have the number 2", reason)
		}
	})

	It("asks a database that does not answer again soon, as long as documents wait for it", func(ctx SpecContext) {
		b := newBench(ctx)
		acme := b.subscription(ctx, "acme", 2)
		b.wall.SetTime(acme.CreationTimestamp.Add(time.Hour))
		b.restart(nil)
		b.secret(ctx, func(s *corev1.Secret) { s.Labels = nil })
		_, err := b.books.Judge(ctx, live, acme)
		Expect(err).NotTo(HaveOccurred())
		for range 6 {
			Expect(b.pass(ctx).RequeueAfter).To(Equal(firstRetry), "the answer would come too late")
		}
		b.wall.SetTime(b.wall.Now().Add(books.Patience))
		Expect(b.pass(ctx).RequeueAfter).To(Equal(lastRetry), "nobody waits any longer")
	})

	It("confirms to retention what it holds, and nothing while the database is down", func(ctx SpecContext) {
		b := newBench(ctx)
		acme := b.subscription(ctx, "acme", 1)
		u := b.update(ctx, acme, "more")
		hold := func() bool { return b.books.Hold([]types.NamespacedName{b.key("books")}, u.UID) }
		Expect(hold()).To(BeFalse())
		b.settle(ctx)
		Expect(hold()).To(BeTrue())

		b.wall.SetTime(b.wall.Now().Add(time.Hour))
		Expect(hold()).To(BeFalse(), "its word is old")
		b.exec("UPDATE seatplane.updates SET adjustment = 4")
		b.settle(ctx)
		Expect(hold()).To(BeFalse(), "the row differs")
		b.exec("UPDATE seatplane.updates SET adjustment = 5")
		b.wall.SetTime(b.wall.Now().Add(recheck))
		b.settle(ctx)
		Expect(hold()).To(BeTrue())
		b.secret(ctx, func(s *corev1.Secret) { s.Labels = nil })
		b.pass(ctx)
		Expect(hold()).To(BeFalse(), "the archive does not answer")
	})

	It("archives all but a record that the database refuses", func(ctx SpecContext) {
		b := newBench(ctx)
		acme := b.subscription(ctx, "acme", 1)
		b.settle(ctx)
		b.exec("ALTER TABLE seatplane.updates ADD CHECK (name <> 'bad')")
		b.update(ctx, acme, "bad")
		b.update(ctx, acme, "good")
		b.settle(ctx)
		Expect(b.ready(ctx)).To(And(HaveField("Reason", v1alpha1.ReasonDatabaseError), HaveField("Message", ContainSubstring(`"bad" (SQLSTATE 23514)`))))
		Expect(b.text("SELECT name FROM seatplane.updates")).To(Equal("good"))
		Expect(b.shown(ctx).Status.Pending).To(HaveValue(BeEquivalentTo(1)))
		Expect(b.shown(ctx).Status.OldestPendingTime).NotTo(BeNil())
	})

	for _, fault := range []faults.Fault{
		faults.CrashBefore, faults.CrashAfter, faults.Ambiguous, faults.Conflict, faults.TooManyRequests, faults.InternalError,
	} {
		It("ends alike after "+string(fault)+" at each write", func(ctx SpecContext) {
			for write := 1; write <= 3; write++ {
				b := newBench(ctx)
				acme := b.subscription(ctx, "acme", 3)
				b.invoice(ctx, acme, 1)
				b.invoice(ctx, acme, 2)
				b.restart(faults.Plan{write: fault})
				settleWithCrashes(ctx, b)
				Expect(b.text("SELECT count(*) || ' ' || sum(amount_due) FROM seatplane.invoices")).To(Equal("2 100.00"))
				for _, name := range []string{"acme-000001", "acme-000002"} {
					Expect(b.isArchived(ctx, name)).NotTo(BeNil())
				}
				Expect(b.ready(ctx)).To(HaveField("Reason", v1alpha1.ReasonArchiving))
			}
		})
	}
})

// settleWithCrashes makes passes until none follows soon, with a new process after each error.
func settleWithCrashes(ctx context.Context, b *bench) {
	GinkgoHelper()
	b.settle(ctx)
	b.settle(ctx)
}
