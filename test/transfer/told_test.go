// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package transfer

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/event"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/testing/builders"
	"github.com/seatplane/seatplane/internal/testing/databases"
	"github.com/seatplane/seatplane/internal/testing/harness"
)

// TestEventsAndArchiveContinue: after a move to another cluster, the receiver of events and the archive's database see one
// history. Events continue with the next number, and an event that is delivered again has the same ID and the same bytes.
// The archive has every record once. Both are as in the cluster that nobody moved.
func TestEventsAndArchiveContinue(t *testing.T) {
	const shop = "shop"
	at, server := newReceiver(t), databases.StartPostgres(t)
	harness.Must(t, server.Exec("", "CREATE ROLE keeper LOGIN PASSWORD 'hunter2'", "CREATE DATABASE books OWNER keeper", "CREATE DATABASE copies OWNER keeper"))
	old, other := newCluster(t), newCluster(t)
	stop := old.manage()
	old.namespace(shop)
	old.secrets(shop, at, server, "books")
	old.Make(sinkFor(shop, at), archiveFor(shop))
	old.Eventually("the sink and the archive are used", old.bothReady(shop))
	old.live(shop)
	at.fail(true) // what happens from here on is told by the other cluster
	old.Make(builders.MakeSubscriptionUpdate("untold", shop, "changed").Increment("editors", 1).Obj())
	old.approves(shop, "allowed")
	old.moveAll(april.AddDate(0, 0, 20), shop)
	old.Eventually("the archive has everything", old.isArchived(shop, server, "books"))
	stop()
	file, before := old.export(shop), at.known()

	at.fail(false)
	other.namespace(shop)
	other.secrets(shop, at, server, "books")
	other.counts(shop, 6, 340)
	stop = other.manage()
	other.imports(file)
	other.taken(shop)
	other.goesOn(shop)
	other.Eventually("every event is told", other.isTold(shop, at))
	other.Eventually("the archive has everything", other.isArchived(shop, server, "books"))
	stop()
	moved := at.known()
	if len(before) < 20 || len(moved) < len(before)+20 {
		t.Errorf("there are %d events before the export and %d after it: the test does not test much", len(before), len(moved))
	}

	at.forget(before)
	old.secrets(shop, at, server, "copies")
	old.manage()
	old.goesOn(shop)
	old.Eventually("every event is told", old.isTold(shop, at))
	old.sameRecords(other, shop, "after two renewals")
	if diff := cmp.Diff(alike(t, file, at.known()), alike(t, file, moved)); diff != "" {
		t.Errorf("the events (-untouched +imported):\n%s", diff)
	}
	if changed := at.contradictions(); len(changed) > 0 {
		t.Errorf("events were delivered again with other bytes: %v", changed)
	}
}

// aUID is a UID in the body of an event.
var aUID = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

// alike replaces the UIDs of objects that are not in an export: both clusters created these on their own.
func alike(t *testing.T, file string, bodies map[string]string) map[string]string {
	t.Helper()
	exported, err := os.ReadFile(file)
	harness.Must(t, err)
	same := map[string]string{}
	for id, body := range bodies {
		same[id] = aUID.ReplaceAllStringFunc(body, func(uid string) string {
			if strings.Contains(string(exported), uid) {
				return uid
			}
			return "new"
		})
	}
	return same
}

// receiver is a server that takes down events.
type receiver struct {
	*httptest.Server
	mu      sync.Mutex
	fails   bool
	bodies  map[string]string
	changed []string
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{bodies: map[string]string{}}
	r.Server = httptest.NewServer(http.HandlerFunc(func(answer http.ResponseWriter, request *http.Request) {
		body, err := io.ReadAll(request.Body)
		if err != nil || !r.take(request.Header.Get("webhook-id"), string(body)) {
			answer.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	t.Cleanup(r.Close)
	return r
}

// take takes down an event, unless the receiver fails.
func (r *receiver) take(id, body string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fails {
		return false
	}
	if before, known := r.bodies[id]; known && before != body {
		r.changed = append(r.changed, id)
	}
	r.bodies[id] = body
	return true
}

func (r *receiver) fail(fails bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fails = fails
}

// known are the bodies of all events, by ID.
func (r *receiver) known() map[string]string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.bodies)
}

// forget drops all events but the given ones.
func (r *receiver) forget(but map[string]string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.bodies = maps.Clone(but)
}

// contradictions are the IDs of events that arrived with two bodies.
func (r *receiver) contradictions() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.changed
}

// secrets are what an export does not contain: the key of the sink, and the way to a database of the archive.
func (c *cluster) secrets(namespace string, at *receiver, server *databases.Server, database string) {
	c.Helper()
	for _, each := range []struct{ name, allow, host, key, value string }{
		{
			"receiver", v1alpha1.AllowSink, strings.TrimPrefix(at.URL, "http://"), "key",
			"whsec_" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32))),
		},
		{
			"books", v1alpha1.AllowArchive, server.Address(), "dsn",
			server.DSN("keeper", "hunter2", database, "sslmode=disable"),
		},
	} {
		secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{
			Namespace: namespace, Name: each.name, Labels: map[string]string{v1alpha1.LabelAllow: each.allow},
			Annotations: map[string]string{v1alpha1.AnnotationAllowHosts: each.host},
		}, StringData: map[string]string{each.key: each.value}}
		c.Must(client.IgnoreNotFound(c.Delete(c.Context(), secret.DeepCopy())))
		c.Make(secret)
	}
}

func sinkFor(namespace string, at *receiver) *v1alpha1.EventSink {
	sink := &v1alpha1.EventSink{}
	sink.Namespace, sink.Name = namespace, "receiver"
	sink.Spec = v1alpha1.EventSinkSpec{URL: at.URL, SigningSecretRefs: []v1alpha1.SecretKeyReference{{Name: "receiver", Key: "key"}}}
	return sink
}

func archiveFor(namespace string) *v1alpha1.Archive {
	archive := &v1alpha1.Archive{}
	archive.Namespace, archive.Name = namespace, "books"
	archive.Spec.Postgres.DSNSecretRef = v1alpha1.SecretKeyReference{Name: "books", Key: "dsn"}
	return archive
}

// bothReady waits until the manager knows the sink and the archive.
func (c *cluster) bothReady(namespace string) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		var sink v1alpha1.EventSink
		if err := c.Get(ctx, client.ObjectKey{Namespace: namespace, Name: "receiver"}, &sink); err != nil {
			return "", err
		}
		if !meta.IsStatusConditionTrue(sink.Status.Conditions, v1alpha1.ConditionReady) {
			return fmt.Sprintf("%v", sink.Status.Conditions), nil
		}
		return c.archiveProblem(ctx, namespace)
	}
}

func (c *cluster) archiveProblem(ctx context.Context, namespace string) (string, error) {
	var archive v1alpha1.Archive
	err := c.Get(ctx, client.ObjectKey{Namespace: namespace, Name: "books"}, &archive)
	if !meta.IsStatusConditionTrue(archive.Status.Conditions, v1alpha1.ConditionReady) {
		return fmt.Sprintf("%v", archive.Status.Conditions), err
	}
	return "", err
}

// approves creates an update that is edited before it takes effect: its status is about a later generation.
func (c *cluster) approves(namespace, name string) {
	c.Helper()
	update := builders.MakeSubscriptionUpdate(name, namespace, "changed").Increment("editors", 1).ApplyAt(april.AddDate(0, 0, 20)).Obj()
	c.Make(update)
	c.Eventually("the update is scheduled", func(ctx context.Context) (string, error) {
		err := c.Get(ctx, client.ObjectKeyFromObject(update), update)
		if update.Status.State != v1alpha1.UpdateScheduled {
			return "it is " + string(update.Status.State), err
		}
		return "", err
	})
	c.Merge(update, `{"spec":{"approved":true}}`)
}

// isTold waits until the receiver has every event of every subscription, without a gap.
func (c *cluster) isTold(namespace string, at *receiver) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		var list v1alpha1.SubscriptionList
		err := c.List(ctx, &list, client.InNamespace(namespace))
		known := at.known()
		for i := range list.Items {
			sub := &list.Items[i]
			for n := range sub.Status.EventSequence {
				if id := event.ID(facts.Identity(sub), n+1); known[id] == "" {
					return fmt.Sprintf("event %d of %d of %s", n+1, sub.Status.EventSequence, sub.Name), err
				}
			}
		}
		return "", err
	}
}

// isArchived waits until a database has exactly the finished records of a namespace.
func (c *cluster) isArchived(namespace string, server *databases.Server, database string) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		if problem, err := c.archiveProblem(ctx, namespace); problem != "" || err != nil {
			return problem, err
		}
		var updates v1alpha1.SubscriptionUpdateList
		if err := c.List(ctx, &updates, client.InNamespace(namespace)); err != nil {
			return "", err
		}
		var finished []string
		for i := range updates.Items {
			if facts.Finished(updates.Items[i].Status.State) {
				finished = append(finished, string(facts.Identity(&updates.Items[i])))
			}
		}
		issued := slices.Collect(maps.Keys(c.invoices(namespace)))
		for query, want := range map[string][]string{
			"SELECT uid FROM seatplane.updates": finished, "SELECT name FROM seatplane.invoices": issued,
		} {
			got, err := texts(ctx, server, database, query)
			slices.Sort(want)
			slices.Sort(got)
			if err != nil || !slices.Equal(got, want) {
				return fmt.Sprintf("%s: %s", query, cmp.Diff(want, got)), err
			}
		}
		return "", nil
	}
}

// texts are the only column of a query.
func texts(ctx context.Context, server *databases.Server, database, query string) ([]string, error) {
	db, err := server.Open(database)
	if err != nil {
		return nil, err
	}
	defer func() { _ = db.Close() }()
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var found []string
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		found = append(found, text)
	}
	return found, rows.Err()
}
