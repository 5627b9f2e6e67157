// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

// An update is the operator's own only if the operator could have written every detail of it.
func TestCauseFault(t *testing.T) {
	type change = func(*v1alpha1.SubscriptionUpdate)
	const uid = "3b2f5c1e-6f2a-4b7e-9d3c-1a2b3c4d5e6f"
	const fields, approval, times, content = "its fields are not those", "before anybody could review it", "its times do not fit", "the subscription's spec does not say"
	created := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	year2199 := time.Date(2199, 1, 1, 0, 0, 0, 0, time.UTC)
	onWall := builders.MakeSubscription("acme", "shop").Item("editors", "seat", "monthly", 5).LoadedItem("viewers", "seat", "monthly").
		With(func(s *v1alpha1.Subscription) { s.UID, s.Generation = uid, 3 })
	byHand := builders.MakeSubscription("acme", "shop").LoadedItem("viewers", "seat", "monthly").TestClock("clock").
		With(func(s *v1alpha1.Subscription) { s.UID, s.Generation = uid, 3 }).Obj()

	user := builders.MakeSubscriptionUpdate("u", "shop", "acme").Increment("editors", 1).Obj()
	refresh := builders.MakeSubscriptionUpdate("u", "shop", "acme").SubscriptionUID(uid).Count("viewers", 7).FromRefresh("viewers", "tick", created).
		With(func(u *v1alpha1.SubscriptionUpdate) { u.Spec.Cause.LoadedTime = Time(created) }).Obj()
	quantity := builders.MakeSubscriptionUpdate("u", "shop", "acme").SubscriptionUID(uid).Count("editors", 5).FromSpec("editors", 3).
		With(func(u *v1alpha1.SubscriptionUpdate) { u.Spec.Cause.ObservedTime = Time(created) }).Obj()
	list := builders.MakeSubscriptionUpdate("u", "shop", "acme").SubscriptionUID(uid).ChangeItems(onWall.Obj().Spec.Items...).FromSpec("", 3).
		With(func(u *v1alpha1.SubscriptionUpdate) { u.Spec.Cause.ObservedTime = Time(created) }).Obj()
	earlier := func(u *v1alpha1.SubscriptionUpdate) {
		u.Spec.Cause.Generation, u.Spec.Seats.Count = ptr.To[int64](2), ptr.To[int64](9)
	}
	atClock := refresh.DeepCopy()
	atClock.Spec.Cause.ObservedTime = Time(created.AddDate(2, 0, 0))

	for name, c := range map[string]struct {
		reason string
		update *v1alpha1.SubscriptionUpdate
		of     *v1alpha1.Subscription
		change change
		now    time.Time
		want   string
	}{
		"a user's":              {reason: "it claims nothing", update: user, now: created},
		"a refresh":             {reason: "as the operator writes it", update: refresh, now: created},
		"an edit of a quantity": {reason: "as the operator writes it", update: quantity, now: created},
		"an edit of the list":   {reason: "as the operator writes it", update: list, now: created},

		"approved by a person":     {reason: "an approval is a change, which counts generations", update: refresh, change: func(u *v1alpha1.SubscriptionUpdate) { u.Spec.Approved, u.Generation = true, 2 }, now: created},
		"approved from the start":  {reason: "row 5: it would pass a guard", update: refresh, change: func(u *v1alpha1.SubscriptionUpdate) { u.Spec.Approved = true }, now: created, want: approval},
		"seen a year later":        {reason: "what was possible stays possible", update: refresh, now: created.AddDate(1, 0, 0)},
		"a manager that is ahead":  {reason: "its clock says what it wrote", update: refresh, change: func(u *v1alpha1.SubscriptionUpdate) { u.CreationTimestamp.Time = created.Add(-time.Hour) }, now: created},
		"a manager that is behind": {reason: "its clock says what it wrote", update: quantity, change: func(u *v1alpha1.SubscriptionUpdate) { u.CreationTimestamp.Time = created.Add(time.Hour) }, now: created},

		"observed in 2199": {reason: "row 1: it would be the newest answer forever", update: refresh, change: func(u *v1alpha1.SubscriptionUpdate) { u.Spec.Cause.ObservedTime = Time(year2199) }, now: created, want: times},
		"loaded in 2199":   {reason: "row 2: it would pass for a later try", update: refresh, change: func(u *v1alpha1.SubscriptionUpdate) { u.Spec.Cause.LoadedTime = Time(year2199) }, now: created, want: times},
		"both in 2199": {reason: "row 1", update: refresh, change: func(u *v1alpha1.SubscriptionUpdate) {
			u.Spec.Cause.ObservedTime, u.Spec.Cause.LoadedTime = Time(year2199), Time(year2199)
		}, now: created, want: times},
		"two minutes ahead": {reason: "clocks differ by less", update: refresh, change: func(u *v1alpha1.SubscriptionUpdate) {
			u.Spec.Cause.ObservedTime, u.Spec.Cause.LoadedTime = Time(created.Add(2*time.Minute)), Time(created.Add(2*time.Minute))
		}, now: created, want: times},
		"eleven seconds ahead": {reason: "it would pass for a later try of an answer to come", update: refresh, change: func(u *v1alpha1.SubscriptionUpdate) {
			u.Spec.Cause.ObservedTime, u.Spec.Cause.LoadedTime = Time(created.Add(11*time.Second)), Time(created.Add(11*time.Second))
		}, now: created, want: times},
		"rejected before": {reason: "that time passes does not make it true", update: refresh, change: func(u *v1alpha1.SubscriptionUpdate) {
			u.Status.State = v1alpha1.UpdateRejected
			u.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionApplied, Reason: v1alpha1.ReasonInvalidCause}}
		}, now: created.Add(time.Hour), want: "it was rejected for that before"},
		"rejected for its count": {reason: "the operator's own may be rejected as well", update: refresh, change: func(u *v1alpha1.SubscriptionUpdate) {
			u.Status.State = v1alpha1.UpdateRejected
			u.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionApplied, Reason: v1alpha1.ReasonInvalidItems}}
		}, now: created},
		"ten seconds ahead": {reason: "clocks differ by as much", update: refresh, change: func(u *v1alpha1.SubscriptionUpdate) {
			u.Spec.Cause.ObservedTime, u.Spec.Cause.LoadedTime = Time(created.Add(10*time.Second)), Time(created.Add(10*time.Second))
		}, now: created},
		"an edit a minute ahead": {reason: "an edit is judged by its content", update: quantity, change: func(u *v1alpha1.SubscriptionUpdate) { u.Spec.Cause.ObservedTime = Time(created.Add(time.Minute)) }, now: created},
		"a refresh backdated":    {reason: "one answer has one time", update: refresh, change: func(u *v1alpha1.SubscriptionUpdate) { u.Spec.Cause.ObservedTime = Time(created.AddDate(0, 0, -10)) }, now: created, want: times},
		"an edit backdated":      {reason: "it counts from when it was seen", update: quantity, change: func(u *v1alpha1.SubscriptionUpdate) { u.Spec.Cause.ObservedTime = Time(created.AddDate(0, 0, -10)) }, now: created, want: times},
		"an edit of the future":  {reason: "it would count from then", update: quantity, change: func(u *v1alpha1.SubscriptionUpdate) { u.Spec.Cause.ObservedTime = Time(year2199) }, now: created, want: times},
		"never loaded":           {reason: "the operator says when it loaded", update: refresh, change: func(u *v1alpha1.SubscriptionUpdate) { u.Spec.Cause.LoadedTime = nil }, now: created, want: times},
		"never seen":             {reason: "the operator says when it saw the edit", update: quantity, change: func(u *v1alpha1.SubscriptionUpdate) { u.Spec.Cause.ObservedTime = nil }, now: created, want: times},
		"at the clock":           {reason: "on a TestClock its time counts", update: atClock, of: byHand, now: created.AddDate(2, 0, 0)},
		"after the clock":        {reason: "nobody observes what is to come", update: atClock, of: byHand, now: created.AddDate(1, 0, 0), want: times},
		"on a clock, from 2199":  {reason: "loading takes place on the wall clock", update: atClock, of: byHand, change: func(u *v1alpha1.SubscriptionUpdate) { u.Spec.Cause.LoadedTime = Time(year2199) }, now: created.AddDate(2, 0, 0), want: times},

		"generation 2^53-1":     {reason: "row 3: every later edit would be dropped", update: quantity, change: func(u *v1alpha1.SubscriptionUpdate) { u.Spec.Cause.Generation = ptr.To[int64](1<<53 - 1) }, now: created, want: content},
		"the next generation":   {reason: "row 4: the edit to come would be taken over", update: quantity, change: func(u *v1alpha1.SubscriptionUpdate) { u.Spec.Cause.Generation = ptr.To[int64](4) }, now: created, want: content},
		"an earlier generation": {reason: "what the spec said then cannot be verified", update: quantity, change: earlier, now: created, want: content},
		"an earlier list": {reason: "the same", update: list, change: func(u *v1alpha1.SubscriptionUpdate) {
			u.Spec.Cause.Generation = ptr.To[int64](2)
		}, now: created, want: content},
		"an earlier generation, judged before": {reason: "it was verified when its generation was the newest", update: quantity, change: func(u *v1alpha1.SubscriptionUpdate) {
			earlier(u)
			u.Status.State = v1alpha1.UpdateScheduled
		}, now: created},
		"an earlier generation, by its name": {reason: "two quick edits: it gives way to the second", update: quantity, change: func(u *v1alpha1.SubscriptionUpdate) {
			earlier(u)
			u.Name = SpecUpdateName("acme", uid, 2, "editors")
		}, now: created},
		"an earlier generation, by another's name": {reason: "a name stands for one generation", update: quantity, change: func(u *v1alpha1.SubscriptionUpdate) {
			earlier(u)
			u.Name = SpecUpdateName("acme", uid, 1, "editors")
		}, now: created, want: content},
		"another quantity":        {reason: "the spec declares five", update: quantity, change: func(u *v1alpha1.SubscriptionUpdate) { u.Spec.Seats.Count = ptr.To[int64](1) }, now: created, want: content},
		"a quantity not declared": {reason: "the spec says nothing of viewers", update: quantity, change: func(u *v1alpha1.SubscriptionUpdate) { u.Spec.Seats.Item, u.Spec.Cause.Item = "viewers", "viewers" }, now: created, want: content},
		"another list":            {reason: "the spec has two items", update: list, change: func(u *v1alpha1.SubscriptionUpdate) { u.Spec.ChangeItems.Items = u.Spec.ChangeItems.Items[:1] }, now: created, want: content},
		"another subscription":    {reason: "it names an older one", update: refresh, change: func(u *v1alpha1.SubscriptionUpdate) { u.Spec.SubscriptionRef.UID = "other" }, now: created, want: fields},
		"no UID":                  {reason: "the operator names one", update: refresh, change: func(u *v1alpha1.SubscriptionUpdate) { u.Spec.SubscriptionRef.UID = "" }, now: created, want: fields},
		"a preview":               {reason: "row 2: an answer would be lost", update: refresh, change: func(u *v1alpha1.SubscriptionUpdate) { u.Spec.Preview = true }, now: created, want: fields},
		"a schedule": {reason: "row 4: it would wait until 2198", update: quantity, change: func(u *v1alpha1.SubscriptionUpdate) {
			u.Spec.ApplicationSchedule, u.Spec.ApplyAt = v1alpha1.ApplyCustom, Time(year2199)
		}, now: created, want: fields},
		"no charge":          {reason: "the operator leaves that to the policies", update: refresh, change: func(u *v1alpha1.SubscriptionUpdate) { u.Spec.CalculationMethod = v1alpha1.CalculateDoNotCharge }, now: created, want: fields},
		"a payment schedule": {reason: "the same", update: refresh, change: func(u *v1alpha1.SubscriptionUpdate) { u.Spec.PaymentSchedule = v1alpha1.PayImmediately }, now: created, want: fields},
		"an effective time":  {reason: "the same", update: refresh, change: func(u *v1alpha1.SubscriptionUpdate) { u.Spec.EffectiveTime = Time(created) }, now: created, want: fields},
		"a reason":           {reason: "the operator gives none", update: refresh, change: func(u *v1alpha1.SubscriptionUpdate) { u.Spec.Reason = "because" }, now: created, want: fields},
		"an increment": {reason: "a refresh counts", update: refresh, change: func(u *v1alpha1.SubscriptionUpdate) {
			u.Spec.Seats.Count, u.Spec.Seats.Increment = nil, ptr.To[int64](1)
		}, now: created, want: fields},
		"another item": {reason: "the cause names the item", update: refresh, change: func(u *v1alpha1.SubscriptionUpdate) { u.Spec.Seats.Item = "editors" }, now: created, want: fields},
		"a refresh of the list": {reason: "a refresh counts one item", update: refresh, change: func(u *v1alpha1.SubscriptionUpdate) {
			u.Spec.Seats, u.Spec.ChangeItems = nil, &v1alpha1.ItemsChange{Items: onWall.Obj().Spec.Items}
		}, now: created, want: fields},
		"a refresh of a generation": {reason: "a refresh knows none", update: refresh, change: func(u *v1alpha1.SubscriptionUpdate) { u.Spec.Cause.Generation = ptr.To[int64](3) }, now: created, want: fields},
		"an edit with a token":      {reason: "an edit has none", update: quantity, change: func(u *v1alpha1.SubscriptionUpdate) { u.Spec.Cause.Token = "t" }, now: created, want: fields},
		"a list with a policy":      {reason: "the subscription says it", update: list, change: func(u *v1alpha1.SubscriptionUpdate) { u.Spec.ChangeItems.RenewalPolicy = v1alpha1.RenewalReset }, now: created, want: fields},
	} {
		t.Run(name, func(t *testing.T) {
			update, of := c.update.DeepCopy(), c.of
			update.CreationTimestamp, update.Generation = metav1.NewTime(created), 1
			if c.change != nil {
				c.change(update)
			}
			present := Present{Clock: c.now, Wall: c.now}
			if of == nil {
				of = onWall.Obj()
			} else {
				present.Wall = created
			}
			got := CauseFault(update, of, present)
			if c.want == "" && got != "" || !strings.Contains(got, c.want) {
				t.Errorf("%s: got %q, want %q", c.reason, got, c.want)
			}
		})
	}
}

// What exists under a name is the operator's earlier try only if nothing of it differs but what differs from try
// to try.
func TestSameRecord(t *testing.T) {
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	refresh := builders.MakeSubscriptionUpdate("u", "shop", "acme").SubscriptionUID("1").Count("editors", 7).FromRefresh("editors", "tick", now).Obj()
	edit := builders.MakeSubscriptionUpdate("u", "shop", "acme").SubscriptionUID("1").Count("editors", 7).FromSpec("editors", 3).Obj()
	for name, c := range map[string]struct {
		reason string
		wanted *v1alpha1.SubscriptionUpdate
		change func(*v1alpha1.SubscriptionUpdate)
		want   bool
	}{
		"the same": {reason: "an earlier try", wanted: refresh, change: func(*v1alpha1.SubscriptionUpdate) {}, want: true},
		"a later answer": {reason: "the source was asked again", wanted: refresh, change: func(u *v1alpha1.SubscriptionUpdate) {
			u.Spec.Cause.LoadedTime, u.Spec.Seats.Count = Time(now.Add(time.Second)), ptr.To[int64](8)
		}, want: true},
		"approved":                           {reason: "a person approved it", wanted: refresh, change: func(u *v1alpha1.SubscriptionUpdate) { u.Spec.Approved = true }, want: true},
		"an edit seen again":                 {reason: "the spec was read again", wanted: edit, change: func(u *v1alpha1.SubscriptionUpdate) { u.Spec.Cause.ObservedTime = Time(now) }, want: true},
		"an edit to another":                 {reason: "an edit is to one quantity", wanted: edit, change: func(u *v1alpha1.SubscriptionUpdate) { u.Spec.Seats.Count = ptr.To[int64](8) }, want: false},
		"of another token":                   {reason: "the name stands for the token", wanted: refresh, change: func(u *v1alpha1.SubscriptionUpdate) { u.Spec.Cause.Token = "tock" }, want: false},
		"a user's":                           {reason: "it has no cause", wanted: refresh, change: func(u *v1alpha1.SubscriptionUpdate) { u.Spec.Cause = nil }, want: false},
		"without seats":                      {reason: "it changes something else", wanted: refresh, change: func(u *v1alpha1.SubscriptionUpdate) { u.Spec.Seats, u.Spec.ChangeItems = nil, &v1alpha1.ItemsChange{} }, want: false},
		"to be applied later":                {reason: "row 4", wanted: edit, change: func(u *v1alpha1.SubscriptionUpdate) { u.Spec.ApplyAt = Time(now) }, want: false},
		"the same answer, counted otherwise": {reason: "one answer has one count", wanted: refresh, change: func(u *v1alpha1.SubscriptionUpdate) { u.Spec.Seats.Count = ptr.To[int64](1) }, want: false},
		"with an owner": {reason: "it would be collected with its owner", wanted: refresh, change: func(u *v1alpha1.SubscriptionUpdate) {
			u.OwnerReferences = []metav1.OwnerReference{{Kind: "ConfigMap", Name: "none", UID: "2"}}
		}, want: false},
		"with a finalizer": {reason: "it could never be deleted", wanted: edit, change: func(u *v1alpha1.SubscriptionUpdate) { u.Finalizers = []string{"example.com/never"} }, want: false},
		"being deleted":    {reason: "Kubernetes marks what it deletes", wanted: edit, change: func(u *v1alpha1.SubscriptionUpdate) { u.Finalizers = []string{metav1.FinalizerDeleteDependents} }, want: true},
		"a preview":        {reason: "row 2", wanted: refresh, change: func(u *v1alpha1.SubscriptionUpdate) { u.Spec.Preview = true }, want: false},
	} {
		t.Run(name, func(t *testing.T) {
			existing := c.wanted.DeepCopy()
			c.change(existing)
			if got := SameRecord(existing, c.wanted); got != c.want {
				t.Errorf("%s: got %v", c.reason, got)
			}
		})
	}
}
