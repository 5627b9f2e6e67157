// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package httpjson

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
	"github.com/google/cel-go/interpreter"

	"github.com/seatplane/seatplane/internal/dataloader"
)

// maxProblem bounds how much of a count that could not be evaluated is kept, in bytes. No number is that
// long.
const maxProblem = 128

// evaluation evaluates the expressions of a mapping on one answer.
type evaluation struct {
	*mapping
	// scrub removes secrets from the text of an evaluation.
	scrub func(string) string
}

// next returns the URL of the next page that the expression next yields, or "". The error is a
// *dataloader.Failure.
func (e evaluation) next(ctx context.Context, response any, header http.Header) (string, error) {
	if e.mapping.next == nil {
		if namesNextPage(header) {
			return "", dataloader.Failf(dataloader.ReasonSourceError,
				"the answer is one page of several, as its Link header says, and the other pages would be missing: set next to links.?next")
		}
		return "", nil
	}
	value, err := e.mapping.next.evaluate(ctx, map[string]any{
		"response": response, "headers": headers(header), "links": links(header),
	})
	if err != nil {
		return "", e.failed("next", err)
	}
	reference, isText := unwrap(value).(types.String)
	switch {
	case !isText && unwrap(value) != types.NullValue:
		return "", dataloader.Failf(dataloader.ReasonSourceError,
			"the expression next yields %s: it must yield the URL of the next page, or null", kind(value))
	case reference == "" && namesNextPage(header):
		return "", dataloader.Failf(dataloader.ReasonSourceError,
			"the answer's Link header names a next page, but the expression next yields none: set next to links.?next")
	}
	return string(reference), nil
}

// unwrap returns the value of an optional value, or null if it has none.
func unwrap(value ref.Val) ref.Val {
	optional, ok := value.(*types.Optional)
	switch {
	case !ok:
		return value
	case !optional.HasValue():
		return types.NullValue
	}
	return optional.GetValue()
}

// rows passes the rows of an answer to add. The error is a *dataloader.Failure.
func (e evaluation) rows(ctx context.Context, response any, add func(dataloader.Row) error) error {
	value, err := e.list.evaluate(ctx, map[string]any{"response": response})
	if err != nil {
		return e.failed("rows", err)
	}
	list, ok := value.(traits.Lister)
	if !ok {
		return dataloader.Failf(dataloader.ReasonSourceError, "the expression rows yields %s: it must yield a list", kind(value))
	}
	number := 0
	for rows := list.Iterator(); rows.HasNext() == types.True; {
		if ctx.Err() != nil {
			return e.failed("rows", ctx.Err())
		}
		number++
		row, err := e.row(ctx, rows.Next(), number)
		if err != nil {
			return err
		}
		if err := add(row); err != nil {
			return err
		}
	}
	return nil
}

// row reads one row. A row whose key cannot be read fails the whole answer, because it is not known whom
// the row is about. A row whose count cannot be read fails only for its key, which Judge decides.
func (e evaluation) row(ctx context.Context, value ref.Val, number int) (dataloader.Row, error) {
	variables := map[string]any{"row": value}
	key, err := e.key.evaluate(ctx, variables)
	if err != nil {
		return dataloader.Row{}, e.failed("rowKey on row "+strconv.Itoa(number), err)
	}
	row := dataloader.Row{NullKey: key == types.NullValue}
	if row.Key, err = keyText(key, number); err != nil {
		return dataloader.Row{}, err
	}
	count, err := e.count.evaluate(ctx, variables)
	switch {
	case isTooMuch(err) || err != nil && ctx.Err() != nil:
		return dataloader.Row{}, e.failed("rowCount on row "+strconv.Itoa(number), err)
	case err != nil:
		// The text of an evaluation error can contain values of the answer.
		row.Count = dataloader.FailedCount
	default:
		row.Count, row.NullCount = e.shorten(countText(count)), count == types.NullValue
	}
	return row, nil
}

// failed explains that an expression could not be evaluated on an answer. An expression that does too much
// work has to be changed. Any other failure means that the answer does not fit the expression.
func (e evaluation) failed(expression string, err error) error {
	switch {
	case isTooMuch(err):
		return dataloader.Failf(dataloader.ReasonInvalidExpression,
			"the expression %s does too much on this answer: simplify it, or have the server send an answer that is simpler to read", expression)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), isInterrupted(err):
		return dataloader.Failf(dataloader.ReasonSourceError, "the load was ended while the expression %s was being evaluated", expression)
	}
	failure := dataloader.Failf(dataloader.ReasonSourceError,
		"the answer is not what the expression %s expects: %s", expression, e.problem(err))
	failure.Detail = e.scrub(err.Error())
	return failure
}

// problem returns what went wrong in an evaluation in a form that a status may contain: names from the
// expressions themselves, and nothing from the answer.
func (e evaluation) problem(err error) string {
	said := err.Error()
	name, missing := strings.CutPrefix(said, "no such key: ")
	switch {
	case missing && name != "" && strings.Contains(e.written, name):
		return e.scrub(said)
	case strings.Contains(said, errPatternLong.Error()):
		return errPatternLong.Error()
	case strings.Contains(said, errPatternLarge.Error()):
		return errPatternLarge.Error()
	case strings.HasPrefix(said, "no such overload"):
		return "a value does not have the required type"
	}
	return "evaluating it failed; the operator's log has details"
}

func isTooMuch(err error) bool {
	cancelled, ok := errors.AsType[interpreter.EvalCancelledError](err)
	return ok && cancelled.Cause == interpreter.CostLimitExceeded
}

func isInterrupted(err error) bool {
	cancelled, ok := errors.AsType[interpreter.EvalCancelledError](err)
	return ok && cancelled.Cause == interpreter.ContextCancelled
}

// keyText returns a key as the source wrote it, or "" for null.
func keyText(key ref.Val, number int) (string, error) {
	switch key := key.(type) {
	case types.Double:
		return dataloader.FloatKey(float64(key))
	case types.Null, types.String, types.Int, types.Uint:
		return countText(key), nil
	default:
		return "", dataloader.Failf(dataloader.ReasonSourceError,
			"the expression rowKey yields %s on row %d: it must yield a text or a whole number", kind(key), number)
	}
}

// countText returns a count as the source wrote it. A value that is not a number is described in a word,
// which Judge refuses.
func countText(value ref.Val) string {
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

// shorten truncates a count that is too long to be a number. Secrets are removed first, because a part of a
// secret would not be found.
func (e evaluation) shorten(count string) string {
	if len(count) <= maxProblem {
		return count
	}
	scrubbed := e.scrub(count)
	return strings.ToValidUTF8(scrubbed[:min(len(scrubbed), maxProblem)], "") + "…"
}

// kind names the type of a value.
func kind(value ref.Val) string {
	if value == types.NullValue {
		return "null"
	}
	return "a " + value.Type().TypeName()
}
