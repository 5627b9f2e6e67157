// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/rest"
)

// simulated runs the plugin without a cluster.
func simulated(t *testing.T, stdin string, args ...string) (code Code, out, errOut string) {
	t.Helper()
	stdout, stderr := &bytes.Buffer{}, &bytes.Buffer{}
	o := NewOptions(genericiooptions.IOStreams{In: strings.NewReader(stdin), Out: stdout, ErrOut: stderr}, "test")
	o.Now = func() time.Time { return noon }
	o.Config = func() (*rest.Config, error) {
		return &rest.Config{Host: "http://127.0.0.1:1", Timeout: time.Second}, nil
	}
	*o.Flags.Namespace = "default"
	code = Run(t.Context(), o, append([]string{"simulate"}, args...))
	return code, stdout.String(), stderr.String()
}

// Whatever goes wrong is one sentence with its exit code, and nothing is printed besides.
func TestSimulateExitCodes(t *testing.T) {
	base := folder(t, "seat.yaml", seatAt10, "acme.yaml", acmeOf10)
	snap := taken(t, base)
	growth := filepath.Join(folder(t, "growth.yaml", "steps: [{at: 2026-05-16T12:00:00Z, counts: {acme: {editors: 20}}}]"), "growth.yaml")
	wrong := filepath.Join(folder(t, "wrong.yaml", "steps: [{at: 2026-05-16, counts: {nobody: {editors: 20}}}]"), "wrong.yaml")
	cases := map[string]struct {
		reason string
		args   []string
		stdin  string
		code   Code
		out    string
		err    string
	}{
		"a directory": {
			reason: "what was billed before is not billed again", args: []string{"-f", base, "--until", "2026-06-30"}, code: Done,
			out: "2026-04-16 to 2026-06-30: 2 invoices, 200.00 EUR due",
		},
		"a snapshot": {
			reason: "the same", args: []string{"--against", snap, "--until", "2026-06-30"}, code: Done, out: "2 invoices, 200.00 EUR due",
		},
		"manifests on a snapshot": {
			reason: "they are applied first: 4 seats more for 15 of 30 days, and in two renewals",
			args:   []string{"-f", "-", "--against", snap, "--until", "2026-06-30"}, stdin: strings.Replace(acmeOf10, "quantity: 10", "quantity: 14", 1),
			code: Done, out: "2 invoices, 300.00 EUR due",
		},
		"a script": {
			reason: "10 seats more from the middle of May on", args: []string{"--against", snap, "--until", "2026-06-30", "--script", growth}, code: Done,
			out: "editors 10 → 20",
		},
		"one subscription": {
			reason: "it is there", args: []string{"acme", "--against", snap, "--until", "2026-06-30", "-o", "csv"}, code: Done,
			out: "2026-05-01T00:00:00Z,default,acme,Invoice,renewal invoice,10,EUR,,,",
		},
		"svg":  {reason: "a picture", args: []string{"-f", base, "--until", "2026-06-30", "-o", "svg"}, code: Done, out: "<svg "},
		"html": {reason: "a page", args: []string{"-f", base, "--until", "2026-06-30", "-o", "html"}, code: Done, out: "<!DOCTYPE html>"},
		"yaml": {reason: "for programs", args: []string{"-f", base, "--until", "2026-06-30", "-o", "yaml"}, code: Done, out: "kind: Simulation"},
		"nobody": {
			reason: "a name that is not there", args: []string{"acne", "--against", snap, "--until", "2026-06-30"}, code: Failed,
			err: `there is no Subscription "acne" to simulate: check its name, and the namespace with -n`,
		},
		"nothing": {
			reason: "no subscriptions named", args: []string{"--until", "2026-06-30"}, code: Failed,
			err: "there is nothing to simulate: choose manifests with -f, or a snapshot or the cluster with --against",
		},
		"no end":  {reason: "when to stop", args: []string{"-f", base}, code: Failed, err: "there is no end: set the last day with --until"},
		"bad end": {reason: "no date", args: []string{"-f", base, "--until", "soon"}, code: Failed, err: `--until: "soon" is not a date: use a value such as`},
		"an end before the beginning": {
			reason: "nothing lies between", args: []string{"-f", base, "--until", "2026-01-01"}, code: Failed,
			err: "--until 2026-01-01 is not after 2026-04-16T00:00:00Z, when the simulation begins: choose a later date",
		},
		"no script": {
			reason: "a file that is missing", args: []string{"-f", base, "--until", "2026-06-30", "--script", "nothing.yaml"}, code: Failed,
			err: "the script nothing.yaml cannot be read: check --script",
		},
		"a wrong script": {
			reason: "it names nobody", args: []string{"-f", base, "--until", "2026-06-30", "--script", wrong}, code: Refused,
			err: `step 1: there is no Subscription "nobody" in the namespace "default", and no step creates it`,
		},
		"an invalid manifest": {
			reason: "as the API server says it", args: []string{"-f", "-", "--until", "2026-06-30"},
			stdin: strings.Replace(acmeOf10, "quantity: 10", "quantity: -1", 1), code: Refused, err: "greater than or equal to 0",
		},
		"a file that does not parse": {
			reason: "and says where", args: []string{"-f", "-", "--until", "2026-06-30"}, stdin: "kind: [", code: Refused, err: "standard input does not parse",
		},
		"a file that is missing": {
			reason: "nobody knows whether it is valid", args: []string{"-f", "nothing.yaml", "--until", "2026-06-30"}, code: Failed,
			err: "nothing.yaml cannot be read: no such file or directory",
		},
		"an unknown format": {
			reason: "before any work", args: []string{"-f", base, "--until", "2026-06-30", "-o", "png"}, code: Failed, err: `there is no format "png": choose one of`,
		},
		"no cluster": {
			reason: "it does not answer", args: []string{"--against", "cluster", "--until", "2026-06-30"}, code: Failed, err: "the cluster does not answer",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			code, out, errOut := simulated(t, c.stdin, c.args...)
			if code != c.code || !strings.Contains(out, c.out) || !strings.Contains(errOut, c.err) {
				t.Errorf("%s: exit code %d, want %d; out %q, want %q; error %q, want %q", c.reason, code, c.code, out, c.out, errOut, c.err)
			}
			if code != Done && (out != "" || strings.Count(errOut, "\n") != 1) {
				t.Errorf("%s: prints %q, and says %q", c.reason, out, errOut)
			}
		})
	}
}

// The history of a subscription can be a picture, alone or on a page with its table.
func TestHistoryAsPicture(t *testing.T) {
	cases := map[string]struct {
		reason, format string
		want           []string
	}{
		"svg":  {reason: "for a pull request", format: "svg", want: []string{"<svg ", "Amount due in EUR: 2 invoices, 250.00 in total", "</svg>\n"}},
		"html": {reason: "for a browser", format: "html", want: []string{"<!DOCTYPE html>", "<svg ", "<td>acme-000002</td>"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := newStub(t, objects())
			code, out, said := s.run("history", "acme", "-o", c.format)
			if code != Done {
				t.Fatalf("%s: exit code %d: %s", c.reason, code, said)
			}
			for _, want := range c.want {
				if !strings.Contains(out, want) {
					t.Errorf("%s: it does not have %q:\n%s", c.reason, want, out)
				}
			}
		})
	}
}
