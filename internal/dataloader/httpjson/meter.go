// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package httpjson

import (
	"errors"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/functions"
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/overloads"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
	"github.com/google/cel-go/interpreter"
)

// limits bound one evaluation.
type limits struct {
	// work is the number of steps. A step takes about 100 ns of CPU.
	work uint64
	// bytes is the size of all lists, maps and texts that the evaluation creates, in bytes, including
	// those that it drops.
	bytes uint64
}

// meter bounds the work and the memory of the evaluations of one expression. CEL's own limit takes time that
// grows with the square of an answer's length. It charges for a call only after the call, and charges 1 for
// an operation of any size if types are known only at run time.
//
// Here everything is charged before it is done. An evaluation that exceeds a limit ends as it does in CEL
// itself.
type meter struct {
	limits
	work, bytes uint64
	// functions are the implementations of the environment's functions, by name.
	functions map[string]*functions.Overload
	patterns  patterns
}

func newMeter(environment *cel.Env, limit limits) (*meter, error) {
	m := &meter{limits: limit, functions: map[string]*functions.Overload{}, patterns: patterns{}}
	for name, function := range environment.Functions() {
		bindings, err := function.Bindings()
		if err != nil {
			return nil, err
		}
		for _, binding := range bindings {
			if binding.Operator == name {
				m.functions[name] = binding
			}
		}
	}
	return m, nil
}

// reset begins an evaluation.
func (m *meter) reset() { m.work, m.bytes = 0, 0 }

// spend charges steps. Each charge is small compared to the range of the counters, so they do not overflow.
func (m *meter) spend(steps uint64) {
	if m.work += steps; m.work > m.limits.work {
		panic(interpreter.EvalCancelledError{Cause: interpreter.CostLimitExceeded, Message: "too much work"})
	}
}

// produce charges bytes that are about to be allocated.
func (m *meter) produce(bytes uint64) {
	if m.bytes += bytes; m.bytes > m.limits.bytes {
		panic(interpreter.EvalCancelledError{Cause: interpreter.CostLimitExceeded, Message: "too much memory"})
	}
}

// decorate meters one step of an expression. Steps that are not metered do little work by themselves, because
// each round of a loop reads a variable.
func (m *meter) decorate(step interpreter.InterpretableV2) (interpreter.InterpretableV2, error) {
	switch step := step.(type) {
	case interpreter.InterpretableAttribute:
		return &meteredAttribute{step, m}, nil
	case interpreter.InterpretableConstructor:
		return m.constructor(step)
	case interpreter.InterpretableCall:
		return m.call(step)
	default:
		return step, nil
	}
}

type meteredAttribute struct {
	interpreter.InterpretableAttribute
	meter *meter
}

// Exec implements interpreter.InterpretableV2.
func (a *meteredAttribute) Exec(frame *interpreter.ExecutionFrame) ref.Val {
	a.meter.spend(1)
	return a.InterpretableAttribute.Exec(frame)
}

type meteredConstructor struct {
	interpreter.InterpretableConstructor
	meter *meter
	steps uint64
	bytes uint64
}

// Exec implements interpreter.InterpretableV2.
func (c *meteredConstructor) Exec(frame *interpreter.ExecutionFrame) ref.Val {
	c.meter.spend(c.steps)
	c.meter.produce(c.bytes)
	return c.InterpretableConstructor.Exec(frame)
}

// The memory that lists and maps take.
const (
	listBytes = 112
	mapBytes  = 400
	// elementBytes is the size of an element of a literal, including its value unless that is a text.
	elementBytes = 112
	// referenceBytes is the size of an element of a list whose value already exists.
	referenceBytes = 16
)

// constructor meters a literal by its elements. Messages of Protocol Buffers are refused: no answer contains
// any, and creating one copies everything in it.
func (m *meter) constructor(step interpreter.InterpretableConstructor) (interpreter.InterpretableV2, error) {
	elements := uint64(len(step.InitVals()))
	switch step.Type() {
	case types.ListType:
		return &meteredConstructor{step, m, 1 + elements, listBytes + elements*elementBytes}, nil
	case types.MapType:
		return &meteredConstructor{step, m, 1 + elements, mapBytes + elements*elementBytes}, nil
	default:
		return nil, errors.New("messages cannot be created: use a map such as {\"key\": \"acme\"}")
	}
}

// call returns a call that is charged after its arguments are evaluated and before the function
// runs.
func (m *meter) call(step interpreter.InterpretableCall) (interpreter.InterpretableV2, error) {
	name := step.Function()
	switch {
	case len(step.Args()) == 0 || name == operators.NotStrictlyFalse:
		// These do almost nothing, and the latter must see errors, which other calls do not.
		return step, nil
	case name == overloads.Matches:
		return m.matches(step)
	}
	overload := step.OverloadID()
	implementation := m.functions[name]
	return interpreter.NewCall(step.ID(), name, overload, step.Args(), func(arguments ...ref.Val) ref.Val {
		m.charge(name, arguments)
		switch name {
		case operators.Equals:
			return types.Equal(arguments[0], arguments[1])
		case operators.NotEquals:
			return types.Bool(types.Equal(arguments[0], arguments[1]) != types.True)
		}
		return invoke(name, overload, implementation, arguments)
	}), nil
}

// invoke calls a function as CEL does: its implementation if the first argument fits, and otherwise the
// method of the first argument.
func invoke(name, overload string, implementation *functions.Overload, arguments []ref.Val) ref.Val {
	first := arguments[0].Type()
	switch fits := implementation != nil && (implementation.OperandTrait == 0 || first.HasTrait(implementation.OperandTrait)); {
	case fits && len(arguments) == 1 && implementation.Unary != nil:
		return implementation.Unary(arguments[0])
	case fits && len(arguments) == 2 && implementation.Binary != nil:
		return implementation.Binary(arguments[0], arguments[1])
	case fits && implementation.Function != nil:
		return implementation.Function(arguments...)
	case first.HasTrait(traits.ReceiverType):
		return arguments[0].(traits.Receiver).Receive(name, overload, arguments[1:])
	}
	return types.NewErr("no such overload: %s", name)
}
