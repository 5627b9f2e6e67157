// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package httpjson

import (
	"context"
	"math"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/env"
	"github.com/google/cel-go/common/overloads"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"

	"github.com/seatplane/seatplane/internal/dataloader"
)

var (
	// answerLimits are for rows and next. They allow several steps for each value that an answer can
	// have.
	answerLimits = limits{work: 10_000_000, bytes: 128 << 20}
	// rowLimits are for rowKey and rowCount on one row.
	rowLimits = limits{work: 100_000, bytes: 1 << 20}
)

// checkEvery is the number of loop steps after which an evaluation checks whether it has to end.
const checkEvery = 100

// mapping is a set of compiled expressions. It must be used by one evaluation at a time.
type mapping struct {
	list, key, count *expression
	// next is nil if the source has one page.
	next *expression
	// written contains the texts of the expressions.
	written string
}

// expression is a compiled expression with the limits of its work.
type expression struct {
	program cel.Program
	meter   *meter
}

// evaluate evaluates the expression. It spends no more than its limits.
func (e *expression) evaluate(ctx context.Context, variables map[string]any) (ref.Val, error) {
	e.meter.reset()
	result, _, err := e.program.ContextEval(ctx, variables)
	return result, err
}

// compile compiles the expressions of a source. An error is a *dataloader.Failure.
func compile(asked payload) (*mapping, error) {
	compiled := &mapping{written: asked.Rows + "\n" + asked.RowKey + "\n" + asked.RowCount + "\n" + asked.Next}
	response, row := cel.Variable("response", cel.DynType), cel.Variable("row", cel.DynType)
	var err error
	if compiled.list, err = compileOne("rows", asked.Rows, answerLimits, response); err != nil {
		return nil, err
	}
	if compiled.key, err = compileOne("rowKey", asked.RowKey, rowLimits, row); err != nil {
		return nil, err
	}
	if compiled.count, err = compileOne("rowCount", asked.RowCount, rowLimits, row); err != nil {
		return nil, err
	}
	if asked.Next == "" {
		return compiled, nil
	}
	texts := cel.MapType(cel.StringType, cel.StringType)
	compiled.next, err = compileOne("next", asked.Next, answerLimits,
		response, cel.Variable("headers", texts), cel.Variable("links", texts))
	return compiled, err
}

func compileOne(field, text string, limit limits, variables ...cel.EnvOption) (*expression, error) {
	environment, err := newEnvironment(variables...)
	if err != nil {
		return nil, invalid(field, err)
	}
	checked, issues := environment.Compile(text)
	if issues.Err() != nil {
		return nil, invalid(field, issues.Err())
	}
	meter, err := newMeter(environment, limit)
	if err != nil {
		return nil, invalid(field, err)
	}
	compiled, err := environment.Program(checked, cel.CustomDecoratorV2(meter.decorate), cel.InterruptCheckFrequency(checkEvery))
	if err != nil {
		return nil, invalid(field, err)
	}
	return &expression{compiled, meter}, nil
}

func invalid(field string, err error) error {
	return dataloader.Failf(dataloader.ReasonInvalidExpression, "the expression %s cannot be compiled: %s", field, err)
}

// newEnvironment returns CEL's standard library and optional values, with one conversion changed: int(7.5) is
// an error, because half a seat must not silently be dropped.
func newEnvironment(variables ...cel.EnvOption) (*cel.Env, error) {
	truncating := env.NewFunction(overloads.TypeConvertInt, &env.Overload{ID: overloads.DoubleToInt})
	return cel.NewCustomEnv(append([]cel.EnvOption{
		cel.StdLib(cel.StdLibSubset(env.NewLibrarySubset().AddExcludedFunctions(truncating))),
		cel.OptionalTypes(),
		cel.Function(overloads.TypeConvertInt,
			cel.Overload("whole_double_to_int64", []*cel.Type{cel.DoubleType}, cel.IntType, cel.UnaryBinding(wholeToInt))),
	}, variables...)...)
}

func wholeToInt(value ref.Val) ref.Val {
	if number, ok := value.(types.Double); ok && math.Trunc(float64(number)) != float64(number) {
		return types.NewErr("int(%v) is not a whole number", float64(number))
	}
	return value.ConvertToType(types.IntType)
}
