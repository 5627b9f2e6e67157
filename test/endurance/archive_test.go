// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package endurance

import (
	"net/netip"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/archive"
	"github.com/seatplane/seatplane/internal/archive/postgres"
	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/dataloader/egress"
	"github.com/seatplane/seatplane/internal/dataloader/guest"
	"github.com/seatplane/seatplane/internal/dataloader/sql"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/testing/databases"
)

// archiveFlags let a manager reach a database on this machine without TLS.
var archiveFlags = []string{"--loader-allowed-networks=127.0.0.0/8", "--loader-allow-plain-sql"}

// isBehind gives the namespace an Archive whose database holds a later document of acme, as after a restore from an older
// backup. acme has nothing to do when the archive answers.
func (h *hold) isBehind() {
	h.Helper()
	server := databases.StartPostgres(h.T)
	if err := server.Exec("", "CREATE ROLE seatplane LOGIN PASSWORD 'hunter2'", "CREATE DATABASE books OWNER seatplane"); err != nil {
		h.Fatal(err)
	}
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: h.namespace, Name: "books", Labels: map[string]string{v1alpha1.LabelAllow: v1alpha1.AllowArchive},
			Annotations: map[string]string{v1alpha1.AnnotationAllowHosts: server.Address()},
		},
		StringData: map[string]string{"dsn": server.DSN("seatplane", "hunter2", "books", "sslmode=disable")},
	}
	books := &v1alpha1.Archive{ObjectMeta: metav1.ObjectMeta{Namespace: h.namespace, Name: "books"}}
	books.Spec.Postgres.DSNSecretRef = v1alpha1.SecretKeyReference{Name: "books", Key: "dsn"}
	h.create(secret)
	h.archives(books)
	h.create(books)
}

// archives stores a document of acme that the cluster does not have in the database of an Archive.
func (h *hold) archives(books *v1alpha1.Archive) {
	h.Helper()
	var acme v1alpha1.Subscription
	if err := h.Get(h.Context(), h.key("acme"), &acme); err != nil {
		h.Fatal(err)
	}
	later := h.invoice("acme-later00-000007", "acme")
	later.UID, later.CreationTimestamp = "later", metav1.NewTime(time.Now())
	later.Spec.SubscriptionRef.UID, later.Spec.Sequence = acme.UID, 7
	record, err := archive.OfInvoice(facts.Cell(books), later)
	if err != nil {
		h.Fatal(err)
	}
	dsn, err := dataloader.ReadSecret(h.Context(), h.Client, h.namespace, books.Spec.Postgres.DSNSecretRef, dataloader.UseArchive)
	if err != nil {
		h.Fatal(err)
	}
	local := egress.Policy{Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, PlainSQL: true}
	database, err := sql.ResolvePostgres(dsn, dataloader.Secret{}, local)
	if err != nil {
		h.Fatal(err)
	}
	to := postgres.Client{
		Runner:   guest.InProcess{Handlers: guest.Handlers{postgres.Job: postgres.Handle}},
		Database: database, Schema: facts.Schema(books),
	}
	if _, err := to.Do(h.Context(), postgres.Order{Records: []archive.Record{record}}); err != nil {
		h.Fatal(err)
	}
}
