// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package eventsink

import (
	"context"
	"net/http"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/controller/seatproduct"
	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/dataloader/fake"
	"github.com/seatplane/seatplane/internal/testing/builders"
	"github.com/seatplane/seatplane/internal/testing/faults"
	"github.com/seatplane/seatplane/internal/testing/lyingcache"
)

// counting is a bench with a product whose seats are counted.
type counting struct {
	*bench
	source   *fake.Loader
	products *seatproduct.Reconciler
}

func newCounting(ctx context.Context, sinks ...string) *counting {
	GinkgoHelper()
	c := &counting{bench: newBench(ctx), source: &fake.Loader{}}
	for _, name := range sinks {
		c.create(ctx, c.sink(name))
	}
	c.create(ctx, builders.MakeSeatProduct("editor", c.namespace).Plan("monthly", "EUR", "10").ConfigMapLoader("counts").Obj(),
		builders.MakeSubscription("bolt", c.namespace).TestClock("clock").Start(now).LoadedItem("editors", "editor", "monthly").Obj())
	c.again(nil)
	return c
}

// again begins a new process, which remembers nothing.
func (c *counting) again(plan faults.Plan) {
	c.restart(plan)
	c.products = &seatproduct.Reconciler{
		Client: c.process.Client(lyingcache.New(live)), Live: c.process.Reader(live), Clock: c.wall,
		Loads: fake.NewLoads(c.source, c.wall), SourceName: c.source.SourceName, Reached: c.pairs.Memory,
	}
}

// refresh has the product's reconciler do what is due, again for each load that has ended. A load that failed is due again.
func (c *counting) refresh(ctx context.Context) error {
	c.wall.Step(20 * time.Minute)
	for range 3 {
		if _, err := c.products.Reconcile(ctx, ctrl.Request{NamespacedName: client.ObjectKey{Namespace: c.namespace, Name: "editor"}}); err != nil {
			return err
		}
	}
	return nil
}

func (c *counting) fails() {
	down := dataloader.Failf(dataloader.ReasonSourceUnreachable, "the data source cannot be reached")
	down.Detail = "dial tcp 10.0.0.7:5432: password=hunter2"
	c.source.Fail(down)
}

func (c *counting) succeeds() { c.source.Set(map[string]int64{"bolt": 5}) }

func (c *counting) product(ctx context.Context) *v1alpha1.SeatProduct {
	GinkgoHelper()
	var product v1alpha1.SeatProduct
	Expect(live.Get(ctx, client.ObjectKey{Namespace: c.namespace, Name: "editor"}, &product)).To(Succeed())
	return &product
}

// from is the pair of a sink and the product.
func (c *counting) from(sink string) types.NamespacedName {
	return ofProduct(c.namespace, sink, "editor")
}

var _ = Describe("Delivering events of a product", func() {
	It("delivers one for the failure and one for the recovery, and writes the progress once", func(ctx SpecContext) {
		c := newCounting(ctx, "books")
		c.fails()
		for range 3 {
			Expect(c.refresh(ctx)).To(Succeed())
		}
		writes := c.run.Count()
		c.deliver(ctx, c.from("books"))
		Expect(c.receiver.kinds()).To(Equal([]string{"product.refresh-failed"}), "none for a retry")
		Expect(c.run.Count()).To(Equal(writes), "the progress waits for the next write")
		product := c.product(ctx)
		got := c.receiver.all()[0]
		Expect(got.id).To(Equal(string(product.UID) + "/1"))
		Expect(got.body).To(And(ContainSubstring(`"cause":"SourceUnreachable"`), ContainSubstring(`"subject":"seatproducts/editor"`),
			ContainSubstring(`"partitionkey":"`+string(product.UID)+`"`), Not(ContainSubstring("hunter2")), Not(ContainSubstring("10.0.0.7"))))

		c.succeeds()
		Expect(c.refresh(ctx)).To(Succeed())
		Expect(c.product(ctx).Status.EventCursors[0].Sequence).To(BeEquivalentTo(1), "the report of the recovery has the progress")
		c.deliver(ctx, c.from("books"))
		Expect(c.receiver.kinds()).To(Equal([]string{"product.refresh-failed", "product.refresh-recovered"}))
		writes = c.run.Count()
		c.wall.Step(writeAfter)
		for range 3 {
			c.deliver(ctx, c.from("books"))
		}
		Expect(c.run.Count()).To(Equal(writes+1), "one write, and then nothing")
		Expect(c.pairs.Memory.knows(c.from("books"))).To(BeFalse(), "nothing is remembered of what is written")
		Expect(c.report(ctx, "books").Status).To(And(
			HaveField("Delivered", HaveValue(BeEquivalentTo(2))), HaveField("Pending", HaveValue(BeEquivalentTo(0)))))
	})

	It("tries again, counts what waits, and holds up no subscription", func(ctx SpecContext) {
		c := newCounting(ctx, "books")
		c.receiver.answers(answering(http.StatusInternalServerError))
		c.fails()
		Expect(c.refresh(ctx)).To(Succeed())
		c.deliver(ctx, c.from("books"))
		got := c.report(ctx, "books")
		Expect(reason(got)).To(Equal(v1alpha1.ReasonDeliveryFailing + " Reconciling"))
		Expect(got.Status.Pending).To(HaveValue(BeEquivalentTo(1)))
		Expect(got.Status.OldestPendingTime).NotTo(BeNil())

		c.receiver.answers(nil)
		c.succeeds()
		Expect(c.refresh(ctx)).To(Succeed())
		c.create(ctx, c.acme().Obj())
		c.bill(ctx, "acme")
		c.deliver(ctx, c.of("books"))
		Expect(c.receiver.kinds()).To(ContainElement("subscription.started"))
		c.again(nil)
		c.deliver(ctx, c.of("books"))
		c.deliver(ctx, c.from("books"))
		Expect(inOrder(c.receiver.all())).To(ContainElements("product.refresh-failed", "product.refresh-recovered"))
		Expect(c.report(ctx, "books").Status.Pending).To(HaveValue(BeEquivalentTo(0)))
	})

	It("wakes what waits once a person asks for it", func(ctx SpecContext) {
		c := newCounting(ctx, "books")
		c.receiver.answers(answering(http.StatusGone))
		c.fails()
		Expect(c.refresh(ctx)).To(Succeed())
		c.deliver(ctx, c.from("books"))
		Expect(reason(c.report(ctx, "books"))).To(Equal(v1alpha1.ReasonGone + " Stalled"))
		sink := c.report(ctx, "books")
		sink.Annotations = map[string]string{v1alpha1.AnnotationRetryRequestedAt: "1"}
		Expect(live.Update(ctx, sink)).To(Succeed())
		c.report(ctx, "books")
		Expect(c.woken).To(HaveKey(c.from("books")))
	})

	for _, fault := range []faults.Fault{faults.CrashBefore, faults.CrashAfter, faults.Ambiguous, faults.Conflict} {
		It("loses nothing to the fault "+string(fault)+" at any write", func(ctx SpecContext) {
			for at := 1; ; at++ {
				c := newCounting(ctx, "books")
				c.again(faults.Plan{at: fault})
				turn := func() {
					for range 4 {
						if c.process.Crashed() {
							c.again(nil)
						}
						_ = c.refresh(ctx)
						_, _ = c.pairs.Reconcile(ctx, requestOf(c.from("books")))
						_, _ = c.sinks.Reconcile(ctx, requestOf(client.ObjectKey{Namespace: c.namespace, Name: "books"}))
					}
				}
				c.fails()
				turn()
				c.succeeds()
				turn()
				Expect(inOrder(c.receiver.all())).To(Equal([]string{"product.refresh-failed", "product.refresh-recovered"}), "fault %d", at)
				if len(c.run.Unmet()) > 0 {
					return
				}
			}
		})
	}

	It("is not known of a product that was deleted", func(ctx SpecContext) {
		c := newCounting(ctx, "books")
		c.fails()
		Expect(c.refresh(ctx)).To(Succeed())
		Expect(live.Delete(ctx, c.product(ctx))).To(Succeed())
		c.deliver(ctx, c.from("books"))
		Expect(c.receiver.kinds()).To(BeEmpty())
		Expect(c.departed(ctx)).To(BeEmpty())
		Expect(c.report(ctx, "books").Status.Pending).To(HaveValue(BeEquivalentTo(0)), "nothing waits")
	})
})
