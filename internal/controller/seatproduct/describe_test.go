// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package seatproduct

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

func TestAnswerRequest(t *testing.T) {
	cases := map[string]struct {
		reason  string
		handled string
		clocks  []string
		asked   string
		want    string
		left    []string
	}{
		"NotAsked":   {reason: "nothing to acknowledge", handled: "one", clocks: []string{""}, want: "one", left: []string{""}},
		"OneOfTwo":   {reason: "a clock has not answered yet", handled: "one", clocks: []string{"two", ""}, asked: "two", want: "one", left: []string{"two", ""}},
		"Both":       {reason: "every clock has answered, and need not remember it", handled: "one", clocks: []string{"two", "two"}, asked: "two", want: "two", left: []string{"", ""}},
		"TakenTwice": {reason: "an answer that is taken again after a lost reply leaves nothing behind", handled: "two", clocks: []string{"two"}, want: "two", left: []string{""}},
		"NoClock":    {reason: "where nobody is counted, the request is answered at once", asked: "one", want: "one"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			after := makeProduct(hourly)
			after.Status.LastHandledRefreshRequest = tc.handled
			for _, answered := range tc.clocks {
				after.Status.Refreshes = append(after.Status.Refreshes, v1alpha1.RefreshStatus{LastHandledRefreshRequest: answered})
			}
			answerRequest(after, tc.asked)
			var left []string
			for _, entry := range after.Status.Refreshes {
				left = append(left, entry.LastHandledRefreshRequest)
			}
			if diff := cmp.Diff(tc.left, left); diff != "" || after.Status.LastHandledRefreshRequest != tc.want {
				t.Errorf("%s: acknowledged %q, want %q; clocks (-want +got):\n%s", tc.reason, after.Status.LastHandledRefreshRequest, tc.want, diff)
			}
		})
	}
}
