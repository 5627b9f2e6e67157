// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package httpjson

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"

	"github.com/google/cel-go/common/overloads"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/interpreter"
)

const (
	// maxPattern bounds a regular expression in bytes.
	maxPattern = 1024
	// maxProgram bounds the size of a compiled regular expression, in instructions.
	maxProgram = 2000
	// perMatchStep is how many instructions of a pattern are tried on a character in one step.
	perMatchStep = 20
	// maxKept bounds the compiled patterns that are kept between calls.
	maxKept = 16
)

var (
	errPatternLong  = fmt.Errorf("the pattern is longer than %d bytes", maxPattern)
	errPatternLarge = fmt.Errorf("the pattern repeats too much: with all repetitions written out it may have %d characters", maxProgram)
)

// pattern is a compiled regular expression.
type pattern struct {
	expression *regexp.Regexp
	// program is its size in instructions. Matching takes at most one step for each instruction and
	// character.
	program uint64
}

// patterns are the compiled patterns of an expression, by their text.
type patterns map[string]pattern

// matches returns a call of the function matches, which is charged by the size of the text times the size of
// the pattern. A pattern that is a literal of the expression is checked immediately.
func (m *meter) matches(step interpreter.InterpretableCall) (interpreter.InterpretableV2, error) {
	arguments := step.Args()
	if len(arguments) != 2 {
		return nil, errors.New("matches takes a text and a pattern")
	}
	if constant, ok := arguments[1].(interpreter.InterpretableConst); ok {
		if text, ok := constant.Value().(types.String); ok {
			if _, err := parsePattern(string(text)); err != nil {
				return nil, err
			}
		}
	}
	return interpreter.NewCall(step.ID(), overloads.Matches, step.OverloadID(), arguments, func(arguments ...ref.Val) ref.Val {
		m.spend(1)
		text, isText := arguments[0].(types.String)
		written, isPattern := arguments[1].(types.String)
		if !isText || !isPattern {
			return types.NewErr("no such overload: matches")
		}
		compiled, err := m.compile(string(written))
		if err != nil {
			return types.WrapErr(err)
		}
		m.spend((length(text) + 1) * compiled.program / perMatchStep)
		return types.Bool(compiled.expression.MatchString(string(text)))
	}), nil
}

// compile returns a compiled pattern. Compiling is charged by the size of the program.
func (m *meter) compile(text string) (pattern, error) {
	if known, ok := m.patterns[text]; ok {
		return known, nil
	}
	m.spend(uint64(min(len(text), maxPattern)))
	program, err := parsePattern(text)
	if err != nil {
		return pattern{}, err
	}
	m.spend(program)
	m.produce(program * elementBytes)
	expression, err := regexp.Compile(text)
	if err != nil {
		return pattern{}, err
	}
	if len(m.patterns) == maxKept {
		clear(m.patterns)
	}
	compiled := pattern{expression, program}
	m.patterns[text] = compiled
	return compiled, nil
}

// parsePattern returns the size of the program that a pattern compiles to, without compiling it. The error
// explains why the pattern cannot be used.
func parsePattern(text string) (uint64, error) {
	if len(text) > maxPattern {
		return 0, errPatternLong
	}
	parsed, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return 0, err
	}
	program := instructions(parsed)
	if program > maxProgram {
		return 0, errPatternLarge
	}
	return program, nil
}

// instructions returns approximately how many instructions a pattern compiles to.
func instructions(parsed *syntax.Regexp) uint64 {
	size := uint64(0)
	for _, part := range parsed.Sub {
		size += instructions(part)
	}
	switch parsed.Op {
	case syntax.OpLiteral:
		return uint64(len(parsed.Rune))
	case syntax.OpCapture, syntax.OpStar:
		return size + 2
	case syntax.OpAlternate:
		return size + uint64(len(parsed.Sub))
	case syntax.OpRepeat:
		return repeated(size, parsed.Min, parsed.Max)
	case syntax.OpConcat:
		return size
	default:
		return size + 1
	}
}

// repeated returns how many instructions a repetition compiles to. It is expanded: x{2,} becomes xx+, and
// x{2,4} becomes xx(x(x)?)?.
func repeated(size uint64, least, most int) uint64 {
	if most < least {
		return size*uint64(least+1) + 1
	}
	return size*uint64(most) + uint64(most-least)
}
