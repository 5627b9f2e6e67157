// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package performance

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	clocktesting "k8s.io/utils/clock/testing"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/controller/seatproduct"
	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/dataloader/egress"
	"github.com/seatplane/seatplane/internal/dataloader/guest"
	"github.com/seatplane/seatplane/internal/dataloader/queue"
	"github.com/seatplane/seatplane/internal/dataloader/sql"
	"github.com/seatplane/seatplane/internal/index"
	"github.com/seatplane/seatplane/internal/testing/builders"
	"github.com/seatplane/seatplane/internal/testing/databases"
)

const (
	// members is how many rows of the table each customer has, of whom one refresh makes a count.
	members = 5
	// atOnce is how many objects are created at a time.
	atOnce = 32
)

// plant is a product with very many subscriptions that hold what the database says, and the part of the
// operator that refreshes it.
type plant struct {
	*testing.T
	many      int
	namespace string
	admin     client.Client
	cached    client.Client
	database  *databases.Server
	wall      *clocktesting.FakePassiveClock
	wire      *wire
	loader    *counter
	subject   *seatproduct.Reconciler
	// ended takes the product when its load has ended.
	ended chan dataloader.Scope
}

func newPlant(t *testing.T, config *rest.Config, database *databases.Server, many int) *plant {
	t.Helper()
	scheme := runtime.NewScheme()
	must(t, clientgoscheme.AddToScheme(scheme))
	must(t, v1alpha1.AddToScheme(scheme))
	admin, err := client.New(config, client.Options{Scheme: scheme})
	must(t, err)
	p := &plant{
		T: t, many: many, admin: admin, database: database, wire: &wire{},
		namespace: fmt.Sprint("shop-", many), wall: clocktesting.NewFakePassiveClock(time.Now()),
	}
	p.fill()
	p.populate()
	p.operate(config, scheme)
	return p
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// fill makes the customers' database.
func (p *plant) fill() {
	p.Helper()
	name := fmt.Sprint("crm_", p.many)
	must(p.T, p.database.Exec("", "CREATE DATABASE "+name))
	must(p.T, p.database.Exec(name, "CREATE TABLE users (tenant text, active boolean)",
		fmt.Sprintf("INSERT INTO users SELECT 'customer-' || n, true FROM generate_series(1, %d) AS t(n), generate_series(1, %d)", p.many, members),
		fmt.Sprintf("CREATE ROLE reader_%d LOGIN PASSWORD 'reader'", p.many),
		fmt.Sprintf("GRANT SELECT ON users TO reader_%d", p.many)))
}

// change has one more member join each hundredth customer.
func (p *plant) change() {
	p.Helper()
	must(p.T, p.database.Exec(fmt.Sprint("crm_", p.many),
		fmt.Sprintf("INSERT INTO users SELECT 'customer-' || n, true FROM generate_series(100, %d, 100) AS t(n)", p.many)))
}

// populate makes the objects in the cluster.
func (p *plant) populate() {
	p.Helper()
	ctx := p.Context()
	must(p.T, p.admin.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: p.namespace}}))
	dsn := p.database.DSN(fmt.Sprint("reader_", p.many), "reader", fmt.Sprint("crm_", p.many), "sslmode=disable")
	server, err := url.Parse(dsn)
	must(p.T, err)
	must(p.T, p.admin.Create(ctx, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: p.namespace, Name: "crm", Labels: map[string]string{v1alpha1.LabelAllow: v1alpha1.AllowLoaderDSN},
			Annotations: map[string]string{v1alpha1.AnnotationAllowHosts: server.Host},
		},
		Data: map[string][]byte{"dsn": []byte(dsn)},
	}))
	product := builders.MakeSeatProduct("editor", p.namespace).Plan("monthly", "EUR", "10").
		SQLiteLoader("crm", "SELECT tenant, count(*) FROM users WHERE active GROUP BY tenant").
		Refresh(v1alpha1.Refresh{Every: "1h"}).Obj()
	product.Spec.DataLoader.SQL.Driver = v1alpha1.DriverPostgres
	must(p.T, p.admin.Create(ctx, product))

	began := time.Now()
	var group errgroup.Group
	group.SetLimit(atOnce)
	for n := range p.many {
		group.Go(func() error { return p.subscribe(ctx, fmt.Sprint("customer-", n+1)) })
	}
	must(p.T, group.Wait())
	p.Logf("%d subscriptions created, with their statuses, in %s", p.many, time.Since(began).Round(time.Second))
}

// subscribe makes a subscription that holds what its customer has.
func (p *plant) subscribe(ctx context.Context, name string) error {
	subscription := builders.MakeSubscription(name, p.namespace).LoadedItem("editors", "editor", "monthly").Obj()
	if err := p.admin.Create(ctx, subscription); err != nil {
		return err
	}
	held := int64(members)
	subscription.Status.ObservedGeneration = subscription.Generation
	subscription.Status.State = v1alpha1.SubscriptionActive
	subscription.Status.Items = []v1alpha1.SubscriptionItemStatus{{
		Name: "editors", Product: "editor", Plan: "monthly", Quantity: held, LoadedQuantity: &held,
		ObservedTime: &metav1.Time{Time: p.wall.Now().Truncate(time.Second)},
	}}
	return p.admin.Status().Update(ctx, subscription)
}

// operate starts the operator's cache, and makes its reconciler of products.
func (p *plant) operate(config *rest.Config, scheme *runtime.Scheme) {
	p.Helper()
	config = rest.CopyConfig(config)
	config.Wrap(func(next http.RoundTripper) http.RoundTripper {
		p.wire.RoundTripper = next
		return p.wire
	})
	shared, err := cache.New(config, cache.Options{Scheme: scheme, DefaultNamespaces: map[string]cache.Config{p.namespace: {}}})
	must(p.T, err)
	must(p.T, index.Register(p.Context(), shared))
	for _, kind := range []client.Object{&v1alpha1.SeatProduct{}, &v1alpha1.Subscription{}, &v1alpha1.SubscriptionUpdate{}, &v1alpha1.TestClock{}} {
		_, err := shared.GetInformer(p.Context(), kind)
		must(p.T, err)
	}
	go func() { _ = shared.Start(p.Context()) }()
	if !shared.WaitForCacheSync(p.Context()) {
		p.Fatal("the cache does not fill")
	}
	live, err := client.New(config, client.Options{Scheme: scheme})
	must(p.T, err)
	// A client's first question about a group of kinds asks for the group too.
	must(p.T, live.Get(p.Context(), client.ObjectKey{Namespace: p.namespace, Name: "crm"}, &corev1.Secret{}))
	must(p.T, live.Get(p.Context(), p.key(), &v1alpha1.SeatProduct{}))
	p.cached, err = client.New(config, client.Options{Scheme: scheme, Cache: &client.CacheOptions{Reader: shared}})
	must(p.T, err)
	policy := egress.Policy{Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, PlainSQL: true}
	runner := guest.NewProcess(guest.ProcessOptions{})
	p.loader = &counter{Loader: dataloader.NewRegistry(sql.New(live, runner, sql.Options{Egress: policy}))}
	loads := queue.New(p.loader, queue.Options{Wall: p.wall})
	p.Cleanup(loads.Close)
	p.subject = &seatproduct.Reconciler{Client: p.cached, Live: live, Clock: p.wall, Loads: loads, SourceName: loads.SourceName}
	p.ended = make(chan dataloader.Scope, 1)
	loads.OnEnd(func(scope dataloader.Scope) { p.ended <- scope })
}

// pass reconciles the product once.
func (p *plant) pass() {
	p.Helper()
	_, err := p.subject.Reconcile(p.Context(), ctrl.Request{NamespacedName: p.key()})
	must(p.T, err)
}

// refresh lets an hour go by and refreshes: one pass asks the source, the other takes its answer. It waits
// outside of what is measured until the cache shows what was written.
func (p *plant) refresh() cost {
	p.Helper()
	p.wall.SetTime(p.wall.Now().Add(time.Hour))
	spent := measure(p.T, p.wire, p.loader, func() {
		p.pass()
		select {
		case <-p.ended:
		case <-p.Context().Done():
			p.Fatal("the load does not end")
		}
		p.pass()
	})
	p.catchUp()
	return spent
}

func (p *plant) key() client.ObjectKey {
	return client.ObjectKey{Namespace: p.namespace, Name: "editor"}
}

// catchUp waits until the cache shows the product and its updates as they are.
func (p *plant) catchUp() {
	p.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		var live, cached v1alpha1.SeatProduct
		must(p.T, p.admin.Get(p.Context(), p.key(), &live))
		must(p.T, p.cached.Get(p.Context(), p.key(), &cached))
		if live.ResourceVersion == cached.ResourceVersion && p.updates(p.admin) == p.updates(p.cached) {
			return
		}
		if time.Now().After(deadline) {
			p.Fatal("the cache does not catch up")
		}
	}
}

func (p *plant) updates(from client.Reader) int {
	p.Helper()
	var list v1alpha1.SubscriptionUpdateList
	must(p.T, from.List(p.Context(), &list, client.InNamespace(p.namespace)))
	return len(list.Items)
}

// use has the query take the wanted keys.
func (p *plant) use(keys v1alpha1.QueryKeys, query string) {
	p.Helper()
	var product v1alpha1.SeatProduct
	must(p.T, p.admin.Get(p.Context(), p.key(), &product))
	product.Spec.DataLoader.SQL.Keys, product.Spec.DataLoader.SQL.Query = keys, query
	must(p.T, p.admin.Update(p.Context(), &product))
	p.catchUp()
}
