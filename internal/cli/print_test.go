// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// An approver reads what an update costs. Whoever created the update must not be able to change what the terminal shows.
func TestApproversSeeWhatIsThere(t *testing.T) {
	held := anUpdate("held", v1alpha1.UpdateHeld, "AwaitingApproval", "The increase of 50 % exceeds the guard.")
	held.Spec.Reason = "two\x1b[2J\x1b[H\r\u009b31m\u202eseats\nTotal: 0.00 EUR. It adds up."
	s := newStub(t, map[string][]any{"subscriptionupdates": {held}})
	code, out, said := s.run("explain", "update", "held")
	if code != Done {
		t.Fatalf("exit code %d: %s", code, said)
	}
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, "Total:") {
			t.Errorf("what a user wrote looks like a line of Seatplane's: %q", line)
		}
		if strings.ContainsFunc(strings.TrimSuffix(line, "\n"), isControl) {
			t.Errorf("the terminal obeys %q", line)
		}
	}
}

func isControl(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Cf) }

// Whatever a command says to people, lines are all that a terminal does with it.
func TestTextForPeopleIsPlain(t *testing.T) {
	printed := &bytes.Buffer{}
	o := NewOptions(genericiooptions.IOStreams{In: strings.NewReader(""), Out: printed, ErrOut: &bytes.Buffer{}}, "")
	out := &Output{format: FormatTable, formats: []string{FormatTable}}
	if err := out.Print(o, nil, func() string { return "a\x1b[2J\nb\u202e\n" }); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("a [2J\nb \n", printed.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
