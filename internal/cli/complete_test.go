// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"strings"
	"testing"
)

// Commands, flags and names are completed, by the protocol that kubectl_complete-seatplane speaks.
func TestComplete(t *testing.T) {
	cases := map[string]struct {
		reason string
		args   []string
		want   string
		not    string
	}{
		"commands": {reason: "a command that begins like this", args: []string{"__complete", "inv"}, want: "invoices\t", not: "history"},
		"formats":  {reason: "the values of a flag", args: []string{"__complete", "invoices", "acme", "-o", ""}, want: "json\n"},
		"names":    {reason: "objects of the cluster", args: []string{"__complete", "explain", "invoice", "acme-"}, want: "acme-000002\n", not: "globex"},
		"no names": {reason: "the item is not completed", args: []string{"__complete", "seats", "add", "acme", ""}, want: ":4\n", not: "acme-"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			// The flag --namespace comes last, where cobra would complete it: it is in the arguments that are complete.
			args := append([]string{tc.args[0], "--namespace=shop"}, tc.args[1:]...)
			code, out, said := newStub(t, objects()).complete(args...)
			if code != Done || !strings.Contains(out, tc.want) {
				t.Errorf("%s: exit code %d, %q is not in %q; it said %q", tc.reason, code, tc.want, out, said)
			}
			if tc.not != "" && strings.Contains(out, tc.not) {
				t.Errorf("%s: %q is in %q", tc.reason, tc.not, out)
			}
		})
	}
}

// Each shell gets a script that calls the plugin.
func TestCompletionScripts(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		code, out, said := newStub(t, nil).complete("completion", shell)
		if code != Done || !strings.Contains(out, "kubectl-seatplane") || !strings.Contains(out, "__complete") {
			t.Errorf("%s: exit code %d, said %q, and the script is %q", shell, code, said, out[:min(len(out), 200)])
		}
	}
}
