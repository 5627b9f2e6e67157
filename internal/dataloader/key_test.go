// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package dataloader

import (
	"errors"
	"math"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

func TestFloatKey(t *testing.T) {
	cases := map[string]struct {
		reason string
		value  float64
		want   string
		fails  bool
	}{
		"Million":    {reason: "a number from which on Go writes an exponent", value: 1234567.0, want: "1234567"},
		"Zero":       {reason: "zero", value: 0, want: "0"},
		"MinusZero":  {reason: "zero has one name", value: math.Copysign(0, -1), want: "0"},
		"Negative":   {reason: "a whole number", value: -5, want: "-5"},
		"Largest":    {reason: "the last that is exact", value: 1 << 53, want: "9007199254740992"},
		"TooLarge":   {reason: "two whole numbers are written like this one", value: 1<<53 + 2, fails: true},
		"Fraction":   {reason: "not whole", value: 1.5, fails: true},
		"NaN":        {reason: "not a number", value: math.NaN(), fails: true},
		"Infinity":   {reason: "not a number", value: math.Inf(1), fails: true},
		"NoInfinity": {reason: "not a number", value: math.Inf(-1), fails: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := FloatKey(tc.value)
			if _, failed := errors.AsType[*Failure](err); failed != tc.fails || got != tc.want {
				t.Errorf("%s: got %q, %v", tc.reason, got, err)
			}
		})
	}
}

func TestFloatKeyIsTheInteger(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := rapid.Int64Range(-maxExactFloat, maxExactFloat).Draw(t, "whole")
		if got, err := FloatKey(float64(whole)); err != nil || got != strconv.FormatInt(whole, 10) {
			t.Fatalf("got %q, %v", got, err)
		}
	})
}
