// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package kill

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

// customers is how many there are in a namespace.
const customers = 4

var april = time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)

// longestMove is how many hours the clock moves at most: longer than a month.
const longestMove = 24 * 35

// action is one thing that somebody does. Doing it twice is doing it once.
type action struct {
	what string
	do   func(context.Context, client.Client) error
}

// customer is what the workload knows about a customer: it never asks.
type customer struct {
	name string
	// life counts how often it was created, from 1. Each life is another customer with the same name.
	life      int
	ended     bool
	suspended bool
	quantity  int64
	seats     []string
}

// workload is what customers do in a namespace, by a seed.
type workload struct {
	namespace string
	random    *rand.Rand
	now       time.Time
	customers []*customer
	number    int
	// renewing is the cycle in which the clock moves so far that every subscription renews; 0 for none in particular.
	renewing int
}

func newWorkload(namespace string, seed uint64) *workload {
	return &workload{namespace: namespace, random: rand.New(rand.NewPCG(seed, 18)), now: april}
}

// open creates the shop and its first customers.
func (w *workload) open() []action {
	objects := []client.Object{
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
			Name: w.namespace, Labels: map[string]string{v1alpha1.LabelTestClocks: v1alpha1.TestClocksAllowed},
		}},
		builders.MakeTestClock("clock", w.namespace, april).Obj(),
		builders.MakeSeatProduct("editor", w.namespace).Plan("monthly", "EUR", "12.50").Seats(1, 1000).Obj(),
		builders.MakeSeatProduct("viewer", w.namespace).Plan("monthly", "EUR", "0.99").ConfigMapLoader("counts").Obj(),
		&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "counts"}, Data: w.counts()},
	}
	var all []action
	for _, object := range objects {
		all = append(all, create("create "+object.GetName(), object))
	}
	for n := range customers {
		c := &customer{name: fmt.Sprint("customer-", n)}
		w.customers = append(w.customers, c)
		all = append(all, w.arrive(c))
	}
	return all
}

// all returns what happens in each of the first cycles.
func (w *workload) all(cycles int) [][]action {
	found := [][]action{w.open()}
	for cycle := range cycles - 1 {
		found = append(found, w.step(cycle))
	}
	return found
}

// step returns what happens in the next cycle: three customers do something, everybody is counted
// again, or the clock moves.
func (w *workload) step(number int) []action {
	if number%2 == 1 {
		return []action{w.move(number+1 == w.renewing)}
	}
	if number%6 == 2 && !w.anybodySuspended() {
		return []action{w.recount()}
	}
	var all []action
	order := w.random.Perm(len(w.customers))
	for _, n := range order[:3] {
		all = append(all, w.something(w.customers[n]))
	}
	return all
}

func (w *workload) anybodySuspended() bool {
	return slices.ContainsFunc(w.customers, func(c *customer) bool { return c.suspended })
}

func (w *workload) move(renews bool) action {
	hours := []int{1, 30, 100, 24 * 7, 24 * 16, longestMove}
	by := hours[w.random.IntN(len(hours))]
	if renews {
		by = longestMove
	}
	w.now = w.now.Add(time.Duration(by) * time.Hour)
	return merge("move the clock to "+w.now.Format(time.RFC3339), &v1alpha1.TestClock{},
		types.NamespacedName{Namespace: w.namespace, Name: "clock"}, `{"spec":{"now":%q}}`, w.now.Format(time.RFC3339))
}

// lives is how often a name may come back in a round.
const lives = 20

// counts are what the data source says of everybody who has a name now, or will.
func (w *workload) counts() map[string]string {
	found := map[string]string{}
	for n := range customers {
		count := strconv.Itoa(3 + w.random.IntN(40))
		for life := range lives {
			found[customerID(fmt.Sprint("customer-", n), life+1)] = count
		}
	}
	return found
}

// customerID is the ID of a life.
func customerID(name string, life int) string { return fmt.Sprintf("%s-life-%d", name, life) }

// recount changes what the data source says, and asks for a refresh until everybody has the new count. The clock stands
// meanwhile, so that it does not matter how often the source could not be read.
func (w *workload) recount() action {
	changed := w.counts()
	var asked time.Time
	return action{"recount", func(ctx context.Context, c client.Client) error {
		counts := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "counts"}, Data: changed}
		if err := c.Update(ctx, counts); err != nil {
			return err
		}
		missing, err := uncounted(ctx, c, w.namespace, changed)
		if err != nil || missing == "" {
			return err
		}
		if time.Since(asked) > 11*time.Second { // requests are answered ten seconds apart
			request := merge("", &v1alpha1.SeatProduct{}, w.key("viewer"), `{"metadata":{"annotations":{%q:%q}}}`,
				v1alpha1.AnnotationRefreshRequestedAt, time.Now().Format(time.RFC3339Nano))
			if err := request.do(ctx, c); err != nil {
				return err
			}
			asked = time.Now()
		}
		return fmt.Errorf("%s does not have its new count", missing)
	}}
}

// uncounted names a subscription that does not have its count.
func uncounted(ctx context.Context, c client.Client, namespace string, counts map[string]string) (string, error) {
	var all v1alpha1.SubscriptionList
	if err := c.List(ctx, &all, client.InNamespace(namespace)); err != nil {
		return "", err
	}
	for i := range all.Items {
		each := &all.Items[i]
		if each.Status.State != v1alpha1.SubscriptionCanceled &&
			strconv.FormatInt(each.Status.Items[1].Quantity, 10) != counts[each.Spec.Customer.ID] {
			return each.Name, nil
		}
	}
	return "", nil
}

// arrive creates a customer, or one with the name of another that left.
func (w *workload) arrive(c *customer) action {
	c.life++
	*c = customer{name: c.name, life: c.life, quantity: int64(5 + w.random.IntN(10)), seats: nil}
	return create("create "+c.name, builders.MakeSubscription(c.name, w.namespace).Customer(customerID(c.name, c.life)).
		Start(w.now).Anchor(april).TestClock("clock").
		Item("editors", "editor", "monthly", c.quantity).LoadedItem("viewers", "viewer", "monthly").
		With(func(s *v1alpha1.Subscription) {
			s.Spec.History = &v1alpha1.History{KeepUpdates: new(int32(1000))}
		}).Obj())
}

func (w *workload) key(name string) types.NamespacedName {
	return types.NamespacedName{Namespace: w.namespace, Name: name}
}

// something is what a customer does next.
func (w *workload) something(c *customer) action {
	subscription := &v1alpha1.Subscription{}
	roll := w.random.IntN(100)
	switch {
	case c.ended && roll < 50:
		// Deleted, and created again under the same name.
		leaving, back := w.remove(c), w.arrive(c)
		life := c.life
		return action{fmt.Sprintf("delete %s, then create life %d", c.name, life), func(ctx context.Context, k client.Client) error {
			var is v1alpha1.Subscription
			err := k.Get(ctx, w.key(c.name), &is)
			if err == nil && is.Spec.Customer.ID == customerID(c.name, life) {
				return nil
			}
			if err := leaving.do(ctx, k); err != nil {
				return err
			}
			return back.do(ctx, k)
		}}
	case c.ended:
		return w.order(c) // an update of something that has ended
	case c.suspended:
		c.suspended = false
		return merge("resume "+c.name, subscription, w.key(c.name), `{"spec":{"suspend":false}}`)
	case roll < 40:
		return w.order(c)
	case roll < 58:
		c.quantity = int64(3 + w.random.IntN(20))
		return w.edit(c)
	case roll < 72:
		return w.seat(c)
	case roll < 80:
		c.suspended = true
		return merge("suspend "+c.name, subscription, w.key(c.name), `{"spec":{"suspend":true}}`)
	case roll < 88:
		c.ended = true
		return merge("cancel "+c.name, subscription, w.key(c.name), `{"spec":{"cancel":{"atPeriodEnd":true}}}`)
	case roll < 94:
		c.ended = true
		return merge("end "+c.name, subscription, w.key(c.name), `{"spec":{"cancel":{"at":%q,"calculationMethod":"ProRata"}}}`,
			w.now.Format(time.RFC3339))
	default:
		return w.seat(c)
	}
}

// remove deletes a subscription, and waits until it is gone.
func (w *workload) remove(c *customer) action {
	return action{"delete " + c.name, func(ctx context.Context, k client.Client) error {
		s := &v1alpha1.Subscription{}
		s.Namespace, s.Name = w.namespace, c.name
		err := k.Delete(ctx, s)
		if apierrors.IsNotFound(err) {
			return nil
		}
		if err == nil {
			err = fmt.Errorf("%s is still there", c.name)
		}
		return err
	}}
}

// edit sets a quantity in the spec.
func (w *workload) edit(c *customer) action {
	quantity := c.quantity
	return action{fmt.Sprintf("edit %s to %d", c.name, quantity), func(ctx context.Context, k client.Client) error {
		s := &v1alpha1.Subscription{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: c.name}}
		before := client.RawPatch(types.JSONPatchType, fmt.Appendf(nil, `[{"op":"replace","path":"/spec/items/0/quantity","value":%d}]`, quantity))
		if err := k.Patch(ctx, s, before); err != nil {
			return err
		}
		return edited(ctx, k, s, quantity)
	}}
}

// edited says that an edit of a quantity has neither taken hold nor been decided: what the status shows after it may be
// older.
func edited(ctx context.Context, k client.Client, s *v1alpha1.Subscription, quantity int64) error {
	if s.Status.Items[0].Quantity == quantity {
		return nil
	}
	var all v1alpha1.SubscriptionUpdateList
	if err := k.List(ctx, &all, client.InNamespace(s.Namespace)); err != nil {
		return err
	}
	for i := range all.Items {
		cause := all.Items[i].Spec.Cause
		if all.Items[i].Spec.SubscriptionRef.UID == s.UID && cause != nil && cause.Type == v1alpha1.CauseSpec &&
			cause.Generation != nil && *cause.Generation == s.Generation && facts.Finished(all.Items[i].Status.State) {
			return nil
		}
	}
	return fmt.Errorf("%s: generation %d was not acted on", s.Name, s.Generation)
}

// order creates an update of a random kind.
func (w *workload) order(c *customer) action {
	w.number++
	name := fmt.Sprintf("%s-order-%d", c.name, w.number)
	update := builders.MakeSubscriptionUpdate(name, w.namespace, c.name)
	by := int64(1 + w.random.IntN(4))
	switch w.random.IntN(4) {
	case 0:
		update.Decrement("editors", by)
	case 1:
		update.Count("editors", by+3)
	default:
		update.Increment("editors", by)
	}
	switch w.random.IntN(5) {
	case 0:
		update.Apply(v1alpha1.ApplyNextPeriod)
	case 1:
		update.ApplyAt(w.now.Add(60 * time.Hour))
	}
	switch w.random.IntN(4) {
	case 0:
		update.Pay(v1alpha1.PayImmediately)
	case 1:
		update.Calculate(v1alpha1.CalculatePayInFull)
	case 2:
		update.Calculate(v1alpha1.CalculateDoNotCharge)
	}
	return create("order "+name, update.Obj())
}

// seat gives a seat to somebody new, or takes one back.
func (w *workload) seat(c *customer) action {
	if len(c.seats) > 1 && w.random.IntN(2) == 0 {
		name := c.seats[0]
		c.seats = c.seats[1:]
		return action{"free " + name, func(ctx context.Context, k client.Client) error {
			return client.IgnoreNotFound(k.Delete(ctx, &v1alpha1.SeatAssignment{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: name}}))
		}}
	}
	w.number++
	name := fmt.Sprintf("%s-seat-%03d", c.name, w.number)
	c.seats = append(c.seats, name)
	return create("assign "+name, builders.MakeSeatAssignment(name, w.namespace, c.name, "editors").Obj())
}

func create(what string, object client.Object) action {
	return action{what, func(ctx context.Context, c client.Client) error {
		err := c.Create(ctx, object.DeepCopyObject().(client.Object))
		if apierrors.IsAlreadyExists(err) {
			return nil
		}
		return err
	}}
}

func merge(what string, object client.Object, key types.NamespacedName, format string, args ...any) action {
	body := fmt.Appendf(nil, format, args...)
	return action{what, func(ctx context.Context, c client.Client) error {
		target := object.DeepCopyObject().(client.Object)
		target.SetNamespace(key.Namespace)
		target.SetName(key.Name)
		return c.Patch(ctx, target, client.RawPatch(types.MergePatchType, body))
	}}
}
