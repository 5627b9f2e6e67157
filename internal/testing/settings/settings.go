// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package settings reads the environment variables by which make, or a person, chooses how long a test runs.
package settings

import (
	"os"
	"strconv"
	"strings"
	"testing"
)

// Number returns the number in an environment variable, or otherwise if the variable is not set. A number below 1 fails
// the test, because a test that is asked for nothing would pass.
func Number(t testing.TB, variable string, otherwise int) int {
	t.Helper()
	all := Numbers(t, variable, otherwise)
	if len(all) != 1 || all[0] < 1 {
		t.Fatalf("%s=%q: write one number that is at least 1", variable, os.Getenv(variable))
	}
	return all[0]
}

// Numbers returns the numbers in an environment variable, which are separated by commas, or otherwise if the variable is
// not set.
func Numbers(t testing.TB, variable string, otherwise ...int) []int {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return otherwise
	}
	var all []int
	for part := range strings.SplitSeq(text, ",") {
		number, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil || number < 0 {
			t.Fatalf("%s=%q: write numbers, separated by commas", variable, text)
		}
		all = append(all, number)
	}
	return all
}
