// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package preview_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seatplane/seatplane/internal/preview"
)

// A rise that is barely above a limit exceeds it: rounding does not hide it.
func TestBarelyAboveALimit(t *testing.T) {
	for price, exceeds := range map[string]bool{"10.0000": false, "10.0010": true} {
		limits, err := preview.NewLimits("0", nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		report := compared(t, fmt.Sprintf(onlyPrice, price), false)
		if err := limits.Apply(&report); err != nil {
			t.Fatal(err)
		}
		if (len(report.Limits) > 0) != exceeds {
			t.Errorf("at the price %s, the limits are %v, with totals %+v", price, report.Limits, report.Totals)
		}
	}
}

func TestLimits(t *testing.T) {
	immediately := subscription("acme", 14, "  changePolicy: {paymentSchedule: Immediately}")
	cases := map[string]struct {
		reason         string
		increase       string
		maxDue, failIf []string
		want           []string
	}{
		"none":         {reason: "without limits nothing is exceeded"},
		"percent":      {reason: "40.00 of 100.00 is more than 20 percent", increase: "20", want: []string{"The recurring amount in EUR would rise by 40 %, more than the 20 % that --max-increase-percent allows."}},
		"same percent": {reason: "as much as the limit is allowed", increase: "40"},
		"due":          {reason: "20.00 are due now", maxDue: []string{"10.00"}, want: []string{"20.00 EUR would be due now, more than the 10.00 that --max-due allows."}},
		"due, other":   {reason: "a limit of another currency says nothing", maxDue: []string{"USD=10.00"}},
		"due, own":     {reason: "a limit of the currency goes before that of all", maxDue: []string{"10.00", "EUR=20.00"}},
		"expression":   {reason: "what flags do not say, CEL does", failIf: []string{"report.changes.exists(c, c.name == 'acme')"}, want: []string{"The condition of --fail-if is true: report.changes.exists(c, c.name == 'acme')"}},
		"no":           {reason: "a condition that does not hold", failIf: []string{"report.counts.removed > 0"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			limits, err := preview.NewLimits(c.increase, c.maxDue, c.failIf)
			if err != nil {
				t.Fatal(err)
			}
			report := compared(t, immediately, false)
			if err := limits.Apply(&report); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, report.Limits); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
			if (report.Result == preview.LimitExceeded) != (len(c.want) > 0) {
				t.Errorf("the result is %s", report.Result)
			}
		})
	}
}

func TestLimitsThatCannotBeRead(t *testing.T) {
	cases := map[string]struct {
		reason         string
		increase       string
		maxDue, failIf []string
		want           string
	}{
		"percent":    {reason: "a sign is not a number", increase: "20%", want: `"20%" is not a percentage: write one such as 20 or 2.5`},
		"due":        {reason: "a currency alone is not an amount", maxDue: []string{"EUR"}, want: `"EUR" is not an amount: write one such as 500.00 or EUR=500.00`},
		"expression": {reason: "the place of the mistake is named", failIf: []string{"report."}, want: `"report." is not a CEL expression: ERROR: <input>:1:8: Syntax error`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := preview.NewLimits(c.increase, c.maxDue, c.failIf)
			if err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("%s: got %v", c.reason, err)
			}
		})
	}
}

// What recurred for nothing rises by more than any percentage.
func TestARiseFromNothing(t *testing.T) {
	free := base(t, `unitAmount: "10.00"`, `unitAmount: "0.00"`)
	cases := map[string]struct {
		reason, proposed string
		want             []string
	}{
		"a price":        {"those who paid nothing pay", fmt.Sprintf(onlyPrice, "12.00"), []string{"The recurring amount in EUR would rise from nothing, which is more than the 20 % that --max-increase-percent allows."}},
		"a new customer": {"who is new had no amount before", strings.Replace(subscription("hooli", 3, ""), "monthly", "yearly", 1), nil},
		"as free":        {"nothing stays nothing", subscription("acme", 14, ""), nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			limits, err := preview.NewLimits("20", nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			r := comparedWith(t, free, c.proposed, false)
			if err := limits.Apply(&r); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, r.Limits); diff != "" || len(r.Totals) != 1 {
				t.Errorf("%s (-want +got):\n%s\n%+v", c.reason, diff, r)
			}
		})
	}
}
