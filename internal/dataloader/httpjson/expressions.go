// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package httpjson

import (
	"context"
	"math"
	"sync"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/env"
	"github.com/google/cel-go/common/overloads"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
)

const (
	// rowsCost bounds the work of the expression rows: enough for some steps on each of the entries that an
	// answer of the greatest length can have.
	rowsCost = 10_000_000
	// rowCost bounds the work of rowKey and of rowCount on one row.
	rowCost = 100_000
	// checkEvery is after how many steps of a loop an evaluation looks whether it has to end.
	checkEvery = 100
)

// texts are the expressions as they are written.
type texts struct{ rows, rowKey, rowCount string }

func textsOf(spec *v1alpha1.HTTPSource) texts {
	return texts{rows: spec.Rows, rowKey: spec.RowKey, rowCount: spec.RowCount}
}

// mapping is a set of compiled expressions. It is safe for concurrent use.
type mapping struct {
	texts
	// mu lets one evaluation run at a time: the meters are of one.
	mu               sync.Mutex
	list, key, count expression
}

// expression is a compiled expression, with what bounds its work.
type expression struct {
	program cel.Program
	meter   *meter
}

func (e expression) evaluate(ctx context.Context, variable string, value any) (ref.Val, error) {
	defer e.meter.reset()
	result, _, err := e.program.ContextEval(ctx, map[string]any{variable: value})
	return result, err
}

// programs keeps the compiled expressions of each product until they are written otherwise.
type programs struct {
	mu      *sync.Mutex
	byScope map[dataloader.Scope]*mapping
}

func newPrograms() programs {
	return programs{mu: &sync.Mutex{}, byScope: map[dataloader.Scope]*mapping{}}
}

func (p programs) get(scope dataloader.Scope, written texts) (*mapping, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if known := p.byScope[scope]; known != nil && known.texts == written {
		return known, nil
	}
	delete(p.byScope, scope)
	compiled, err := compile(written)
	if err != nil {
		return nil, err
	}
	p.byScope[scope] = compiled
	return compiled, nil
}

func (p programs) forget(scope dataloader.Scope) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.byScope, scope)
}

// compile compiles expressions. An error is a *dataloader.Failure.
func compile(written texts) (*mapping, error) {
	compiled := &mapping{texts: written}
	var err error
	if compiled.list, err = compileOne("rows", "response", written.rows, rowsCost); err != nil {
		return nil, err
	}
	if compiled.key, err = compileOne("rowKey", "row", written.rowKey, rowCost); err != nil {
		return nil, err
	}
	compiled.count, err = compileOne("rowCount", "row", written.rowCount, rowCost)
	return compiled, err
}

func compileOne(field, variable, text string, limit uint64) (expression, error) {
	environment, err := newEnvironment(variable)
	if err != nil {
		return expression{}, invalid(field, err)
	}
	checked, issues := environment.Compile(text)
	if issues.Err() != nil {
		return expression{}, invalid(field, issues.Err())
	}
	meter := &meter{limit: limit}
	compiled, err := environment.Program(checked, cel.CustomDecoratorV2(meter.decorate), cel.InterruptCheckFrequency(checkEvery))
	if err != nil {
		return expression{}, invalid(field, err)
	}
	return expression{compiled, meter}, nil
}

func invalid(field string, err error) error {
	return dataloader.Failf(dataloader.ReasonInvalidExpression, "the expression %s cannot be compiled: %s", field, err)
}

// newEnvironment returns CEL's standard library and optional values, but for one conversion: int(7.5) is
// an error here, for half a seat must not become none in silence.
func newEnvironment(variable string) (*cel.Env, error) {
	truncating := env.NewFunction(overloads.TypeConvertInt, &env.Overload{ID: overloads.DoubleToInt})
	return cel.NewCustomEnv(
		cel.StdLib(cel.StdLibSubset(env.NewLibrarySubset().AddExcludedFunctions(truncating))),
		cel.OptionalTypes(),
		cel.Function(overloads.TypeConvertInt,
			cel.Overload("whole_double_to_int64", []*cel.Type{cel.DoubleType}, cel.IntType, cel.UnaryBinding(wholeToInt))),
		cel.Variable(variable, cel.DynType),
	)
}

func wholeToInt(value ref.Val) ref.Val {
	if number, ok := value.(types.Double); ok && math.Trunc(float64(number)) != float64(number) {
		return types.NewErr("int(%v) is not a whole number", float64(number))
	}
	return value.ConvertToType(types.IntType)
}
