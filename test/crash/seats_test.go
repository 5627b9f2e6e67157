// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

// seatsHeld: seats are claimed and freed while their quantity is to go down.
var seatsHeld = Scenario{
	Name: "seats that are held",
	Setup: func(ns string) []client.Object {
		return []client.Object{
			builders.MakeTestClock(clockName, ns, at("04-01")).Obj(),
			builders.MakeSeatProduct(productName, ns).Plan(planName, "EUR", "10").Seats(1, 100).Obj(),
			builders.MakeSubscription("acme", ns).TestClock(clockName).Start(at("04-01")).LoadedItem("editors", productName, planName).Obj(),
			builders.MakeSubscriptionUpdate("three", ns, "acme").Count("editors", 3).Obj(),
		}
	},
	Prelude: []Step{rest()},
	Steps: []Step{
		together("four claim three seats", claim("ada"), claim("bob"), claim("cleo"), claim("dan")),
		ask("refused", less(1)),
		together("one leaves, one waits, and another decrease comes", unassign("ada"), ask("refused-too", less(1))),
		together("two leave, and a decrease comes", unassign("bob"), unassign("cleo"), ask("one-less", less(1))),
		together("two claim the one seat that is free", claim("eve"), claim("fay")),
		remove("acme"),
	},
}

// claim creates an assignment, unassign deletes it.
func claim(name string) Step {
	return add("an assignment of "+name, func(ns string) client.Object {
		return builders.MakeSeatAssignment(name, ns, "acme", "editors").Obj()
	})
}

func unassign(name string) Step {
	return Step{Name: "delete the assignment of " + name, Do: func(ctx context.Context, s *stage) error {
		return s.truth.Delete(ctx, builders.MakeSeatAssignment(name, s.namespace, "acme", "editors").Obj())
	}}
}

// together carries out several steps before the operator runs.
func together(name string, steps ...Step) Step {
	answers := slices.ContainsFunc(steps, func(each Step) bool { return each.Answers })
	return Step{Name: name, Answers: answers, Do: func(ctx context.Context, s *stage) error {
		for _, each := range steps {
			if err := each.Do(ctx, s); err != nil {
				return fmt.Errorf("%s: %w", each.Name, err)
			}
		}
		return nil
	}}
}

// seatBooks are who has a seat, and how many seats there are, at one instant. Items are called
// "subscription/item".
type seatBooks struct {
	quantities map[string]int64
	holders    map[string]map[string]bool
}

// judgeSeats goes through every version of every object in the order in which they were written: at no
// time do more holders have a seat of an item than it has seats, and no holder loses one.
func judgeSeats(history []sighting) []finding {
	inOrder := slices.Clone(history)
	slices.SortStableFunc(inOrder, func(a, b sighting) int { return int(version(a.object) - version(b.object)) })
	books := seatBooks{map[string]int64{}, map[string]map[string]bool{}}
	var findings []finding
	for _, s := range inOrder {
		for _, what := range books.read(s) {
			findings = append(findings, finding{everyState, what})
		}
	}
	return findings
}

func (b seatBooks) read(s sighting) []string {
	switch object := s.object.(type) {
	case *v1alpha1.Subscription:
		for _, item := range object.Status.Items {
			b.quantities[object.Name+"/"+item.Name] = item.Quantity
		}
		return b.tooMany()
	case *v1alpha1.SeatAssignment:
		return append(b.readAssignment(object, s.deleted), b.tooMany()...)
	default:
		return nil
	}
}

func (b seatBooks) readAssignment(a *v1alpha1.SeatAssignment, deleted bool) []string {
	item := a.Spec.SubscriptionRef.Name + "/" + a.Spec.Item
	if b.holders[item] == nil {
		b.holders[item] = map[string]bool{}
	}
	had := b.holders[item][a.Name]
	delete(b.holders[item], a.Name)
	assigned := meta.FindStatusCondition(a.Status.Conditions, v1alpha1.ConditionAssigned)
	switch {
	case deleted || assigned == nil:
		return nil
	case assigned.Status == metav1.ConditionTrue:
		b.holders[item][a.Name] = true
	case had && assigned.Reason != v1alpha1.ReasonSubscriptionNotFound:
		return []string{fmt.Sprintf("%s lost a seat of %s: %s", a.Name, item, assigned.Reason)}
	}
	return nil
}

func (b seatBooks) tooMany() []string {
	var wrong []string
	for item, some := range b.holders {
		if int64(len(some)) > b.quantities[item] {
			wrong = append(wrong, fmt.Sprintf("%d hold one of %d seats of %s", len(some), b.quantities[item], item))
		}
	}
	return wrong
}

// TestJudgeOfSeats shows the judge one history for each thing that it must notice.
func TestJudgeOfSeats(t *testing.T) {
	at := 0
	is := func(object client.Object) sighting {
		at++
		object.SetResourceVersion(fmt.Sprint(at))
		return sighting{kind: "object", object: object}
	}
	quantity := func(quantity int64) sighting {
		s := builders.MakeSubscription("acme", "ns").Obj()
		s.Status.Items = []v1alpha1.SubscriptionItemStatus{{Name: "editors", Quantity: quantity}}
		return is(s)
	}
	says := func(name string, status metav1.ConditionStatus, reason string) sighting {
		a := builders.MakeSeatAssignment(name, "ns", "acme", "editors").Obj()
		a.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionAssigned, Status: status, Reason: reason}}
		return is(a)
	}
	holds := func(name string) sighting { return says(name, metav1.ConditionTrue, v1alpha1.ReasonAssigned) }
	waits := func(name string) sighting { return says(name, metav1.ConditionFalse, v1alpha1.ReasonWaitingForSeat) }
	gone := func(s sighting) sighting { s.deleted = true; return s }
	for name, tc := range map[string]struct {
		reason  string
		history []sighting
		want    int
	}{
		"good":       {"a seat is handed on", []sighting{quantity(1), waits("bob"), holds("ada"), gone(holds("ada")), holds("bob")}, 0},
		"too many":   {"two on one seat", []sighting{quantity(1), holds("ada"), holds("bob")}, 1},
		"too few":    {"a quantity below the assigned seats", []sighting{quantity(2), holds("ada"), holds("bob"), quantity(1)}, 1},
		"taken away": {"a holder loses the seat", []sighting{quantity(1), holds("ada"), waits("ada")}, 1},
		"deleted":    {"with the subscription the seats go", []sighting{quantity(1), holds("ada"), says("ada", metav1.ConditionFalse, v1alpha1.ReasonSubscriptionNotFound)}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			if findings := judgeSeats(tc.history); len(findings) != tc.want {
				t.Errorf("%s: got %v", tc.reason, findings)
			}
		})
	}
}
