// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package settings

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const variable = "SEATPLANE_TEST_SETTING"

// failing is a test that notes why it fails, and ends.
type failing struct {
	testing.TB
	why string
}

func (f *failing) Helper() {}

func (f *failing) Fatalf(format string, args ...any) {
	f.why = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// fails returns why a test fails that reads a setting, or "".
func fails(read func(testing.TB)) string {
	f, ended := &failing{}, make(chan struct{})
	go func() {
		defer close(ended)
		read(f)
	}()
	<-ended
	return f.why
}

func TestNumbers(t *testing.T) {
	const list = "write numbers, separated by commas"
	cases := map[string]struct {
		reason, text string
		want         []int
		fails        string
	}{
		"Unset":    {reason: "the test chooses", want: []int{7}},
		"One":      {reason: "one number is a list too", text: "3", want: []int{3}},
		"Many":     {reason: "blanks do not matter", text: "0, 3,20", want: []int{0, 3, 20}},
		"Word":     {reason: "a typing mistake does not choose the default", text: "many", fails: list},
		"Negative": {reason: "nothing happens less than never", text: "1,-3", fails: list},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Setenv(variable, tc.text)
			var got []int
			why := fails(func(tb testing.TB) { got = Numbers(tb, variable, 7) })
			if tc.fails != "" {
				tc.fails = fmt.Sprintf("%s=%q: %s", variable, tc.text, tc.fails)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" || why != tc.fails {
				t.Errorf("%s: fails %q (-want +got):\n%s", tc.reason, why, diff)
			}
		})
	}
}

func TestNumber(t *testing.T) {
	cases := map[string]struct {
		reason, text string
		want         int
	}{
		"Unset": {reason: "the test chooses", want: 7},
		"Set":   {reason: "a person chooses", text: "100", want: 100},
		"Zero":  {reason: "a test that kills nobody would pass", text: "0"},
		"Two":   {reason: "only one can be meant", text: "1,2"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Setenv(variable, tc.text)
			got := 0
			why := fails(func(tb testing.TB) { got = Number(tb, variable, 7) })
			if got != tc.want || (why == "") != (tc.want > 0) {
				t.Errorf("%s: got %d, and it fails because of %q", tc.reason, got, why)
			}
		})
	}
}
