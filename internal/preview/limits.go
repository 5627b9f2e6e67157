// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package preview

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/google/cel-go/cel"

	"github.com/seatplane/seatplane/internal/billing/money"
)

// Limits are the limits on what a change may cost. [NewLimits] parses them.
type Limits struct {
	maxIncrease *limit
	// maxDue by currency; "" is for every currency.
	maxDue map[string]limit
	failIf []condition
}

// limit is a number as it was written.
type limit struct {
	number money.Decimal
	text   string
}

// condition is a CEL expression over a report that must not be true.
type condition struct {
	text    string
	program cel.Program
}

// NewLimits parses limits: a percentage by which the recurring amount may rise ("" for no limit), amounts that may be due
// now ("500.00" in every currency, or "EUR=500.00"), and CEL expressions over the variable report that must not be true.
// The error names the limit that cannot be parsed, and explains what to write.
func NewLimits(maxIncreasePercent string, maxDue, failIf []string) (Limits, error) {
	l := Limits{maxDue: map[string]limit{}}
	if maxIncreasePercent != "" {
		percent, err := money.ParseDecimal(maxIncreasePercent)
		if err != nil || percent.Sign() < 0 {
			return l, fmt.Errorf("%q is not a percentage: write one such as 20 or 2.5", maxIncreasePercent)
		}
		l.maxIncrease = &limit{percent, maxIncreasePercent}
	}
	for _, text := range maxDue {
		currency, amount, named := strings.Cut(text, "=")
		if !named {
			currency, amount = "", text
		}
		number, err := money.ParseDecimal(amount)
		if err == nil && named {
			_, err = money.ParseCurrency(currency)
		}
		if err != nil || number.Sign() < 0 {
			return l, fmt.Errorf("%q is not an amount: write one such as 500.00 or EUR=500.00", text)
		}
		l.maxDue[currency] = limit{number, amount}
	}
	for _, text := range failIf {
		c, err := compile(text)
		if err != nil {
			return l, err
		}
		l.failIf = append(l.failIf, c)
	}
	return l, nil
}

func compile(text string) (condition, error) {
	env, err := cel.NewEnv(cel.Variable("report", cel.DynType))
	if err != nil {
		return condition{}, err
	}
	ast, issues := env.Compile(text)
	if issues.Err() != nil {
		return condition{}, fmt.Errorf("%q is not a CEL expression: %s", text, strings.Join(strings.Fields(issues.Err().Error()), " "))
	}
	program, err := env.Program(ast)
	return condition{text, program}, err
}

// Apply compares a report with the limits, and records in it which of them are exceeded. The error names the expression
// that cannot be evaluated.
func (l Limits) Apply(r *Report) error {
	for i := range r.Totals {
		t := &r.Totals[i]
		due, percent := parse(t.DueNow.Difference), parse(t.IncreasePercent)
		most, limited := l.maxDue[t.Currency]
		if !limited {
			most, limited = l.maxDue[""]
		}
		if limited && due.Cmp(most.number) > 0 {
			r.Limits = append(r.Limits, fmt.Sprintf("%s %s would be due now, more than the %s that --max-due allows.", t.DueNow.Difference, t.Currency, most.text))
		}
		if l.maxIncrease != nil && t.IncreaseFromZero {
			r.Limits = append(r.Limits, fmt.Sprintf("The recurring amount in %s would rise from nothing, which is more than the %s %% that "+
				"--max-increase-percent allows.", t.Currency, l.maxIncrease.text))
		}
		if l.maxIncrease != nil && percent.Cmp(l.maxIncrease.number) > 0 {
			r.Limits = append(r.Limits, fmt.Sprintf("The recurring amount in %s would rise by %s %%, more than the %s %% that "+
				"--max-increase-percent allows.", t.Currency, t.IncreasePercent, l.maxIncrease.text))
		}
	}
	if err := l.applyConditions(r); err != nil {
		return err
	}
	if len(r.Limits) > 0 && r.Result != Rejected {
		r.Result = LimitExceeded
	}
	return nil
}

func (l Limits) applyConditions(r *Report) error {
	if len(l.failIf) == 0 {
		return nil
	}
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	var content map[string]any
	if err := json.Unmarshal(text, &content); err != nil {
		return err
	}
	for _, c := range l.failIf {
		out, _, err := c.program.Eval(map[string]any{"report": content})
		if err != nil {
			return fmt.Errorf("--fail-if %q cannot be evaluated: %w", c.text, err)
		}
		holds, is := out.Value().(bool)
		if !is {
			return fmt.Errorf("--fail-if %q evaluates to %v: write an expression that is true or false", c.text, out.Value())
		}
		if holds {
			r.Limits = append(r.Limits, fmt.Sprintf("The condition of --fail-if is true: %s", c.text))
		}
	}
	return nil
}

// parse parses an amount of a report; an empty one is zero.
func parse(text string) money.Decimal {
	d, err := money.ParseDecimal(text)
	if err != nil {
		return money.Decimal{}
	}
	return d
}
