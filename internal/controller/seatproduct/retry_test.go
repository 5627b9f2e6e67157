// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package seatproduct

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seatplane/seatplane/internal/dataloader"
)

var _ = Describe("What kubectl shows of the next refresh", func() {
	It("is the next tick, and while refreshes fail the next attempt", func(ctx SpecContext) {
		s := newStage(ctx, everyHourOnTheHour)
		s.counted(ctx, map[string]int64{"acme": 5})
		Expect(s.refresh().NextRetryTime).To(BeNil())
		Expect(s.product.Status.NextRefreshText).To(Equal(s.refresh().NextRefreshTime.UTC().Format(time.RFC3339)))

		s.source.Fail(dataloader.Failf(dataloader.ReasonSourceUnreachable, "down"))
		s.advance(ctx, time.Hour)
		s.pass(ctx)
		Expect(s.product.Status.NextRefreshText).To(BeEmpty(), "the tick that is owed lies in the past")
		first := s.refresh().NextRetryTime.Time
		Expect(first).To(BeTemporally("~", s.wall.Now().Add(30*time.Second), time.Second))
		Expect(s.pass(ctx)).To(BeEmpty(), "it moves with an attempt alone")

		s.wait(30 * time.Second)
		s.pass(ctx)
		Expect(s.refresh().NextRetryTime.Time).To(BeTemporally("~", s.wall.Now().Add(time.Minute), time.Second))

		s.source.Set(map[string]int64{"acme": 5})
		s.advance(ctx, time.Hour)
		s.pass(ctx)
		Expect(s.refresh().NextRetryTime).To(BeNil())
		Expect(s.product.Status.NextRefreshText).NotTo(BeEmpty())
	})
})
