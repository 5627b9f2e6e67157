// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package inkwell_test

import (
	"errors"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seatplane/seatplane/seatplanetest"
	"github.com/seatplane/seatplane/seatplanetest/builders"

	"example.com/inkwell"
)

func TestInkwell(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Inkwell")
}

// errDown is what a database says that is restored from a backup.
var errDown = errors.New("the database is starting up")

func day(month time.Month, day int) time.Time {
	return time.Date(2027, month, day, 0, 0, 0, 0, time.UTC)
}

var _ = Describe("A workspace", func() {
	var (
		app   *inkwell.Workspaces
		bills *seatplanetest.Seatplane
		clock *seatplanetest.Clock
	)
	// on moves to a day, on which Seatplane counts the seats.
	on := func(day time.Time) {
		GinkgoHelper()
		bills.SetCounts("editor-seat", app.Seats())
		clock.MoveTo(day)
	}
	amounts := func() []any {
		GinkgoHelper()
		var due []any
		for _, invoice := range bills.Invoices("acme") {
			due = append(due, string(invoice.Spec.AmountDue))
		}
		return due
	}

	BeforeEach(func() {
		app, bills = &inkwell.Workspaces{}, seatplanetest.New(GinkgoT())
		clock = bills.Clock(day(time.April, 1))
		bills.Apply(inkwell.Product)
		app.Invite("acme", "ada@acme.example", inkwell.Editor)
		app.Invite("acme", "ben@acme.example", inkwell.Editor)
		bills.SetCounts("editor-seat", app.Seats())
		bills.Create(builders.MakeSubscription("acme", "").Start(clock.Now()).TestClock(clock.Name()).
			LoadedItem("editors", "editor-seat", "monthly").Obj())
		clock.CatchUp()
	})

	It("pays for an editor from the invitation on", func() {
		app.Invite("acme", "eve@acme.example", inkwell.Editor)
		on(day(time.April, 16))
		on(day(time.May, 1))
		Expect(amounts()).To(HaveExactElements("24.00", "42.00"), "12.00 for each editor, and half of it for Eve in April")
	})

	It("has guests for free", func() {
		app.Invite("acme", "gus@acme.example", inkwell.Guest)
		on(day(time.April, 16))
		on(day(time.May, 1))
		Expect(amounts()).To(HaveExactElements("24.00", "24.00"))
		Expect(bills.Updates("acme")).To(HaveLen(1), "nothing has changed since the first count")
	})

	It("pays for an editor who leaves until the end of the month", func() {
		Expect(app.Remove("acme", "ben@acme.example")).To(Succeed())
		on(day(time.April, 16))
		on(day(time.May, 1))
		Expect(amounts()).To(HaveExactElements("24.00", "12.00"))
	})

	It("keeps its seats while they cannot be counted", func() {
		bills.FailCounts("editor-seat", errDown)
		clock.MoveTo(day(time.May, 1))
		Expect(amounts()).To(HaveExactElements("24.00", "24.00"))
	})
})
