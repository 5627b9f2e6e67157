// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package httpjson

import (
	"github.com/google/cel-go/common/overloads"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
	"github.com/google/cel-go/interpreter"
)

// meter bounds the work of one expression. CEL's own limit takes time that grows with the square of an
// answer's length, and counts one for an operation of any size where types are known only when it runs.
//
// Each look at a variable and each call costs one, and a call a tenth of the characters and elements that it
// is given. What costs more than the limit ends as it does in CEL itself.
type meter struct {
	limit, spent uint64
	// kept are the values that the steps had when they were last taken.
	kept []*ref.Val
}

// reset ends an evaluation. It lets go of the values, which hold the answer.
func (m *meter) reset() {
	m.spent = 0
	for _, value := range m.kept {
		*value = nil
	}
}

func (m *meter) spend(cost uint64) {
	if m.spent += cost; m.spent > m.limit {
		panic(interpreter.EvalCancelledError{Cause: interpreter.CostLimitExceeded, Message: "too much"})
	}
}

// decorate has the steps of an expression counted.
func (m *meter) decorate(step interpreter.InterpretableV2) (interpreter.InterpretableV2, error) {
	switch step := step.(type) {
	case interpreter.InterpretableAttribute:
		metered := &meteredAttribute{InterpretableAttribute: step, meter: m}
		m.kept = append(m.kept, &metered.found)
		return metered, nil
	case interpreter.InterpretableCall:
		metered := &meteredCall{InterpretableCall: step, meter: m}
		m.kept = append(m.kept, &metered.result)
		return metered, nil
	default:
		// What is left does little by itself: each round of a loop looks at a variable.
		return step, nil
	}
}

// last is the value that a step had when it was last taken.
type last interface{ value() ref.Val }

type meteredAttribute struct {
	interpreter.InterpretableAttribute
	meter *meter
	found ref.Val
}

// Exec implements interpreter.InterpretableV2.
func (a *meteredAttribute) Exec(frame *interpreter.ExecutionFrame) ref.Val {
	a.meter.spend(1)
	a.found = a.InterpretableAttribute.Exec(frame)
	return a.found
}

func (a *meteredAttribute) value() ref.Val { return a.found }

type meteredCall struct {
	interpreter.InterpretableCall
	meter  *meter
	result ref.Val
}

// Exec implements interpreter.InterpretableV2.
func (c *meteredCall) Exec(frame *interpreter.ExecutionFrame) ref.Val {
	c.result = c.InterpretableCall.Exec(frame)
	cost := uint64(1)
	if c.Function() != overloads.Size {
		for _, argument := range c.Args() {
			if known, ok := argument.(last); ok {
				cost += size(known.value()) / 10
			}
		}
	}
	c.meter.spend(cost)
	return c.result
}

func (c *meteredCall) value() ref.Val { return c.result }

// size is how many characters, elements or entries a value has. The list that a macro gathers its results
// in has none: one more is appended to it where it is.
func size(value ref.Val) uint64 {
	if _, gathering := value.(traits.MutableLister); gathering {
		return 0
	}
	sizer, ok := value.(traits.Sizer)
	if !ok {
		return 0
	}
	length, ok := sizer.Size().(types.Int)
	if !ok || length < 0 {
		return 0
	}
	return uint64(length)
}
