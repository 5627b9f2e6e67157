// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/archive"
	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/dataloader/egress"
	"github.com/seatplane/seatplane/internal/dataloader/guest"
	"github.com/seatplane/seatplane/internal/dataloader/sql"
	"github.com/seatplane/seatplane/internal/testing/databases"
)

const password = "hunter2"

// lenient is the policy of an operator whose databases are on its own host and may be without TLS.
var lenient = egress.Policy{Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}, PlainSQL: true}

// inProcess carries out jobs here.
var inProcess = guest.InProcess{Handlers: guest.Handlers{Job: Handle}}

var (
	shared     *databases.Server
	sharedOnce sync.Once
	sharedErr  error
	stages     atomic.Int64
)

func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == guest.Argument {
		guest.Main(guest.Handlers{Job: Handle})
	}
	code := m.Run()
	if shared != nil {
		_ = shared.Stop()
	}
	os.Exit(code)
}

// server returns the server that the tests of this package share.
func server(t testing.TB) *databases.Server {
	t.Helper()
	sharedOnce.Do(func() {
		shared, sharedErr = databases.LaunchPostgres()
		if sharedErr == nil {
			sharedErr = shared.Exec("", "CREATE ROLE seatplane LOGIN PASSWORD '"+password+"'")
		}
	})
	if sharedErr != nil {
		t.Fatal(sharedErr)
	}
	return shared
}

// stage is a database of its own.
type stage struct {
	t        testing.TB
	server   *databases.Server
	database string
	Client
}

func newStage(t testing.TB, s *databases.Server) *stage {
	t.Helper()
	st := &stage{t: t, server: s, database: fmt.Sprintf("books_%d", stages.Add(1))}
	for _, statement := range []string{"CREATE DATABASE " + st.database, "GRANT CREATE ON DATABASE " + st.database + " TO seatplane"} {
		if err := s.Exec("", statement); err != nil {
			t.Fatal(err)
		}
	}
	st.Client = Client{Runner: inProcess, Schema: "seatplane", Database: st.resolve(s.DSN("seatplane", password, st.database, "sslmode=disable"), lenient)}
	return st
}

// resolve reads a connection string as the reconciler does.
func (s *stage) resolve(dsn string, policy egress.Policy) sql.Database {
	s.t.Helper()
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{
		Namespace: "shop", Name: "books", Labels: map[string]string{v1alpha1.LabelAllow: v1alpha1.AllowArchive},
		Annotations: map[string]string{v1alpha1.AnnotationAllowHosts: s.server.Address()},
	}, Data: map[string][]byte{"dsn": []byte(dsn)}}
	released, err := dataloader.ReadSecret(s.t.Context(), fake.NewClientBuilder().WithObjects(secret).Build(), "shop",
		v1alpha1.SecretKeyReference{Name: "books", Key: "dsn"}, dataloader.UseArchive)
	if err != nil {
		s.t.Fatal(err)
	}
	database, err := sql.ResolvePostgres(released, dataloader.Secret{}, policy)
	if err != nil {
		s.t.Fatal(err)
	}
	return database
}

// do gives an order, which has to succeed.
func (s *stage) do(o Order) Reply {
	s.t.Helper()
	reply, err := s.Do(s.t.Context(), o)
	if err != nil {
		s.t.Fatalf("%v: %s", err, detail(err))
	}
	return reply
}

func detail(err error) string {
	if failure, ok := errors.AsType[*dataloader.Failure](err); ok {
		return failure.Detail
	}
	return ""
}

// exec executes statements as the administrator.
func (s *stage) exec(statements ...string) {
	s.t.Helper()
	if err := s.server.Exec(s.database, statements...); err != nil {
		s.t.Fatal(err)
	}
}

// text returns the only value of a query.
func (s *stage) text(query string) string {
	s.t.Helper()
	db, err := s.server.Open(s.database)
	if err != nil {
		s.t.Fatal(err)
	}
	defer db.Close()
	var value string
	if err := db.QueryRow(query).Scan(&value); err != nil {
		s.t.Fatalf("%s: %v", query, err)
	}
	return value
}

func at(n int) metav1.Time {
	return metav1.NewTime(time.Date(2026, 4, 1, 0, 0, n, 0, time.UTC))
}

// anInvoice is the n-th invoice of a subscription.
func anInvoice(of string, n int) *v1alpha1.Invoice {
	i := &v1alpha1.Invoice{}
	i.Namespace, i.Name, i.CreationTimestamp = "shop", fmt.Sprintf("%s-%06d", of, n), at(n)
	i.UID = types.UID("invoice-" + i.Name)
	i.Spec = v1alpha1.InvoiceSpec{
		SubscriptionRef: v1alpha1.SubscriptionReference{Name: of, UID: types.UID(of)}, Customer: v1alpha1.Customer{ID: of, DisplayName: "Ünï & Co"},
		Type: v1alpha1.TypeInvoice, Reason: v1alpha1.InvoiceRenewal, Sequence: int64(n), IssueTime: at(n), PeriodStart: ptr.To(at(n)),
		Currency: "EUR", Subtotal: "118.75", CreditApplied: "0.00", AmountDue: "118.75", CreditBalanceAfter: "0.00",
	}
	for line := range 2 {
		i.Spec.Lines = append(i.Spec.Lines, v1alpha1.Line{
			Key: fmt.Sprint("k", line), Item: "editors", Product: "editor", Plan: "monthly", Kind: v1alpha1.LineRecurring,
			Description: "5 seats 'quoted' \"twice\" \\ {a,b} NULL", Quantity: ptr.To[int64](5), UnitAmount: "12.50", FullAmount: "62.50",
			From: ptr.To(at(n)), Units: "39/2", Amount: "59.375",
		})
	}
	return i
}

// anUpdate is the n-th update of a subscription.
func anUpdate(of string, n int) *v1alpha1.SubscriptionUpdate {
	u := &v1alpha1.SubscriptionUpdate{}
	u.Namespace, u.Name, u.CreationTimestamp = "shop", fmt.Sprintf("%s-u%06d", of, n), at(n)
	u.UID = types.UID("update-" + u.Name)
	u.Spec.SubscriptionRef = v1alpha1.SubscriptionReference{Name: of}
	u.Spec.Seats = &v1alpha1.SeatsChange{Item: "editors", Increment: ptr.To[int64](1)}
	u.Status = v1alpha1.SubscriptionUpdateStatus{
		State: v1alpha1.UpdateApplied, SubscriptionUID: types.UID(of), AppliedTime: ptr.To(at(n)), AdjustmentAmount: "-0.01", Currency: "EUR",
		Changes: []v1alpha1.ItemChange{{Item: "editors", PreviousCount: 4, NewCount: 5, AdjustmentAmount: "-0.01"}},
		Lines:   []v1alpha1.Line{{Key: "k", Item: "editors", Kind: v1alpha1.LineCredit, Amount: "-0.01"}},
	}
	return u
}

func invoiceRecord(t testing.TB, cell string, i *v1alpha1.Invoice) archive.Record {
	t.Helper()
	r, err := archive.OfInvoice(cell, i)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func updateRecord(t testing.TB, cell string, u *v1alpha1.SubscriptionUpdate) archive.Record {
	t.Helper()
	r, err := archive.OfUpdate(cell, u)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// some are a subscription's terms, and n invoices and updates.
func some(t testing.TB, of string, n int) []archive.Record {
	t.Helper()
	s := &v1alpha1.Subscription{}
	s.Namespace, s.Name, s.UID, s.Generation, s.CreationTimestamp = "shop", of, types.UID(of), 1, at(0)
	s.Spec.Customer.ID = of
	terms, err := archive.OfSubscription("eu-1", s)
	if err != nil {
		t.Fatal(err)
	}
	records := []archive.Record{terms}
	for k := range n {
		records = append(records, invoiceRecord(t, "eu-1", anInvoice(of, k+1)), updateRecord(t, "eu-1", anUpdate(of, k+1)))
	}
	return records
}

// requireEqual requires that every record was read back and is equal.
func requireEqual(t testing.TB, reply Reply, records []archive.Record) {
	t.Helper()
	for _, each := range records {
		if got := reply.Outcomes[each.Kind][each.UID]; !got.Equal {
			t.Errorf("%s %s: %+v", each.Kind, each.UID, got)
		}
	}
}

func TestStore(t *testing.T) {
	s := newStage(t, server(t))
	records := some(t, "acme", 3)
	for range 3 {
		requireEqual(t, s.do(Order{Records: records}), records)
	}
	for table, want := range map[string]string{
		"subscriptions": "1", "invoices": "3", "invoice_lines": "6", "updates": "3", "update_items": "3", "update_lines": "3", "invoice_states": "3",
	} {
		if got := s.text("SELECT count(*) FROM seatplane." + table); got != want {
			t.Errorf("%s has %s rows, want %s", table, got, want)
		}
	}
	if got := s.text("SELECT sum(amount)::text FROM seatplane.invoice_lines"); got != "356.250" {
		t.Errorf("the lines come to %s", got)
	}
	if got := s.text("SELECT sum(adjustment)::text FROM seatplane.updates"); got != "-0.03" {
		t.Errorf("the updates come to %s", got)
	}
	if got := s.text("SELECT object->'spec'->'lines'->0->>'description' FROM seatplane.invoices LIMIT 1"); got != anInvoice("a", 1).Spec.Lines[0].Description {
		t.Errorf("the text is %q", got)
	}
}

// A record that is there is never overwritten, whatever the cluster says.
func TestDifferingRecords(t *testing.T) {
	s := newStage(t, server(t))
	records := some(t, "acme", 2)
	s.do(Order{Records: records})
	other := anInvoice("acme", 1)
	other.Spec.AmountDue = "1.00"
	otherUpdate := anUpdate("acme", 1)
	otherUpdate.Status.Lines = append(otherUpdate.Status.Lines, otherUpdate.Status.Lines[0])
	sameNumber := anInvoice("acme", 2)
	sameNumber.UID = "another-uid"
	foreign := anInvoice("acme", 2)
	reply := s.do(Order{Records: []archive.Record{
		invoiceRecord(t, "eu-1", other), updateRecord(t, "eu-1", otherUpdate), invoiceRecord(t, "eu-1", sameNumber), invoiceRecord(t, "us-1", foreign),
	}})
	want := map[archive.Kind]map[string]Outcome{
		archive.KindInvoice: {
			string(other.UID): {Differs: "invoices.amount_due"}, "another-uid": {Equal: true}, string(foreign.UID): {Differs: "invoices.cell"},
		},
		archive.KindUpdate: {string(otherUpdate.UID): {Differs: "updates.object"}},
	}
	if diff := cmp.Diff(want, reply.Outcomes); diff != "" {
		t.Error(diff)
	}
	requireEqual(t, s.do(Order{Records: records}), records)
}

// A row that somebody changed in the database is found.
func TestChangedRows(t *testing.T) {
	for name, tc := range map[string]struct {
		reason, statement, differs string
	}{
		"Amount": {"an amount was edited", "UPDATE seatplane.invoices SET amount_due = 1 WHERE sequence = 1", "invoices.amount_due"},
		"Line":   {"a line was deleted", "DELETE FROM seatplane.invoice_lines WHERE position = 1", "invoice_lines"},
		"Object": {"the object was edited", "UPDATE seatplane.invoices SET object = jsonb_set(object, '{spec,amountDue}', '\"1.00\"')", "invoices.object"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, server(t))
			records := some(t, "acme", 1)
			s.do(Order{Records: records})
			s.exec(tc.statement)
			got := s.do(Order{Records: records}).Outcomes[archive.KindInvoice]["invoice-acme-000001"]
			if got.Differs != tc.differs {
				t.Errorf("%s: got %+v, want %s", tc.reason, got, tc.differs)
			}
		})
	}
}

// The server refuses the content of one record. The others are stored.
func TestRefusedRecord(t *testing.T) {
	s := newStage(t, server(t))
	records := some(t, "acme", 4)
	bad := anInvoice("acme", 9)
	bad.Spec.AmountDue = "much"
	all := append(append([]archive.Record{}, records[:5]...), invoiceRecord(t, "eu-1", bad))
	all = append(all, records[5:]...)
	reply := s.do(Order{Records: all})
	requireEqual(t, reply, records)
	if got := reply.Outcomes[archive.KindInvoice][string(bad.UID)]; got.Refused != "22P02" {
		t.Errorf("the bad one: %+v", got)
	}
	if got := s.text("SELECT count(*) FROM seatplane.invoices"); got != "4" {
		t.Errorf("there are %s invoices", got)
	}
}

func TestKnownAndCheck(t *testing.T) {
	s := newStage(t, server(t))
	i := anInvoice("acme", 2)
	i.ResourceVersion = "17"
	s.do(Order{Records: append(some(t, "new", 0), invoiceRecord(t, "eu-1", anInvoice("acme", 1)), invoiceRecord(t, "eu-1", i), updateRecord(t, "eu-1", anUpdate("acme", 1)))})
	reply := s.do(Order{
		Known: []Known{
			{Kind: archive.KindInvoice, UID: string(i.UID), Subscription: "acme", Sequence: 2},
			{Kind: archive.KindInvoice, UID: "mine", Subscription: "acme", Sequence: 1},
			{Kind: archive.KindInvoice, UID: "missing", Subscription: "acme", Sequence: 3},
			{Kind: archive.KindUpdate, UID: "update-acme-u000001"},
			{Kind: archive.KindUpdate, UID: "update-missing"},
		},
		Check: []string{"acme", "new", "nobody"},
	})
	want := Reply{
		Outcomes: map[archive.Kind]map[string]Outcome{},
		Known: map[archive.Kind]map[string]Holding{
			archive.KindInvoice: {string(i.UID): {Version: "17"}, "mine": {Other: true}},
			archive.KindUpdate:  {"update-acme-u000001": {}},
		},
		Issued: map[string]Issued{"acme": {Sequence: 2, Name: "acme-000002", Cell: "eu-1"}, "new": {Name: "unknown", Cell: "unknown"}},
	}
	if diff := cmp.Diff(want, reply); diff != "" {
		t.Error(diff)
	}
}

func TestStates(t *testing.T) {
	s := newStage(t, server(t))
	i := anInvoice("acme", 1)
	s.do(Order{Records: []archive.Record{invoiceRecord(t, "eu-1", i)}})
	i.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionPaid, Status: metav1.ConditionTrue, LastTransitionTime: at(9)}}
	s.do(Order{States: []archive.Row{invoiceRecord(t, "eu-1", i).State, invoiceRecord(t, "eu-1", anInvoice("nobody", 1)).State}})
	if got := s.text("SELECT paid || ' ' || (paid_at AT TIME ZONE 'UTC') FROM seatplane.invoice_states"); got != "true 2026-04-01 00:00:09" {
		t.Errorf("the state is %s", got)
	}
}

// Two cells start at once on an empty database.
func TestMigratingAtOnce(t *testing.T) {
	s := newStage(t, server(t))
	var group sync.WaitGroup
	for n := range 6 {
		group.Go(func() {
			records := some(t, fmt.Sprint("customer-", n), 5)
			reply, err := s.Do(t.Context(), Order{Records: records})
			if err != nil {
				t.Errorf("%v: %s", err, detail(err))
				return
			}
			requireEqual(t, reply, records)
		})
	}
	group.Wait()
	if got := s.text("SELECT count(*) FROM seatplane.schema_versions"); got != fmt.Sprint(archive.Version()) {
		t.Errorf("there are %s migrations", got)
	}
}

// Writers of the same records at once store each of them once.
func TestSameRecordsAtOnce(t *testing.T) {
	s := newStage(t, server(t))
	records := some(t, "acme", 40)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			reply, err := s.Do(t.Context(), Order{Records: records})
			if err != nil {
				t.Errorf("%v: %s", err, detail(err))
				return
			}
			requireEqual(t, reply, records)
		})
	}
	group.Wait()
	if got := s.text("SELECT count(*) FROM seatplane.invoice_lines"); got != "80" {
		t.Errorf("there are %s lines", got)
	}
}

// A role that may add rows and nothing else is enough once the tables are there.
func TestLeastRights(t *testing.T) {
	s := newStage(t, server(t))
	s.do(Order{})
	role := fmt.Sprintf("writer_%d", stages.Add(1))
	s.exec("CREATE ROLE "+role+" LOGIN PASSWORD '"+password+"'", "GRANT USAGE ON SCHEMA seatplane TO "+role,
		"GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA seatplane TO "+role, "GRANT UPDATE ON seatplane.invoice_states TO "+role)
	s.Database = s.resolve(s.server.DSN(role, password, s.database, "sslmode=disable"), lenient)
	records := some(t, "acme", 2)
	for range 2 {
		requireEqual(t, s.do(Order{Records: records}), records)
	}
}

func TestFailures(t *testing.T) {
	for name, tc := range map[string]struct {
		reason  string
		prepare func(s *stage)
		want    dataloader.Reason
		message string
	}{
		"NoRights": {
			reason: "the user may not create the schema", prepare: func(s *stage) { s.exec("REVOKE CREATE ON DATABASE " + s.database + " FROM seatplane") },
			want: dataloader.ReasonSourceError, message: "the database user may not do what the archive needs (SQLSTATE 42501): grant the rights that docs/archive.md lists",
		},
		"Newer": {
			reason: "another operator has migrated further", prepare: func(s *stage) { s.do(Order{}); s.exec("INSERT INTO seatplane.schema_versions VALUES (99)") },
			want: dataloader.ReasonSourceError, message: "the schema of the archive has the version 99, and this operator works with 1: upgrade the operator",
		},
		"TableGone": {
			reason: "somebody dropped a table", prepare: func(s *stage) { s.do(Order{}); s.exec("DROP TABLE seatplane.invoice_lines") },
			want: dataloader.ReasonSourceError, message: "a table of the archive is missing (SQLSTATE 42P01): restore it from a backup",
		},
		"WrongPassword": {
			reason: "a password was changed", prepare: func(s *stage) {
				s.Database = s.resolve(s.server.DSN("seatplane", "wrong", s.database, "sslmode=disable"), lenient)
			},
			want: dataloader.ReasonSourceError, message: "the database refused the user, the password or the operator's address (SQLSTATE 28P01): check the connection string and the user's rights to log in",
		},
		"Superuser": {
			reason: "a superuser can do more than an archive needs", prepare: func(s *stage) {
				s.Database = s.resolve(s.server.DSN("seatplane_admin", "administrator-of-a-test", s.database, "sslmode=disable"), lenient)
			},
			want: dataloader.ReasonSourceError, message: "the database user has the right SUPERUSER, which the archive does not need: use a user who owns nothing but the archive's schema",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, server(t))
			tc.prepare(s)
			_, err := s.Do(t.Context(), Order{Records: some(t, "acme", 1)})
			failure, _ := errors.AsType[*dataloader.Failure](err)
			if failure == nil || failure.Reason != tc.want || failure.Message != tc.message {
				t.Errorf("%s: got %v", tc.reason, err)
			}
			if err != nil && strings.Contains(err.Error()+detail(err), password) {
				t.Errorf("the password is shown: %v %s", err, detail(err))
			}
		})
	}
}

// The connection is verified unless the operator allows otherwise, and goes to no address that is not public.
func TestEgress(t *testing.T) {
	s := newStage(t, server(t))
	for name, tc := range map[string]struct {
		reason, dsn, message string
		policy               egress.Policy
	}{
		"PlainSQL": {
			reason: "TLS is verified by default", dsn: s.server.DSN("seatplane", password, s.database, "sslmode=disable"),
			policy: egress.Policy{Networks: lenient.Networks}, message: "--loader-allow-plain-sql",
		},
		"Network": {
			reason: "the operator's own host is not public", dsn: s.server.DSN("seatplane", password, s.database),
			policy: egress.Policy{}, message: "--loader-allowed-networks",
		},
		"OtherHost": {
			reason: "the Secret names another server", dsn: "postgres://seatplane:hunter2@127.0.0.1:1/books",
			policy: lenient, message: "list the server as host:port",
		},
	} {
		t.Run(name, func(t *testing.T) {
			secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{
				Namespace: "shop", Name: "books", Labels: map[string]string{v1alpha1.LabelAllow: v1alpha1.AllowArchive},
				Annotations: map[string]string{v1alpha1.AnnotationAllowHosts: s.server.Address()},
			}, Data: map[string][]byte{"dsn": []byte(tc.dsn)}}
			released, err := dataloader.ReadSecret(t.Context(), fake.NewClientBuilder().WithObjects(secret).Build(), "shop",
				v1alpha1.SecretKeyReference{Name: "books", Key: "dsn"}, dataloader.UseArchive)
			if err != nil {
				t.Fatal(err)
			}
			_, err = sql.ResolvePostgres(released, dataloader.Secret{}, tc.policy)
			if err == nil || !strings.Contains(err.Error(), tc.message) {
				t.Errorf("%s: got %v", tc.reason, err)
			}
		})
	}
}

// What the loader process says is not trusted.
func TestHostileAnswers(t *testing.T) {
	reply := Reply{Outcomes: map[archive.Kind]map[string]Outcome{}, Known: map[archive.Kind]map[string]Holding{}, Issued: map[string]Issued{}}
	reply.take(archive.KindInvoice, "a", "differs <script>")
	reply.take(archive.KindSubscription, "b", "known -1 x y")
	reply.take(archive.KindSubscription, "c", "known 7")
	reply.take(archive.KindSubscription, "d", "known 7 \x1b[2J eu-1")
	reply.take(archive.KindInvoice, "e", "whatever")
	want := Reply{
		Outcomes: map[archive.Kind]map[string]Outcome{archive.KindInvoice: {"a": {Differs: "unknown"}}},
		Known:    map[archive.Kind]map[string]Holding{},
		Issued:   map[string]Issued{"d": {Sequence: 7, Name: "unknown", Cell: "eu-1"}},
	}
	if diff := cmp.Diff(want, reply); diff != "" {
		t.Error(diff)
	}
}

// The same in a real loader process, over its pipes.
func TestInLoaderProcess(t *testing.T) {
	s := newStage(t, server(t))
	s.Runner = guest.NewProcess(guest.ProcessOptions{})
	records := some(t, "acme", 20)
	requireEqual(t, s.do(Order{Records: records}), records)
}
