// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	toolscache "k8s.io/client-go/tools/cache"
	toolswatch "k8s.io/client-go/tools/watch"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/testing/builders"
	"github.com/seatplane/seatplane/internal/testing/harness"
	"github.com/seatplane/seatplane/internal/testing/playground"
	"github.com/seatplane/seatplane/internal/testing/settings"
)

// kept is how many finished updates of a customer retention keeps in the kill test.
const kept = 3

// ledger is every finished record that a shop ever had, as the API server last showed it.
type ledger struct {
	mu      sync.Mutex
	records map[types.UID]string
	// gone is when a record was seen to be deleted.
	gone map[types.UID]time.Time
}

// witness writes all finished records of the shop down until the test ends. It knows nothing of managers.
func (c *cell) witness() *ledger {
	c.Helper()
	l := &ledger{records: map[types.UID]string{}, gone: map[types.UID]time.Time{}}
	for _, list := range []client.ObjectList{&v1alpha1.InvoiceList{}, &v1alpha1.SubscriptionUpdateList{}} {
		c.Must(c.List(c.Context(), list, client.InNamespace(shop)))
		changes, err := toolswatch.NewRetryWatcherWithContext(c.Context(), list.GetResourceVersion(), &toolscache.ListWatch{
			WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
				return c.Watch(ctx, list, &client.ListOptions{Namespace: shop, Raw: &options})
			},
		})
		c.Must(err)
		go func() {
			for change := range changes.ResultChan() {
				l.note(change.Type, change.Object)
			}
		}()
	}
	return l
}

func (l *ledger) note(change watch.EventType, object runtime.Object) {
	l.mu.Lock()
	defer l.mu.Unlock()
	uid, text := described(object)
	if text == "" {
		return
	}
	l.records[uid] = text
	if change == watch.Deleted {
		l.gone[uid] = time.Now()
	}
}

// described returns the amounts of a finished record, or "".
func described(object runtime.Object) (types.UID, string) {
	var amounts []string
	switch o := object.(type) {
	case *v1alpha1.Invoice:
		for _, line := range o.Spec.Lines {
			amounts = append(amounts, string(line.Amount))
		}
		return o.UID, fmt.Sprintf("%s %d %s %s: %s", o.Name, o.Spec.Sequence, o.Spec.Subtotal, o.Spec.AmountDue, strings.Join(amounts, " "))
	case *v1alpha1.SubscriptionUpdate:
		if !facts.Finished(o.Status.State) {
			return "", ""
		}
		for _, line := range o.Status.Lines {
			amounts = append(amounts, string(line.Amount))
		}
		return o.UID, fmt.Sprintf("%s %s %s: %s", o.Name, o.Status.State, o.Status.AdjustmentAmount, strings.Join(amounts, " "))
	default:
		return "", ""
	}
}

// stored returns the records of a database as described has them, and when each was stored.
func (l *library) stored() (map[types.UID]string, map[types.UID]time.Time) {
	l.Helper()
	records, at := map[types.UID]string{}, map[types.UID]time.Time{}
	for _, query := range []string{
		`SELECT uid, extract(epoch FROM archived_at), concat(name, ' ', sequence, ' ', subtotal, ' ', amount_due, ': ',
			(SELECT string_agg(amount::text, ' ' ORDER BY position) FROM seatplane.invoice_lines WHERE invoice_uid = uid)) FROM seatplane.invoices`,
		`SELECT uid, extract(epoch FROM archived_at), concat(name, ' ', state, ' ', adjustment, ': ',
			(SELECT string_agg(amount::text, ' ' ORDER BY position) FROM seatplane.update_lines WHERE update_uid = uid)) FROM seatplane.updates`,
	} {
		for _, row := range l.rows(query) {
			fields := strings.SplitN(row, " ", 3)
			seconds, err := strconv.ParseFloat(fields[1], 64)
			harness.Must(l.T, err)
			records[types.UID(fields[0])] = fields[2]
			at[types.UID(fields[0])] = time.UnixMicro(int64(seconds * 1e6))
		}
	}
	return records, at
}

// require requires that a database has every record once, with the amounts that it had in the cluster, and that it had
// each deleted one before it was deleted.
func (l *ledger) require(t *testing.T, in *library) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	stored, at := in.stored()
	if diff := cmp.Diff(l.records, stored); diff != "" {
		t.Errorf("the archive (-cluster +database):\n%s", diff)
	}
	for uid, deleted := range l.gone {
		if at[uid].IsZero() || at[uid].After(deleted) {
			t.Errorf("%s was deleted at %s and archived at %s", l.records[uid], deleted, at[uid])
		}
	}
	t.Logf("%d records, and each is archived once with its amounts; retention deleted %d of them, each after it was archived",
		len(l.records), len(l.gone))
}

// isWorking reports whether a loader process is connected to the database.
func isWorking(ctx context.Context, db *sql.DB) bool {
	var found bool
	err := db.QueryRowContext(ctx, "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE usename = 'seatplane')").Scan(&found)
	return err == nil && found
}

// aim waits until a loader process works in the database, and for a while more. It reports whether the process is still
// there.
func (l *library) aim(more time.Duration) bool {
	l.Helper()
	db, err := l.server.Open("")
	harness.Must(l.T, err)
	defer func() { harness.Must(l.T, db.Close()) }()
	for deadline := time.Now().Add(20 * time.Second); !isWorking(l.Context(), db); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			return false
		}
	}
	time.Sleep(more)
	return isWorking(l.Context(), db)
}

// siege is a cell that is archived, and whose manager and database are killed.
type siege struct {
	*cell
	books     *library
	seen      *ledger
	running   *playground.Manager
	customers []string
}

// besiege starts a cell with customers of whose updates few are kept, and a database.
func besiege(t *testing.T, customers ...string) *siege {
	t.Helper()
	s := &siege{cell: newCell(t), books: newLibrary(t), customers: customers}
	s.shop(shop, nil)
	s.seen = s.witness()
	s.archives(s.books, "eu-1")
	for _, name := range customers {
		s.Make(builders.MakeSubscription(name, shop).Customer(name).Start(april).TestClock("clock").
			LoadedItem("editors", "editor", "monthly").With(func(s *v1alpha1.Subscription) {
			s.Spec.History = &v1alpha1.History{KeepUpdates: ptr.To[int32](kept), TTLSecondsAfterFinished: ptr.To[int64](0)}
		}).Obj())
	}
	s.start()
	s.Eventually("the start", s.caughtUp(shop))
	return s
}

func (s *siege) start() {
	s.Helper()
	started, err := s.Ground.StartManager(manager, filepath.Join(s.Folder, "manager.log"), archiveFlags...)
	s.Must(err)
	s.running = started
}

// month has each customer take a seat, and moves the clock to the next month.
func (s *siege) month(n int) {
	s.Helper()
	for _, name := range s.customers {
		s.Make(builders.MakeSubscriptionUpdate(fmt.Sprintf("%s-%04d", name, n), shop, name).Increment("editors", 1).
			With(func(u *v1alpha1.SubscriptionUpdate) {
				u.Annotations = map[string]string{v1alpha1.AnnotationPrune: v1alpha1.PruneTrue}
			}).Obj())
	}
	s.MoveClock(shop, april.AddDate(0, n, 0))
}

// rests waits until so many months are billed and archived, and retention has deleted what is not to be kept.
func (s *siege) rests(months int) {
	s.Helper()
	s.Eventually("all months", s.caughtUp(shop))
	s.Eventually("all changes", s.appliedAll)
	s.Eventually("all is archived", s.archivedAll)
	s.Eventually("retention deletes what is not to be kept", func(ctx context.Context) (string, error) {
		var left v1alpha1.SubscriptionUpdateList
		err := s.List(ctx, &left, client.InNamespace(shop))
		if most := len(s.customers) * (kept + 1); len(left.Items) > most { // the last step of each names one more
			return fmt.Sprintf("%d updates, at most %d", len(left.Items), most), err
		}
		return "", err
	})
	s.Eventually("the witness has seen everything", func(context.Context) (string, error) {
		s.seen.mu.Lock()
		defer s.seen.mu.Unlock()
		if want := len(s.customers) * (2*months + 1); len(s.seen.records) != want { // each month, and the start
			return fmt.Sprintf("%d records, want %d", len(s.seen.records), want), nil
		}
		return "", nil
	})
}

// The manager and the database are killed in turn, each in the midst of archiving. Meanwhile months are billed, seats
// change, and retention deletes. Every record is in the archive once, with its amounts, and none was deleted before it was
// there. SEATPLANE_DATABASE_KILLS says how often each is killed.
func TestArchiveThroughKills(t *testing.T) {
	kills := settings.Number(t, "SEATPLANE_DATABASE_KILLS", 1)
	s := besiege(t, "acme", "bolt", "coda", "dime", "echo")
	defer func() {
		if t.Failed() {
			t.Logf("the last manager ended with\n%s", s.running.LastWords())
		}
		harness.Must(t, s.running.Stop())
	}()
	victims := []struct {
		name string
		kill func()
	}{
		{"database", func() { harness.Must(t, s.books.server.Kill()); harness.Must(t, s.books.server.Restart()) }},
		{"manager", func() { harness.Must(t, s.running.Kill()); s.start() }},
	}
	months := 0
	for killed := 0; killed < len(victims)*kills; {
		if months++; months > 4*len(victims)*kills+8 {
			t.Fatalf("only %d kills in %d months were in the midst of archiving", killed, months)
		}
		s.month(months)
		if s.books.aim(time.Duration(months*7%25) * time.Millisecond) {
			victims[killed%len(victims)].kill()
			killed++
		}
	}
	s.rests(months)
	for _, each := range victims {
		t.Logf("the %s was killed %d times, each time while a loader process was at work", each.name, kills)
	}
	s.seen.require(t, s.books)
}
