// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package performance

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/builders"
	"github.com/seatplane/seatplane/internal/testing/playground"
)

// The environment variables that make bench-changes sets.
const (
	changesEnv       = "SEATPLANE_BENCH_CHANGES"
	changesLinesEnv  = "SEATPLANE_BENCH_CHANGES_LINES"
	changesRoundsEnv = "SEATPLANE_BENCH_CHANGES_ROUNDS"
	changesEachEnv   = "SEATPLANE_BENCH_CHANGES_EACH"
)

// The namespaces of the benchmark: in one the manager works, in one the bare writer, and one holds the fleet that the
// manager keeps besides. The manager does not watch that of the bare writer.
const (
	ours    = "ours"
	bare    = "bare"
	planted = "planted"
)

// workers is how many changes the bare writer makes at once: as many as the manager.
const workers = 16

// notApplied selects updates that are not applied.
var notApplied = fields.OneTermNotEqualSelector("status.state", string(v1alpha1.UpdateApplied))

// The manager against a bare client-go writer that sends the same requests with the same bodies, round about, on one
// control plane: what a change costs the API server, etcd and who writes it, for each kind of change, number of accrued
// lines, and number of other subscriptions.
func TestChanges(t *testing.T) {
	binary, err := playground.Build(t.TempDir())
	must(t, err)
	b := &changesBench{yard: newYard(t, binary), each: number(t, changesEachEnv, 3), counts: map[string]string{}}
	b.furnish()
	b.capture(numbers(t, changesLinesEnv, 2))
	rounds := number(t, changesRoundsEnv, 1)
	grown := 0
	for _, fleet := range numbers(t, changesEnv, 10) {
		b.grow(grown, fleet)
		grown = fleet
		results := b.play(rounds)
		if asks(changesEnv) {
			fmt.Printf("\n%d subscriptions, %d rounds of %d changes\n\n%s", fleet, rounds, b.each, tableOf(results))
		}
	}
}

// changesBench compares the manager with a bare writer.
type changesBench struct {
	*yard
	writer bareWriter
	// server is the API server, asked with every right.
	server rest.Interface
	// each is how many changes of a kind a round makes.
	each int
	// serial counts the names that were given.
	serial int
	// counts are what the source of the loaded product says.
	counts map[string]string
	// asked is when somebody last asked for a refresh.
	asked time.Time
	// idle is what is spent at rest, in idleFor.
	idle    spent
	idleFor time.Duration
	cases   []changeCase
	fleet   template
}

// changeCase is one kind of change, on subscriptions with so many accrued lines.
type changeCase struct {
	name  string
	lines int
	// from is how the subscriptions are before the change; nothing where they start.
	from   *template
	script script
	change
}

// change is how a kind of change comes about.
type change struct {
	// begin has the manager begin. Without, it stands still until changes of all subscriptions are due.
	begin func()
	// overdue says that the subscriptions are due as they are planted.
	overdue bool
	// request makes what users make, in a namespace, and returns the objects by their paths.
	request func(namespace string, names []string) map[string]identity
	// done counts what is there when a change is made, in the namespace of the manager.
	done func() int
}

// next returns new names, which are all of one length and part of no other.
func (b *changesBench) next(many int) []string {
	names := make([]string, many)
	for n := range names {
		b.serial++
		names[n] = fmt.Sprintf("subject-%08d", b.serial)
	}
	return names
}

const (
	// dear is a price at which even a second of a seat costs something.
	dear = "1000000"
	// loadedProduct and its source.
	loadedProduct, source = "viewer", "counts"
)

// furnish makes what subscriptions name.
func (b *changesBench) furnish() {
	b.Helper()
	for _, namespace := range []string{ours, bare, planted} {
		b.namespace(namespace)
		b.create(
			builders.MakeSeatProduct("editor", namespace).Plan("monthly", "EUR", dear).Seats(1, 100_000).Obj(),
			// It is refreshed when somebody asks for it.
			builders.MakeSeatProduct(loadedProduct, namespace).Plan("monthly", "EUR", dear).ConfigMapLoader(source).
				Refresh(v1alpha1.Refresh{Schedule: "0 0 1 1 *"}).Obj(),
			&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: source}})
	}
	b.writer, b.server = bareWriter{b.rest(b.operator)}, b.rest(b.ground.Plane.Config)
}

// rest is a client that sends bodies as they are.
func (b *changesBench) rest(config *rest.Config) rest.Interface {
	b.Helper()
	config = rest.CopyConfig(config)
	config.GroupVersion = &v1alpha1.GroupVersion
	config.NegotiatedSerializer = serializer.NewCodecFactory(clientgoscheme.Scheme)
	api, err := rest.RESTClientFor(config)
	must(b.T, err)
	return api
}

// say has the source say how many seats subscriptions have.
func (b *changesBench) say(count string, names ...string) {
	b.Helper()
	for _, name := range names {
		b.counts[name] = count
	}
	says := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: ours, Name: source}, Data: b.counts}
	must(b.T, b.admin.Update(b.Context(), says))
}

// watched are the flags that leave out the namespace of the bare writer.
var watched = "--watch-namespaces=" + ours + "," + planted

// capture has a manager make every change once, through the recorder.
func (b *changesBench) capture(lines []int) {
	b.Helper()
	kept, kubeconfig := b.record()
	b.startManager(watched, "--kubeconfig="+kubeconfig)
	b.captureOn(kept, "start", 0, nil, b.start())
	// Those that renew need to have their lines before.
	renews := time.Now().Add(time.Duration(45+2*slices.Max(lines)) * time.Second).UTC().Truncate(time.Second)
	renewing := map[int]template{}
	for _, many := range lines {
		renewing[many] = b.made(many, renews.AddDate(0, -1, 0))
	}
	if late := time.Since(renews); late > 0 {
		b.Fatalf("the subscriptions that are to renew had their lines %s too late", late)
	}
	for _, many := range lines {
		steady := b.made(many, time.Time{})
		b.captureOn(kept, "a user's update", many, &steady, b.update())
		b.captureOn(kept, "a refreshed count", many, &steady, b.refresh())
	}
	b.fleet = b.made(3, time.Time{})
	time.Sleep(time.Until(renews.Add(time.Second)))
	for _, many := range lines {
		overdue := renewing[many]
		b.captureOn(kept, "renewal", many, &overdue, b.renewal())
	}
	b.stopManager()
}

// captureOn records one change.
func (b *changesBench) captureOn(kept *recorder, name string, lines int, from *template, how change) {
	b.Helper()
	c, names := changeCase{name: name, lines: lines, from: from, change: how}, b.next(1)
	b.goOn(c, names, b.prepare(c, names))
	c.script = kept.about(ours, names[0])
	if len(c.script.steps) < 2 {
		b.Fatalf("%s with %d lines: the manager wrote %d times", name, lines, len(c.script.steps))
	}
	b.cases = append(b.cases, c)
}

// made has the manager make a subscription with so many accrued lines, and returns it.
func (b *changesBench) made(lines int, start time.Time) template {
	b.Helper()
	name := b.next(1)[0]
	b.say("5", name)
	subscription := builders.MakeSubscription(name, ours).Customer(name).
		LoadedItem("editors", "editor", "monthly").LoadedItem("viewers", loadedProduct, "monthly").Obj()
	if !start.IsZero() {
		subscription.Spec.StartTime = &metav1.Time{Time: start}
	}
	b.create(subscription)
	b.await(name+" starts", func() bool {
		must(b.T, b.admin.Get(b.Context(), client.ObjectKeyFromObject(subscription), subscription))
		return subscription.Status.State == v1alpha1.SubscriptionActive
	})
	// What its two items were counted at is applied already: an accrued line is an update of a later second.
	for n := range lines {
		b.create(builders.MakeSubscriptionUpdate(fmt.Sprintf("%s-%d", name, n), ours, name).Increment("editors", 1).Obj())
	}
	b.settleUntil(name+" has its lines", func() bool { return !b.unfinished(ours) })
	must(b.T, b.admin.Get(b.Context(), client.ObjectKeyFromObject(subscription), subscription))
	if upcoming := subscription.Status.UpcomingInvoice; lines > 0 && (upcoming == nil || len(upcoming.Lines) < lines) {
		b.Fatalf("%s has not accrued %d lines: %+v", name, lines, upcoming)
	}
	return b.cut(ours, name, everything...)
}

// grow plants more subscriptions, with an invoice and three updates each, and starts the manager.
func (b *changesBench) grow(from, to int) {
	b.Helper()
	if from > 0 {
		b.stopManager()
	}
	names := make([]string, 0, to-from)
	for n := from; n < to; n++ {
		names = append(names, fmt.Sprintf("planted-%08d", n))
	}
	b.sow(b.fleet, planted, names)
	b.startManager(watched)
	b.settleUntil("the manager knows them", func() bool { return b.figures()["seatplane_subscriptions"] >= float64(to) })
	b.idle, b.idleFor = b.idleRate()
}

// The kinds of change.

func (b *changesBench) start() change {
	return change{
		request: func(namespace string, names []string) map[string]identity {
			return b.makeAll(namespace, "subscriptions", names, func(name string) client.Object {
				return builders.MakeSubscription(name, namespace).Customer(name).LoadedItem("editors", "editor", "monthly").Obj()
			})
		},
		done: func() int { return b.many(ours, "InvoiceList") },
	}
}

func (b *changesBench) update() change {
	return change{
		request: func(namespace string, names []string) map[string]identity {
			return b.makeAll(namespace, "subscriptionupdates", names, func(name string) client.Object {
				return builders.MakeSubscriptionUpdate(name+"-more", namespace, name).Increment("editors", 1).Obj()
			})
		},
		done: func() int { return b.applied() },
	}
}

func (b *changesBench) renewal() change {
	return change{
		overdue: true,
		request: func(string, []string) map[string]identity { return nil },
		done:    func() int { return b.many(ours, "InvoiceList") },
	}
}

func (b *changesBench) refresh() change {
	return change{
		request: func(string, []string) map[string]identity { return nil },
		begin: func() {
			patch := fmt.Appendf(nil, `{"metadata":{"annotations":{%q:%q}}}`, v1alpha1.AnnotationRefreshRequestedAt, time.Now().Format(time.RFC3339Nano))
			product := &v1alpha1.SeatProduct{ObjectMeta: metav1.ObjectMeta{Namespace: ours, Name: loadedProduct}}
			must(b.T, b.admin.Patch(b.Context(), product, client.RawPatch("application/merge-patch+json", patch)))
		},
		done: func() int { return b.applied() },
	}
}

// applied counts the updates that are applied, or nothing while one is not.
func (b *changesBench) applied() int {
	b.Helper()
	if b.unfinished(ours) {
		return 0
	}
	return b.many(ours, "SubscriptionUpdateList")
}

// makeAll makes one object for each name, and returns them by their paths.
func (b *changesBench) makeAll(namespace, resource string, names []string, object func(name string) client.Object) map[string]identity {
	b.Helper()
	made := make([]client.Object, len(names))
	var group errgroup.Group
	group.SetLimit(workers)
	for n, name := range names {
		made[n] = object(name)
		group.Go(func() error { return b.admin.Create(b.Context(), made[n]) })
	}
	must(b.T, group.Wait())
	objects := map[string]identity{}
	for _, each := range made {
		objects[pathOf(resource, namespace, each.GetName())] = identity{each.GetName(), string(each.GetUID()), each.GetResourceVersion()}
	}
	return objects
}

// tableOf writes the medians of the rounds, and how far their ratios are apart.
func tableOf(results []result) string {
	var table strings.Builder
	table.WriteString("| change | lines | bodies | arm | API server | etcd | writer | total | bare ÷ ours | rounds | requests of a change |\n" +
		"|---|---|---|---|---|---|---|---|---|---|---|\n")
	for _, r := range results {
		ratios := r.ratios()
		manager, writer := r.medians(func(r round) spent { return r.ours }), r.medians(func(r round) spent { return r.bare })
		fmt.Fprintf(&table, "| %s | %d | %d B | Seatplane | %s | %s | %s | %s | **%.2f** | %.2f to %.2f | %s |\n",
			r.name, r.lines, r.script.bytes(), inMS(manager.server), inMS(manager.store), inMS(manager.writer), inMS(manager.total()),
			median(ratios), slices.Min(ratios), slices.Max(ratios), r.requests)
		fmt.Fprintf(&table, "| | | | bare | %s | %s | %s | %s | | | |\n",
			inMS(writer.server), inMS(writer.store), inMS(writer.writer), inMS(writer.total()))
	}
	return table.String()
}
