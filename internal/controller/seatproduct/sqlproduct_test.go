// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package seatproduct

import (
	databasesql "database/sql"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/dataloader/configmap"
	"github.com/seatplane/seatplane/internal/dataloader/egress"
	"github.com/seatplane/seatplane/internal/dataloader/guest"
	"github.com/seatplane/seatplane/internal/dataloader/sql"
	"github.com/seatplane/seatplane/internal/loading"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

var _ = Describe("A SQL product", func() {
	It("counts 1,000 subscriptions with one query", func(ctx SpecContext) {
		const many = 1000
		s, database := newSQLStage(ctx)
		execute(database, "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 1000) INSERT INTO users SELECT printf('customer-%04d', x) FROM n, (SELECT 1 UNION ALL SELECT 2)")
		loader := &counter{Loader: s.loader}
		s.use(loader)
		var group errgroup.Group
		group.SetLimit(16)
		for n := range many {
			group.Go(func() error {
				name := fmt.Sprintf("customer-%04d", n+1)
				return live.Create(ctx, builders.MakeSubscription(name, s.namespace).LoadedItem("editors", "editor", "monthly").TestClock("clock").Obj())
			})
		}
		Expect(group.Wait()).To(Succeed())
		writes := s.pass(ctx)
		Expect(writes).To(HaveLen(many + 1))
		Expect(loader.loads.Load()).To(BeEquivalentTo(1))
		Expect(loader.queries.Load()).To(BeEquivalentTo(1))
		Expect(s.refresh()).To(And(HaveField("Counted", int64(many)), HaveField("Changed", int64(many))))

		for _, update := range s.updates(ctx) {
			group.Go(func() error {
				subscription := &v1alpha1.Subscription{}
				if err := live.Get(ctx, client.ObjectKey{Namespace: s.namespace, Name: update.Spec.SubscriptionRef.Name}, subscription); err != nil {
					return err
				}
				subscription.Status.Items = []v1alpha1.SubscriptionItemStatus{{
					Name: "editors", Product: "editor", Plan: "monthly", Quantity: 2, LoadedQuantity: update.Spec.Seats.Count, ObservedTime: update.Spec.Cause.ObservedTime,
				}}
				update.Status.State = v1alpha1.UpdateApplied
				return errors.Join(live.Status().Update(ctx, subscription), live.Status().Update(ctx, &update))
			})
		}
		Expect(group.Wait()).To(Succeed())
		s.advance(ctx, time.Hour)
		Expect(s.pass(ctx)).To(Equal([]string{productStatus}), "of 1,000 none changed")
		Expect(s.product.Status.Seats).To(HaveValue(BeEquivalentTo(2 * many)))
		execute(database, "INSERT INTO users SELECT DISTINCT tenant FROM users WHERE tenant <= 'customer-0010'")
		s.advance(ctx, time.Hour)
		Expect(s.pass(ctx)).To(HaveLen(11), "ten changed")
		Expect(loader.loads.Load()).To(BeEquivalentTo(3))
		Expect(loader.queries.Load()).To(BeEquivalentTo(3))
	}, SpecTimeout(2*time.Minute))

	It("shows no DSN, whatever fails", func(ctx SpecContext) {
		s, database := newSQLStage(ctx)
		s.subscribe(ctx, "acme")
		Expect(database).To(ContainSubstring("hunter2"))
		secret := &corev1.Secret{}
		Expect(live.Get(ctx, client.ObjectKey{Namespace: s.namespace, Name: "crm"}, secret)).To(Succeed())
		breaks := []func(){
			func() { execute(database, "DROP TABLE users") },
			func() {
				secret.Data["dsn"] = []byte("/nowhere/hunter2.db")
				Expect(live.Update(ctx, secret)).To(Succeed())
			},
			func() {
				secret.Data["dsn"] = []byte("file:hunter2.db?_pragma=x")
				Expect(live.Update(ctx, secret)).To(Succeed())
			},
			func() { secret.Labels = nil; Expect(live.Update(ctx, secret)).To(Succeed()) },
			func() { Expect(live.Delete(ctx, secret)).To(Succeed()) },
		}
		reasons := []string{}
		for n, breakIt := range breaks {
			breakIt()
			s.wait(loading.MinDemandInterval)
			ask(ctx, s.product, fmt.Sprint(n))
			s.pass(ctx)
			reasons = append(reasons, s.condition(v1alpha1.ConditionLoaded).Reason)
			shown, err := yaml.Marshal(s.product)
			Expect(err).NotTo(HaveOccurred())
			Expect(string(shown) + strings.Join(s.sent(), "\n")).NotTo(ContainSubstring("hunter2"))
		}
		Expect(reasons).To(Equal([]string{"SourceError", "SourceUnreachable", "SourceError", "SecretNotAllowed", "SecretNotFound"}))
		Expect(s.open(ctx)).To(BeEmpty())
	})
})

// sqlRunner carries out loads in this process: what loader processes protect from is not judged here.
var sqlRunner = guest.InProcess{Handlers: guest.Handlers{sql.Kind: sql.Handle}}

// onThisMachine lets loads reach servers without TLS on this machine.
var onThisMachine = egress.Policy{Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, PlainSQL: true}

// newSQLStage is a stage whose product counts in a SQLite database.
func newSQLStage(ctx SpecContext) (*stage, string) {
	GinkgoHelper()
	s := newStage(ctx, everyHourOnTheHour)
	folder := GinkgoT().TempDir()
	Expect(os.Mkdir(filepath.Join(folder, s.namespace), 0o700)).To(Succeed())
	database := filepath.Join(folder, s.namespace, "hunter2.db")
	execute(database, "CREATE TABLE users (tenant TEXT)")
	secret := &corev1.Secret{StringData: map[string]string{"dsn": database}}
	secret.Namespace, secret.Name = s.namespace, "crm"
	secret.Labels = map[string]string{v1alpha1.LabelAllow: v1alpha1.AllowLoaderDSN}
	Expect(live.Create(ctx, secret)).To(Succeed())
	s.product.Spec.DataLoader = builders.MakeSeatProduct("x", "x").SQLiteLoader("crm", "SELECT tenant, count(*) FROM users GROUP BY tenant").Obj().Spec.DataLoader
	Expect(live.Update(ctx, s.product)).To(Succeed())
	s.use(dataloader.NewRegistry(sql.New(live, sqlRunner, sql.Options{SQLiteDir: folder}), configmap.Provider{Live: live}))
	return s, database
}

func execute(file, statement string) {
	GinkgoHelper()
	db, err := databasesql.Open("sqlite", file)
	Expect(err).NotTo(HaveOccurred())
	defer func() { _ = db.Close() }()
	_, err = db.Exec(statement)
	Expect(err).NotTo(HaveOccurred())
}
