// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package httpjson

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
	"github.com/google/cel-go/interpreter"

	"github.com/seatplane/seatplane/internal/dataloader"
)

// evaluationTimeout bounds taking all rows out of one answer.
const evaluationTimeout = 30 * time.Second

var errSlow = errors.New("slow")

// rows takes the rows out of an answer. scrub takes secrets out of what an evaluation says. An error is a
// *dataloader.Failure.
func (m *mapping) rows(ctx context.Context, response any, scrub func(string) string) ([]dataloader.Row, error) {
	limited, cancel := context.WithTimeoutCause(ctx, evaluationTimeout, errSlow)
	defer cancel()
	found, err := m.evaluate(limited, response, scrub)
	if err != nil && errors.Is(context.Cause(limited), errSlow) {
		return nil, dataloader.Failf(dataloader.ReasonInvalidExpression,
			"evaluating rows, rowKey and rowCount took longer than %s: have the server answer in a simpler form", evaluationTimeout)
	}
	return found, err
}

func (m *mapping) evaluate(ctx context.Context, response any, scrub func(string) string) ([]dataloader.Row, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	value, err := m.list.evaluate(ctx, "response", response)
	if err != nil {
		return nil, failed("rows", err, scrub)
	}
	list, ok := value.(traits.Lister)
	if !ok {
		return nil, dataloader.Failf(dataloader.ReasonSourceError, "the expression rows yields %s where a list is wanted", kind(value))
	}
	found := make([]dataloader.Row, 0, min(size(list), maxRows))
	for rows := list.Iterator(); rows.HasNext() == types.True; {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if len(found) == maxRows {
			return nil, tooManyRows()
		}
		row, err := m.row(ctx, rows.Next(), len(found), scrub)
		if err != nil {
			return nil, err
		}
		found = append(found, row)
	}
	return found, nil
}

// row reads one row. Without its key nobody knows whom it is about, so that fails everything; without its
// count it fails for its key alone, which Judge says.
func (m *mapping) row(ctx context.Context, value ref.Val, number int, scrub func(string) string) (dataloader.Row, error) {
	key, err := m.key.evaluate(ctx, "row", value)
	if err != nil {
		return dataloader.Row{}, failed("rowKey, on row "+strconv.Itoa(number+1)+",", err, scrub)
	}
	row := dataloader.Row{}
	switch key.(type) {
	case types.Null:
		row.NullKey = true
	case types.String, types.Int, types.Uint, types.Double:
		row.Key = text(key)
	default:
		return dataloader.Row{}, dataloader.Failf(dataloader.ReasonSourceError,
			"the expression rowKey yields %s on row %d where a text or a number is wanted", kind(key), number+1)
	}
	count, err := m.count.evaluate(ctx, "row", value)
	switch {
	case isTooMuch(err) || ctx.Err() != nil:
		return dataloader.Row{}, failed("rowCount, on row "+strconv.Itoa(number+1)+",", err, scrub)
	case err != nil:
		row.Count = scrub(err.Error())
	default:
		row.Count, row.NullCount = text(count), count == types.NullValue
	}
	return row, nil
}

// failed says that an expression could not be evaluated on an answer. One that does too much has to be
// written otherwise; any other comes from an answer that is not what the expression expects.
func failed(expression string, err error, scrub func(string) string) error {
	if isTooMuch(err) {
		return dataloader.Failf(dataloader.ReasonInvalidExpression,
			"the expression %s does too much on this answer: simplify it, or have the server answer in a simpler form", expression)
	}
	return dataloader.Failf(dataloader.ReasonSourceError,
		"the answer is not what the expression %s expects: %s", expression, scrub(err.Error()))
}

func isTooMuch(err error) bool {
	cancelled, ok := errors.AsType[interpreter.EvalCancelledError](err)
	return ok && cancelled.Cause == interpreter.CostLimitExceeded
}

// text writes a value as the source wrote it. What is no number is said in a word, for Judge to refuse.
func text(value ref.Val) string {
	switch value := value.(type) {
	case types.Null:
		return ""
	case types.String:
		return string(value)
	case types.Int:
		return strconv.FormatInt(int64(value), 10)
	case types.Uint:
		return strconv.FormatUint(uint64(value), 10)
	case types.Double:
		return strconv.FormatFloat(float64(value), 'g', -1, 64)
	default:
		return kind(value)
	}
}

// kind names the type of a value.
func kind(value ref.Val) string {
	if value == types.NullValue {
		return "null"
	}
	return "a " + value.Type().TypeName()
}
