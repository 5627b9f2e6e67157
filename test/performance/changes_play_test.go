// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package performance

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/loading"
)

// round is what one change took in one round, of the manager and of the bare writer.
type round struct{ ours, bare spent }

// result is what the rounds of a case came to.
type result struct {
	changeCase
	rounds []round
	// requests says what the API server counted for one change.
	requests string
}

// ratios are the CPU of the bare writer's changes, by that of the manager's.
func (r result) ratios() []float64 {
	var all []float64
	for _, each := range r.rounds {
		all = append(all, each.bare.total().Seconds()/each.ours.total().Seconds())
	}
	return all
}

func (r result) medians(of func(round) spent) spent {
	part := func(of func(round) time.Duration) time.Duration {
		var all []time.Duration
		for _, each := range r.rounds {
			all = append(all, of(each))
		}
		return median(all)
	}
	return spent{
		server: part(func(r round) time.Duration { return of(r).server }),
		store:  part(func(r round) time.Duration { return of(r).store }),
		writer: part(func(r round) time.Duration { return of(r).writer }),
	}
}

// median returns the middle of some figures, the upper one of two.
func median[T cmp.Ordered](all []T) T { return slices.Sorted(slices.Values(all))[len(all)/2] }

// play plays every case in each round, once the manager and once the bare writer, who take turns in going first.
func (b *changesBench) play(rounds int) []result {
	b.Helper()
	results := make([]result, len(b.cases))
	for n := range rounds {
		for i, c := range b.cases {
			results[i].changeCase = c
			var played round
			if n%2 == 0 {
				played.ours, results[i].requests = b.playOurs(c)
				played.bare = b.playBare(c)
			} else {
				played.bare = b.playBare(c)
				played.ours, results[i].requests = b.playOurs(c)
			}
			results[i].rounds = append(results[i].rounds, played)
		}
	}
	return results
}

// playOurs has the manager make changes, and returns what one of them took, and the requests.
func (b *changesBench) playOurs(c changeCase) (took spent, requests string) {
	b.Helper()
	names := b.next(b.each)
	done := b.prepare(c, names)
	asked := b.counters()
	b.collect()
	before, began := b.meterOf(), time.Now()
	until, at := b.goOn(c, names, done)
	took = until.minus(before).minus(b.idle.over(b.idleFor, at.Sub(began)))
	return took.each(b.each), b.requestsSince(asked)
}

// collect has the API server collect its garbage, and waits until it has. What was prepared leaves garbage behind, and a
// collection of it costs as much as several changes: it would fall into some measurements and not into others. Collections
// that the changes themselves bring about are measured.
func (b *changesBench) collect() {
	b.Helper()
	_, err := b.server.Get().AbsPath("/debug/pprof/heap").Param("gc", "1").Do(b.Context()).Raw()
	must(b.T, err)
	time.Sleep(glance)
}

// prepare brings about that changes are due, and returns what counts as done before.
func (b *changesBench) prepare(c changeCase, names []string) (done int) {
	b.Helper()
	if c.begin != nil {
		// A refresh that is asked for too soon after another waits.
		time.Sleep(time.Until(b.asked.Add(loading.MinDemandInterval + time.Second)))
	}
	b.say("5", names...)
	if c.from != nil && !c.overdue {
		b.sow(*c.from, ours, names)
		b.settle()
	}
	if c.begin != nil {
		b.say("6", names...)
		b.settle()
		return c.done()
	}
	if c.overdue {
		// The manager saw these records come with the changes that they are about, which are not what is measured.
		b.sow(c.from.without("subscriptions"), ours, names)
		b.settle()
	}
	b.halt()
	if c.overdue {
		b.sow(c.from.without("subscriptionupdates", "invoices"), ours, names)
		time.Sleep(glance)
	}
	done = c.done()
	c.request(ours, names)
	return done
}

// goOn lets the changes be made, until they are and nothing moves any more. It returns what was spent until then, and when
// that was.
func (b *changesBench) goOn(c changeCase, names []string, done int) (until spent, at time.Time) {
	b.Helper()
	if c.begin != nil {
		c.begin()
	} else {
		b.proceed()
	}
	until, at = b.settleUntil(fmt.Sprintf("%d times %s", len(names), c.name), func() bool { return c.done() == done+len(names) })
	b.asked = time.Now()
	return until, at
}

// objects are the subscriptions of a namespace with some names, by their paths.
func (b *changesBench) objects(namespace string, names []string) map[string]identity {
	b.Helper()
	var list metav1.PartialObjectMetadataList
	list.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind("SubscriptionList"))
	must(b.T, b.admin.List(b.Context(), &list, client.InNamespace(namespace)))
	found := map[string]identity{}
	for i := range list.Items {
		if item := &list.Items[i]; slices.Contains(names, item.Name) {
			found[pathOf("subscriptions", namespace, item.Name)] = identity{item.Name, string(item.UID), item.ResourceVersion}
		}
	}
	return found
}

// playBare has the bare writer write what the manager wrote, about as many other subscriptions.
func (b *changesBench) playBare(c changeCase) spent {
	b.Helper()
	names := b.next(b.each)
	if c.from != nil {
		b.sow(*c.from, bare, names)
		time.Sleep(glance)
	}
	requested := c.request(bare, names)
	objects := b.objects(bare, names)
	maps.Copy(objects, requested)
	targets := targetsOf(names, objects)
	b.settle()
	b.collect()

	before, began, own := b.meterOf(), time.Now(), cpuTime(b.T)
	var group errgroup.Group
	group.SetLimit(workers)
	for _, each := range targets {
		group.Go(func() error { return b.writer.play(b.Context(), c.script, each) })
	}
	must(b.T, group.Wait())
	wrote := cpuTime(b.T) - own
	b.settle()
	took := b.meterOf().minus(before).minus(b.idle.over(b.idleFor, time.Since(began)))
	took.writer = wrote
	return took.each(b.each)
}

// targetsOf gives each subscription the objects that are named after it.
func targetsOf(names []string, objects map[string]identity) []target {
	targets := make([]target, len(names))
	for n, name := range names {
		targets[n] = target{namespace: bare, name: name, objects: map[string]identity{}}
	}
	for path, is := range objects {
		for n, name := range names {
			if strings.Contains(path, name) {
				targets[n].objects[path] = is
			}
		}
	}
	return targets
}

// counters are the API server's own counts of requests that concern Seatplane.
func (b *changesBench) counters() map[string]float64 {
	b.Helper()
	page, err := b.server.Get().AbsPath("/metrics").Do(b.Context()).Raw()
	must(b.T, err)
	found := map[string]float64{}
	for name, count := range sums(page, requestOf) {
		if rest, ok := strings.CutPrefix(name, "apiserver_request_total "); ok {
			found[rest] = count
		}
	}
	return found
}

// requestOf names a request by its verb and resource; events of Kubernetes among them.
func requestOf(labels []string) string {
	of := map[string]string{}
	for pair := range slices.Chunk(labels, 2) {
		of[pair[0]] = pair[1]
	}
	if of["group"] != v1alpha1.GroupName && of["resource"] != "events" || of["verb"] == "WATCH" || of["verb"] == "LIST" {
		return "-"
	}
	if of["subresource"] != "" {
		of["resource"] += "/" + of["subresource"]
	}
	return of["verb"] + " " + of["resource"]
}

// requestsSince says how many requests of each kind one change took.
func (b *changesBench) requestsSince(before map[string]float64) string {
	b.Helper()
	var said []string
	after := b.counters()
	for _, name := range slices.Sorted(maps.Keys(after)) {
		if made := (after[name] - before[name]) / float64(b.each); made >= 0.05 {
			said = append(said, fmt.Sprintf("%.3g %s", made, name))
		}
	}
	return strings.Join(said, ", ")
}
