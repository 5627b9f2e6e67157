// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package seatproduct

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/dataloader/sql"
	"github.com/seatplane/seatplane/internal/testing/databases"
	"github.com/seatplane/seatplane/internal/testing/settings"
)

// killsEnv names the environment variable that says how often the database is killed; make
// test-database-kill sets it to a hundred.
const killsEnv = "SEATPLANE_DATABASE_KILLS"

const customers = 12

// killable is a stage whose product counts in a PostgreSQL that a spec kills.
type killable struct {
	*stage
	server *databases.Server
	// counts are what the database says.
	counts map[string]int64
}

func newKillable(ctx SpecContext) *killable {
	GinkgoHelper()
	k := &killable{stage: newStage(ctx, everyHourOnTheHour), server: databases.StartPostgres(GinkgoTB()), counts: map[string]int64{}}
	Expect(k.server.Exec("", "CREATE DATABASE crm", "CREATE ROLE reader LOGIN PASSWORD 'reader'")).To(Succeed())
	Expect(k.server.Exec("crm", "CREATE TABLE seats (tenant text PRIMARY KEY, seats int)", "GRANT SELECT ON seats TO reader")).To(Succeed())
	dsn := k.server.DSN("reader", "reader", "crm", "sslmode=disable")
	address, err := url.Parse(dsn)
	Expect(err).NotTo(HaveOccurred())
	Expect(live.Create(ctx, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: k.namespace, Name: "crm",
			Labels:      map[string]string{v1alpha1.LabelAllow: v1alpha1.AllowLoaderDSN},
			Annotations: map[string]string{v1alpha1.AnnotationAllowHosts: address.Host},
		},
		Data: map[string][]byte{"dsn": []byte(dsn)},
	})).To(Succeed())
	k.read(ctx)
	k.product.Spec.DataLoader = &v1alpha1.DataLoader{SQL: &v1alpha1.SQLSource{
		Driver: v1alpha1.DriverPostgres, DSNSecretRef: v1alpha1.SecretKeyReference{Name: "crm", Key: "dsn"},
		// It takes its time for each row, so that a kill can come between two of them.
		Query: "SELECT tenant, seats FROM seats, LATERAL (SELECT pg_sleep(0.002 + seats * 0)) AS slow",
	}}
	Expect(live.Update(ctx, k.product)).To(Succeed())
	k.use(dataloader.NewRegistry(sql.New(live, sqlRunner, sql.Options{Egress: onThisMachine})))
	for n := range customers {
		name := fmt.Sprintf("customer-%02d", n)
		k.counts[name] = 2
		k.subscribe(ctx, name)
	}
	k.write()
	return k
}

// write puts the counts into the database.
func (k *killable) write() {
	GinkgoHelper()
	var rows []string
	for name, count := range k.counts {
		rows = append(rows, fmt.Sprintf("('%s', %d)", name, count))
	}
	Expect(k.server.Exec("crm", "INSERT INTO seats VALUES "+strings.Join(rows, ", ")+
		" ON CONFLICT (tenant) DO UPDATE SET seats = EXCLUDED.seats")).To(Succeed())
}

// grow has some customers take more seats.
func (k *killable) grow() {
	GinkgoHelper()
	for name := range k.counts {
		k.counts[name] += rand.Int64N(3)
	}
	k.write()
}

// due runs a pass that is due, and returns how long it took.
func (k *killable) due(ctx SpecContext) time.Duration {
	GinkgoHelper()
	k.advance(ctx, time.Hour)
	began := time.Now()
	_, err := k.reconcile(ctx)
	Expect(err).NotTo(HaveOccurred())
	k.read(ctx)
	return time.Since(began)
}

var _ = Describe("A database that is killed in the middle of a refresh", func() {
	It("changes no count wrongly, loses none, and the next refresh is right", func(ctx SpecContext) {
		k := newKillable(ctx)
		took := k.due(ctx)
		k.settle(ctx)
		Expect(k.quantities(ctx)).To(Equal(k.counts), k.condition(v1alpha1.ConditionLoaded).Message)
		kills, failed := settings.Number(GinkgoTB(), killsEnv, 3), 0
		for range kills {
			before := k.quantities(ctx)
			k.grow()
			killed := make(chan error, 1)
			go func() {
				time.Sleep(time.Duration(rand.Int64N(int64(took))))
				killed <- k.server.Kill()
			}()
			k.due(ctx)
			Expect(<-killed).To(Succeed())
			k.settle(ctx)
			if loaded := k.condition(v1alpha1.ConditionLoaded); loaded.Status == metav1.ConditionTrue {
				Expect(k.quantities(ctx)).To(Equal(k.counts), "the whole answer had come")
			} else {
				failed++
				Expect(loaded.Reason).To(Equal(v1alpha1.ReasonSourceUnreachable))
				Expect(k.quantities(ctx)).To(Equal(before), "a refresh that failed changes nothing")
			}
			Expect(k.server.Restart()).To(Succeed())
			took = min(took, k.due(ctx))
			k.settle(ctx)
			Expect(k.condition(v1alpha1.ConditionLoaded).Reason).To(Equal(v1alpha1.ReasonRefreshed))
			Expect(k.quantities(ctx)).To(Equal(k.counts), "the next refresh is right")
			Expect(k.open(ctx)).To(BeEmpty())
		}
		AddReportEntry(fmt.Sprintf("of %d kills within a refresh, %d were seen as failures", kills, failed), ReportEntryVisibilityAlways)
	}, SpecTimeout(30*time.Minute))
})
