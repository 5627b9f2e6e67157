// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	toolscache "k8s.io/client-go/tools/cache"
	toolswatch "k8s.io/client-go/tools/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/assembly"
	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/proration"
	"github.com/seatplane/seatplane/internal/billing/subscription"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/offline"
	"github.com/seatplane/seatplane/internal/record"
	"github.com/seatplane/seatplane/internal/snapshot"
)

// This file has every scenario of the suite computed a second time, by the offline tools. Whenever a scenario comes to
// rest, a snapshot is taken, written and read again. At the next rest, the tools compute from that snapshot, and from
// what was declared and counted since, what the controller must have decided by then: every update that was decided and
// every invoice that was issued has to be the same, word for word.

// agreement counts what was compared in all scenarios.
var agreement struct {
	scenarios, passes, updates, hashes, invoices, lines, differ atomic.Int64
	// wall counts the subscriptions that live by the wall clock: when the controller looked at them is not known.
	wall atomic.Int64
	// simulated counts the invoices that simulate foretold, of so many subscriptions, and simulatedLines their lines.
	simulations, simulated, simulatedLines atomic.Int64
	// together counts those with several changes between two rests: their order within a second is not known.
	together atomic.Int64
}

// reportAgreement says what was compared.
func reportAgreement() string {
	a := &agreement
	equal := a.updates.Load() + a.invoices.Load()
	return fmt.Sprintf("agreement: %d scenarios, %d passes: %d of %d updates and invoices are the same from the snapshot and from "+
		"the controller (%d updates with %d hashes, %d invoices, %d lines); %d looks at subscriptions on the wall clock, and %d at several "+
		"changes at once, were left out; %d invoices with %d lines of %d subscriptions are as simulate foretold them",
		a.scenarios.Load(), a.passes.Load(), equal-a.differ.Load(), equal, a.updates.Load(), a.hashes.Load(), a.invoices.Load(),
		a.lines.Load(), a.wall.Load(), a.together.Load(), a.simulated.Load(), a.simulatedLines.Load(), a.simulations.Load())
}

// readings are all readings that were ever loaded, by subscription: a status loses those that were taken.
var readings struct {
	mu sync.Mutex
	of map[types.UID][]v1alpha1.LoadedReading
}

// watchReadings remembers readings until ctx ends. It continues a watch that the API server ends, as it does when a CRD is
// applied.
func watchReadings(ctx context.Context, watcher client.WithWatch) error {
	readings.of = map[types.UID][]v1alpha1.LoadedReading{}
	var now v1alpha1.SubscriptionList
	if err := watcher.List(ctx, &now); err != nil {
		return err
	}
	changes, err := toolswatch.NewRetryWatcherWithContext(ctx, now.ResourceVersion, &toolscache.ListWatch{
		WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
			return watcher.Watch(ctx, &v1alpha1.SubscriptionList{}, &client.ListOptions{Raw: &options})
		},
	})
	if err != nil {
		return err
	}
	go func() {
		for event := range changes.ResultChan() {
			if sub, is := event.Object.(*v1alpha1.Subscription); is {
				rememberReadings(sub)
			}
		}
	}()
	return nil
}

func rememberReadings(sub *v1alpha1.Subscription) {
	readings.mu.Lock()
	defer readings.mu.Unlock()
	for _, reading := range sub.Status.LoadedReadings {
		known := slices.ContainsFunc(readings.of[sub.UID], func(r v1alpha1.LoadedReading) bool { return equality.Semantic.DeepEqual(r, reading) })
		if !known {
			readings.of[sub.UID] = append(readings.of[sub.UID], reading)
		}
	}
}

// ledger is a scenario at rest.
type ledger struct {
	source   *offline.Source
	cases    map[types.UID]offline.Case
	updates  map[string]v1alpha1.SubscriptionUpdate
	invoices map[string]v1alpha1.Invoice
}

// rest takes a scenario's ledger when no record changes while it is read: its snapshot and its records are of one moment then.
func (o *office) rest(ctx context.Context) (*ledger, error) {
	for deadline := time.Now().Add(agreementPatience); ; {
		before, err := o.records(ctx)
		if err != nil {
			return nil, err
		}
		l, err := o.inSnapshot(ctx)
		if err != nil {
			return nil, err
		}
		after, err := o.records(ctx)
		if err != nil {
			return nil, err
		}
		if maps.EqualFunc(before.updates, after.updates, sameVersion) && maps.EqualFunc(before.invoices, after.invoices, sameVersion) &&
			!l.owes(after.updates) {
			l.updates, l.invoices = after.updates, after.invoices
			return l, nil
		}
		if time.Now().After(deadline) {
			return nil, fmt.Errorf("the records of %s do not come to rest", o.namespace)
		}
	}
}

func sameVersion[T any, P interface {
	*T
	client.Object
}](a, b T) bool {
	return P(&a).GetUID() == P(&b).GetUID() && P(&a).GetResourceVersion() == P(&b).GetResourceVersion()
}

// owes reports whether a commit is not carried out yet: an update that it decided does not say so.
func (l *ledger) owes(updates map[string]v1alpha1.SubscriptionUpdate) bool {
	for _, of := range l.cases {
		for i := range of.Subscription.Status.Outbox {
			u, exists := updates[string(of.Subscription.Status.Outbox[i].Name)]
			if exists && !facts.Finished(u.Status.State) {
				return true
			}
		}
	}
	return false
}

// inSnapshot returns what the tools know of a scenario, through a snapshot that is written and read again.
func (o *office) inSnapshot(ctx context.Context) (*ledger, error) {
	live, err := snapshot.Cluster(ctx, cluster, o.namespace, time.Now().UTC().Truncate(time.Second))
	if err != nil {
		return nil, err
	}
	departed, err := snapshot.Departed(ctx, cluster, o.namespace)
	if err != nil {
		return nil, err
	}
	var file bytes.Buffer
	if _, err := snapshot.Write(ctx, &file, live, departed); err != nil {
		return nil, err
	}
	source, err := snapshot.Read("agreement.json", &file)
	if err != nil {
		return nil, err
	}
	l := &ledger{source: source, cases: map[types.UID]offline.Case{}}
	var mu sync.Mutex
	return l, source.Each(ctx, func(of offline.Case) error {
		mu.Lock()
		defer mu.Unlock()
		l.cases[of.Subscription.UID] = of
		return nil
	})
}

// records are the updates and the invoices of a scenario, as the controller wrote them.
func (o *office) records(ctx context.Context) (*ledger, error) {
	var updates v1alpha1.SubscriptionUpdateList
	var invoices v1alpha1.InvoiceList
	if err := cluster.List(ctx, &updates, client.InNamespace(o.namespace)); err != nil {
		return nil, err
	}
	if err := cluster.List(ctx, &invoices, client.InNamespace(o.namespace)); err != nil {
		return nil, err
	}
	l := &ledger{updates: map[string]v1alpha1.SubscriptionUpdate{}, invoices: map[string]v1alpha1.Invoice{}}
	for i := range updates.Items {
		l.updates[updates.Items[i].Name] = updates.Items[i]
	}
	for i := range invoices.Items {
		l.invoices[invoices.Items[i].Name] = invoices.Items[i]
	}
	return l, nil
}

// agree computes what the controller must have decided since the last rest, and compares. The scenario has come to rest
// when everything is the same; otherwise the test fails with the first difference.
func (o *office) agree() {
	o.Helper()
	if o.before == nil {
		o.before = &ledger{cases: map[types.UID]offline.Case{}, updates: map[string]v1alpha1.SubscriptionUpdate{}}
		agreement.scenarios.Add(1)
	}
	var compared comparison
	last := ""
	for deadline := time.Now().Add(agreementPatience); ; {
		after, err := o.rest(o.Context())
		if err != nil {
			o.Fatal(err)
		}
		compared, last = comparison{}, ""
		for _, of := range after.cases {
			last = cmp.Or(last, compared.compare(o.Context(), o.before, after, of))
		}
		if last == "" || time.Now().After(deadline) {
			o.before = after
			break
		}
		time.Sleep(200 * time.Millisecond)
	}
	compared.count()
	if last != "" {
		agreement.differ.Add(1)
		o.Errorf("the offline tools and the controller do not agree: %s", last)
	}
}

// agreementPatience is how long a scenario may take to come to rest once its clock is Ready.
const agreementPatience = 10 * time.Second

// comparison counts what was compared at one rest.
type comparison struct {
	passes, updates, hashes, invoices, lines, wall, together int64

	// several says that the subscription has several updates since the last rest. Refreshes of two products make theirs at
	// the same moment, and whichever arrives first is decided first: the numbers in the keys of their lines are not compared.
	several bool
}

func (c *comparison) count() {
	agreement.passes.Add(c.passes)
	agreement.updates.Add(c.updates)
	agreement.hashes.Add(c.hashes)
	agreement.invoices.Add(c.invoices)
	agreement.lines.Add(c.lines)
	agreement.wall.Add(c.wall)
	agreement.together.Add(c.together)
}

// compare computes one subscription from the rest before, and says the first difference; "" where there is none.
func (c *comparison) compare(ctx context.Context, before, after *ledger, now offline.Case) string {
	if now.Subscription.Spec.TestClockRef == nil {
		c.wall++
		return ""
	}
	if changesSince(before, after, now) > 1 {
		c.together++
		return ""
	}
	c.passes++
	c.several = updatesSince(before, after, now) > 1
	of, err := declaredSince(ctx, before, after, now)
	if err != nil {
		return err.Error()
	}
	objects, err := after.source.Catalogue.Objects(of, after.source.Time)
	if err != nil {
		return err.Error()
	}
	advanced, err := assembly.Advance(objects)
	if err != nil {
		return fmt.Sprintf("%s: %v", of.Subscription.Name, err)
	}
	return cmp.Or(c.compareUpdates(after, objects, advanced), c.compareInvoices(after, now, advanced), compareState(now, advanced))
}

// changesSince counts the changes that users made of a subscription since the last rest.
func changesSince(before, after *ledger, now offline.Case) int64 {
	changes := int64(0)
	if was, existed := before.cases[now.Subscription.UID]; existed {
		changes = now.Subscription.Generation - was.Subscription.Generation
	}
	for name, u := range after.updates {
		old, known := before.updates[name]
		if u.Spec.Cause == nil && u.Spec.SubscriptionRef.Name == now.Subscription.Name && (!known || old.UID != u.UID) {
			changes++
		}
	}
	return changes
}

// updatesSince counts the updates that were made of a subscription since the last rest, by anybody.
func updatesSince(before, after *ledger, now offline.Case) int {
	updates := 0
	for name, u := range after.updates {
		old, known := before.updates[name]
		if u.Spec.SubscriptionRef.Name == now.Subscription.Name && (!known || old.UID != u.UID) {
			updates++
		}
	}
	return updates
}

// keyed are lines as they are compared: without the number in their keys where that depends on what arrived first.
func (c *comparison) keyed(lines []v1alpha1.Line) []v1alpha1.Line {
	if !c.several {
		return lines
	}
	lines = slices.Clone(lines)
	for i := range lines {
		_, lines[i].Key, _ = strings.Cut(lines[i].Key, "-")
	}
	return lines
}

// declaredSince is a subscription as it was at the last rest, with what users and data sources said since.
func declaredSince(ctx context.Context, before, after *ledger, now offline.Case) (offline.Case, error) {
	of := now
	of.Subscription = now.Subscription.DeepCopy()
	was, existed := before.cases[now.Subscription.UID]
	of.Subscription.Status = v1alpha1.SubscriptionStatus{ObservedGeneration: -1}
	edits := int64(0)
	if existed {
		of.Subscription.Status = *was.Subscription.Status.DeepCopy()
		edits = now.Subscription.Generation - was.Subscription.Generation
	}
	readings.mu.Lock()
	for _, reading := range readings.of[now.Subscription.UID] {
		known := slices.ContainsFunc(of.Subscription.Status.LoadedReadings, func(r v1alpha1.LoadedReading) bool { return equality.Semantic.DeepEqual(r, reading) })
		if !known {
			of.Subscription.Status.LoadedReadings = append(of.Subscription.Status.LoadedReadings, reading)
		}
	}
	readings.mu.Unlock()
	of.Updates = nil
	for name, u := range after.updates {
		old, known := before.updates[name]
		known = known && old.UID == u.UID
		byEdit := u.Spec.Cause != nil && u.Spec.Cause.Type == v1alpha1.CauseSpec
		if u.Spec.SubscriptionRef.Name != now.Subscription.Name || (!known && byEdit && edits <= 1) {
			continue // the tools find one edit themselves
		}
		u.Status = v1alpha1.SubscriptionUpdateStatus{}
		if known {
			u.Status = old.Status
		}
		of.Updates = append(of.Updates, u)
	}
	of.Assignments = slices.Clone(now.Assignments)
	for i := range of.Assignments {
		a := &of.Assignments[i]
		at := slices.IndexFunc(was.Assignments, func(old v1alpha1.SeatAssignment) bool { return old.UID == a.UID })
		a.Status = v1alpha1.SeatAssignmentStatus{}
		if at >= 0 {
			a.Status = was.Assignments[at].Status
		}
	}
	var err error
	of.Earlier, err = after.source.EarlierOf(ctx, of.Subscription)
	return of, err
}

// compareUpdates compares what was decided on updates.
func (c *comparison) compareUpdates(after *ledger, objects assembly.Objects, advanced assembly.Advanced) string {
	currency := advanced.Outcome.State.Currency
	for i := range advanced.Decisions {
		d := &advanced.Decisions[i]
		u, found := after.updates[d.Name]
		if !found {
			continue // it was kept long enough, and deleted
		}
		c.updates++
		c.lines += int64(len(d.Lines))
		of := currency
		if d.Preview != nil {
			of = d.Preview.Currency
		}
		want := record.Decided(objects.Subscription, *d, of, advanced.Input.Policies, time.Time{})
		u.Status.Lines, want.Lines = c.keyed(u.Status.Lines), c.keyed(want.Lines)
		if difference := differ(recorded(u.Status), recorded(want)); difference != "" {
			return fmt.Sprintf("update %s (-controller +snapshot):\n%s", d.Name, difference)
		}
		if d.Verdict != subscription.IsApplied && d.Verdict != subscription.IsPreviewed {
			continue
		}
		c.hashes++
		if got := recordedHash(&u); got != d.Hash() {
			return fmt.Sprintf("update %s: the hash of the record is %s, that of the outcome %s", d.Name, got, d.Hash())
		}
	}
	return ""
}

// recorded is a status without who approved it and when it was written, and without when the product would next be
// refreshed: that is what the product said at that very moment, which is not known afterwards.
func recorded(s v1alpha1.SubscriptionUpdateStatus) v1alpha1.SubscriptionUpdateStatus {
	s = *s.DeepCopy()
	s.Origin, s.Approval = "", nil
	for i := range s.Changes {
		s.Changes[i].NextRefreshTime = nil
	}
	for i := range s.Conditions {
		s.Conditions[i].LastTransitionTime = metav1.Time{}
	}
	slices.SortFunc(s.Conditions, func(a, b metav1.Condition) int { return cmp.Compare(a.Type, b.Type) })
	for i := range s.Conditions {
		s.Conditions[i].ObservedGeneration = 0
	}
	s.ObservedGeneration = 0
	s.EventSequence, s.EventTime, s.SubscriptionExternalRef = 0, nil, "" // a snapshot does not know of EventSinks
	return s
}

// recordedHash is the hash of what the status of an update says.
func recordedHash(u *v1alpha1.SubscriptionUpdate) string {
	s := &u.Status
	d := subscription.Decision{
		InForce: subscription.InForce{
			Application: subscription.Application(s.ApplicationSchedule), Payment: subscription.Payment(s.PaymentSchedule),
			Method: proration.Method(s.CalculationMethod), Renewal: subscription.Renewal(s.RenewalPolicy),
			KeepTrial: s.KeepTrial, IgnoreRecurring: s.IgnoreRecurring,
		},
		Renewal: record.Instant(s.NewRenewalTime),
	}
	for _, c := range s.Changes {
		d.Changes = append(d.Changes, subscription.Change{
			Item: string(c.Item), Product: string(c.Product), PreviousPlan: string(c.PreviousPlan), NewPlan: string(c.NewPlan),
			PreviousCount: c.PreviousCount, NewCount: c.NewCount,
		})
	}
	for i := range s.Lines {
		amount, err := money.ParseDecimal(string(s.Lines[i].Amount))
		if err != nil {
			return err.Error()
		}
		d.Lines = append(d.Lines, proration.Line{
			Item: string(s.Lines[i].Item), Plan: string(s.Lines[i].Plan), Kind: proration.Kind(s.Lines[i].Kind), Amount: amount,
		})
	}
	return d.Hash()
}

// compareInvoices compares the documents that were issued.
func (c *comparison) compareInvoices(after *ledger, now offline.Case, advanced assembly.Advanced) string {
	for i := range advanced.Documents {
		d := &advanced.Documents[i]
		name := record.InvoiceName(now.Subscription.Name, string(now.Subscription.UID), d.Number)
		got, found := after.invoices[name]
		if !found {
			return fmt.Sprintf("invoice %s, %s over %s, was not issued", name, d.Reason, d.AmountDue)
		}
		c.invoices++
		c.lines += int64(len(d.Lines))
		want := record.Invoice(now.Subscription, *d, advanced.Outcome.State.Currency)
		want.Customer = got.Spec.Customer           // a snapshot has no names of people
		want.EventSequence = got.Spec.EventSequence // nor does it know of EventSinks
		got.Spec.Lines, want.Lines = c.keyed(got.Spec.Lines), c.keyed(want.Lines)
		if difference := differ(got.Spec, want); difference != "" {
			return fmt.Sprintf("invoice %s (-controller +snapshot):\n%s", name, difference)
		}
	}
	return ""
}

// compareState compares what was committed.
func compareState(now offline.Case, advanced assembly.Advanced) string {
	got := now.Subscription.Status
	want := now.Subscription.DeepCopy().Status
	record.WriteState(advanced.Outcome.State, advanced.Ahead().Upcoming, &want)
	type state struct {
		Number, Sequence   int64
		Balance, Recurring v1alpha1.Amount
		Items              []v1alpha1.SubscriptionItemStatus
		Period             *v1alpha1.BillingPeriod
	}
	stateOf := func(s *v1alpha1.SubscriptionStatus) state {
		items := slices.Clone(s.Items)
		for i := range items {
			items[i].Assigned, items[i].Available = nil, nil
		}
		return state{s.NextInvoiceNumber, s.Sequence, s.CreditBalance, s.RecurringAmount, items, s.CurrentPeriod}
	}
	if difference := differ(stateOf(&got), stateOf(&want)); difference != "" {
		return fmt.Sprintf("the state of %s (-controller +snapshot):\n%s", now.Subscription.Name, difference)
	}
	return ""
}

// differ compares two values as the API server would write them.
func differ(a, b any) string {
	if equality.Semantic.DeepEqual(a, b) {
		return ""
	}
	return gocmp.Diff(a, b, gocmp.Comparer(func(a, b metav1.Time) bool { return a.Equal(&b) }))
}
