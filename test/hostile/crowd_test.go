// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package hostile

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

const (
	// crowd is how many hostile products are active at once.
	crowd = 32
	// hostileNamespaces is how many namespaces they are in.
	hostileNamespaces = 8
	// ticks is how many refreshes of the honest products' schedules are looked at.
	ticks = 2
)

// TestCrowd has all kinds of attacks going on at once, from several namespaces, and requires that honest
// products of another namespace are refreshed when they are due, by their schedule and on demand, and that
// the manager stops in time in the midst of it.
func TestCrowd(t *testing.T) {
	s := start(t, reachable...)
	honest := s.namespace("honest")
	everyMinute := v1alpha1.Refresh{Schedule: "* * * * *"}
	neighbors := []product{
		s.sells(honest, "from-config-map", s.counts(honest), everyMinute),
		s.sells(honest, "from-http", overHTTP(answering(s, []byte(`[{"id": "acme", "n": 3}]`)).URL, "response"), everyMinute),
	}
	for _, each := range neighbors {
		each.loaded(v1alpha1.ReasonRefreshed)
	}
	hostile := s.gather()
	s.eventually("the crowd is at work", func(ctx context.Context) (bool, string) {
		running, waiting, err := s.loads(ctx)
		return running > 1 && waiting > 0, fmt.Sprintf("%v loads run, %v wait, %v", running, waiting, err)
	})
	for range ticks {
		due := map[product]time.Time{}
		for _, each := range neighbors {
			due[each] = each.nextTick()
		}
		for _, each := range neighbors {
			each.requireTickOnTime(due[each])
		}
	}
	for _, each := range neighbors {
		each.requireDemandMet()
	}
	s.requireFreedBySome(hostile)
	// The rest is active when the test ends and the manager is stopped.
	s.requireHealthy(s.Context())
}

// gather begins every attack in each of the namespaces, every other one with a server that never ends its
// answer, and keeps asking for refreshes on demand.
func (s *system) gather() []product {
	s.Helper()
	var namespaces []string
	for range hostileNamespaces {
		namespaces = append(namespaces, s.namespace("hostile"))
	}
	by := map[string]map[string]attacker{}
	for _, namespace := range namespaces {
		by[namespace] = map[string]attacker{}
		for name, each := range attacks {
			by[namespace][name] = each.begin(s, namespace)
		}
	}
	names := slices.Sorted(maps.Keys(attacks))
	var hostile []product
	for n := range crowd {
		namespace, kind := namespaces[n%len(namespaces)], names[n/len(namespaces)/2%len(names)]
		if n/len(namespaces)%2 == 0 {
			kind = endless
		}
		hostile = append(hostile, s.sells(namespace, fmt.Sprintf("seat-%d", n), by[namespace][kind].loader(n)))
	}
	s.pester(hostile)
	return hostile
}

// pester asks for refreshes of all products, again and again, until the test ends. Those that failed would wait
// longer and longer otherwise.
func (s *system) pester(hostile []product) {
	ctx, stop := context.WithCancel(context.Background())
	var pestering sync.WaitGroup
	s.Cleanup(func() {
		stop()
		pestering.Wait()
	})
	pestering.Go(func() {
		for n := 0; ctx.Err() == nil; n++ {
			for _, each := range hostile {
				// A product may be gone.
				_ = each.ask(ctx, strconv.Itoa(n))
				pause(ctx)
			}
		}
	})
}

// ask asks for a refresh.
func (p product) ask(ctx context.Context, token string) error {
	patch := fmt.Sprintf(`{"metadata":{"annotations":{%q:%q}}}`, v1alpha1.AnnotationRefreshRequestedAt, token)
	object := &v1alpha1.SeatProduct{}
	object.Namespace, object.Name = p.namespace, p.name
	return cluster.Patch(ctx, object, client.RawPatch(types.MergePatchType, []byte(patch)))
}

// nextTick returns when the next refresh by the schedule is due.
func (p product) nextTick() time.Time {
	p.s.Helper()
	now := p.refreshes(p.s.Context())
	if now == nil || now.NextRefreshTime == nil {
		p.s.Fatalf("%s has no next refresh", p.key())
	}
	return now.NextRefreshTime.Time
}

// requireTickOnTime waits for a refresh by the schedule, and requires that it is not late.
func (p product) requireTickOnTime(due time.Time) {
	p.s.Helper()
	p.s.eventually(fmt.Sprintf("%s is refreshed at %s", p.key(), due.UTC().Format(time.RFC3339)), func(ctx context.Context) (bool, string) {
		now := p.refreshes(ctx)
		if now == nil || now.LastRefreshTime == nil {
			return false, "never refreshed"
		}
		return !now.LastRefreshTime.Time.Before(due), "last refreshed at " + now.LastRefreshTime.UTC().Format(time.RFC3339)
	})
	p.requireOnTime(due)
}

// requireDemandMet asks for a refresh, and requires that it is answered promptly.
func (p product) requireDemandMet() {
	p.s.Helper()
	asked := time.Now()
	token := asked.UTC().Format(time.RFC3339Nano)
	if err := p.ask(p.s.Context(), token); err != nil {
		p.s.Fatal(err)
	}
	p.s.eventually(fmt.Sprintf("%s is refreshed on demand", p.key()), func(ctx context.Context) (bool, string) {
		var now v1alpha1.SeatProduct
		err := cluster.Get(ctx, p.key(), &now)
		return err == nil && now.Status.LastHandledRefreshRequest == token, "the request is not acknowledged"
	})
	p.requireOnTime(asked)
}

// requireFreedBySome removes all hostile products of one namespace, and requires that others' loads start
// in their place.
func (s *system) requireFreedBySome(hostile []product) {
	s.Helper()
	_, before, err := s.loads(s.Context())
	if err != nil {
		s.Fatal(err)
	}
	for _, each := range hostile {
		if each.namespace == hostile[0].namespace {
			each.remove()
		}
	}
	s.eventually("loads that waited start when others are gone", func(ctx context.Context) (bool, string) {
		running, waiting, err := s.loads(ctx)
		return err == nil && running > 0 && waiting < before, fmt.Sprintf("%v loads run, %v wait where %v did, %v", running, waiting, before, err)
	})
}
