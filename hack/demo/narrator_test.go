// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

func TestCommandsCanBeTypedAgain(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"get", "subscriptions"}, "$ kubectl get subscriptions"},
		{[]string{"patch", "x", "-p", `{"it's":1}`}, `$ kubectl patch x -p '{"it'\''s":1}'`},
		{
			[]string{"get", strings.Repeat("n", 70), "-o", "jsonpath={.status.state}"},
			"$ kubectl get " + strings.Repeat("n", 70) + " \\\n      -o 'jsonpath={.status.state}'",
		},
	} {
		if got := typed(c.args); got != c.want {
			t.Errorf("got\n%s\nwant\n%s", got, c.want)
		}
	}
}

func TestLinesStayWithinTheirWidth(t *testing.T) {
	text := "31.25 → " + strings.Repeat("a word and another ", 20)
	for _, line := range wrap(text, 40) {
		if n := len([]rune(line)); n > 40 {
			t.Errorf("%d columns: %q", n, line)
		}
	}
	if got := strings.Join(wrap(text, 40), " "); got != strings.TrimSpace(text) {
		t.Errorf("words were lost: %q", got)
	}
}

func TestALineIsExplainedFromItsOwnNumbers(t *testing.T) {
	line := v1alpha1.Line{
		Description: "2 seats added, 20 of 30 days", Quantity: ptr.To(int64(2)), UnitAmount: "10.00", FullAmount: "20.00",
		From: at("2026-04-11T12:00:00Z"), To: at("2026-05-01T00:00:00Z"), Units: "20", UnitsInPeriod: "30", Unit: v1alpha1.UnitDay,
		Rounding: "Up", UnroundedAmount: "13.333333333333", Carried: "0", Amount: "13.33",
	}
	got := inWords(line)
	for _, part := range []string{
		"2 × 10.00 = 20.00", "From 11 April 12:00 to 1 May", "20 of 30 days", "rounds days up",
		"20.00 × 20 ÷ 30 = 13.333333333333", "Rounded to the cent: 13.33",
	} {
		if !strings.Contains(got, part) {
			t.Errorf("%q is not said in: %s", part, got)
		}
	}
}

func at(instant string) *metav1.Time {
	t, err := time.Parse(time.RFC3339, instant)
	if err != nil {
		panic(err)
	}
	return &metav1.Time{Time: t}
}
