// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// What went wrong is one sentence that says what to do, and has the exit code of the table.
func TestErrors(t *testing.T) {
	subscriptions := v1alpha1.Resource("subscriptions")
	unserved := apierrors.NewGenericServerResponse(404, "get", subscriptions, "acme", "", 0, true)
	cases := map[string]struct {
		reason string
		err    error
		code   Code
		want   string
	}{
		"a sentence": {
			reason: "a command's own sentence is left as it is", err: Fail(Refused, "no"), code: Refused, want: "no",
		},
		"not found": {
			reason: "the reader learns how to find the right name",
			err:    apierrors.NewNotFound(subscriptions, "acme"), code: Failed,
			want: `there is no Subscription "acme" in the namespace: list those that exist with "kubectl get subscriptions", or choose another namespace with -n`,
		},
		"no kinds": {
			reason: "a cluster without Seatplane is not a missing object", err: unserved, code: Failed,
			want: "the cluster does not have Seatplane's kinds: install Seatplane, or choose another cluster with --context",
		},
		"forbidden": {
			reason: "rights that are missing are named, with the roles that have them",
			err:    apierrors.NewForbidden(subscriptions, "acme", errors.New("no")), code: Failed,
			want: `you may not do this (subscriptions.billing.seatplane.dev "acme" is forbidden: no): ask your administrator for one of the roles seatplane-viewer, seatplane-operator-user and seatplane-approver`,
		},
		"unauthorized": {
			reason: "credentials that expired", err: apierrors.NewUnauthorized("Unauthorized"), code: Failed,
			want: "the cluster does not accept your credentials: log in again, or choose other credentials with --user",
		},
		"invalid": {
			reason: "the API server says what is wrong with an object",
			err:    &apierrors.StatusError{ErrStatus: metav1.Status{Reason: metav1.StatusReasonInvalid, Code: 422, Message: "spec.seats: wrong"}},
			code:   Refused, want: "spec.seats: wrong",
		},
		"no answer": {
			reason: "a cluster that cannot be reached",
			err:    &url.Error{Op: "Get", URL: "https://10.0.0.1/apis", Err: os.ErrDeadlineExceeded}, code: Failed,
			want: `the cluster does not answer (i/o timeout): check it with "kubectl cluster-info", or choose another with --context`,
		},
		"too late": {
			reason: "a deadline", err: fmt.Errorf("wait: %w", context.DeadlineExceeded), code: Failed,
			want: `the cluster does not answer (context deadline exceeded): check it with "kubectl cluster-info", or choose another with --context`,
		},
		"a full disk": {
			reason: "the cluster is not to blame",
			err:    &os.PathError{Op: "write", Path: "/dev/stdout", Err: syscall.ENOSPC}, code: Failed, want: "write /dev/stdout: no space left on device",
		},
		"interrupted": {
			reason: "also if a command has given the error a code", err: Fail(Failed, "read: %w", context.Canceled), code: Failed,
			want: "interrupted: what the command created stays; see it with \"kubectl get seatplane\"",
		},
		"escape sequences": {
			reason: "a message cannot control the terminal", err: errors.New("a\x1b[2Jb"), code: Failed, want: "a [2Jb",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, explained(tc.err)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
			if got := codeOf(tc.err); got != tc.code {
				t.Errorf("%s: exit code %d, want %d", tc.reason, got, tc.code)
			}
		})
	}
}

// Mistakes in the command line say how to write it, and nothing is on the output.
func TestCommandLines(t *testing.T) {
	cases := map[string]struct {
		reason    string
		args      []string
		code      Code
		out, said string
	}{
		"version":         {reason: "the version that was built in", args: []string{"version"}, out: "kubectl-seatplane v1.2.3\n"},
		"--version":       {reason: "the same by the flag", args: []string{"--version"}, out: "kubectl-seatplane v1.2.3\n"},
		"unknown command": {reason: "a slip of the pen", args: []string{"verson"}, code: Failed, said: "error: there is no command \"verson\": did you mean \"version\"?\n"},
		"nothing like it": {reason: "nothing to suggest", args: []string{"xyzzy"}, code: Failed, said: "error: there is no command \"xyzzy\": run \"kubectl seatplane --help\" for a list\n"},
		"unknown flag":    {reason: "a flag that does not exist", args: []string{"version", "--colour"}, code: Failed, said: "error: unknown flag: --colour: run \"kubectl seatplane version --help\" for the flags\n"},
		"too much":        {reason: "an argument too many", args: []string{"version", "x"}, code: Failed, said: "error: \"kubectl seatplane version\" takes no arguments, but got 1: run it with --help for an example\n"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			out, said := &bytes.Buffer{}, &bytes.Buffer{}
			o := NewOptions(genericiooptions.IOStreams{In: bytes.NewReader(nil), Out: out, ErrOut: said}, "v1.2.3")
			if got := Run(t.Context(), o, tc.args); got != tc.code {
				t.Errorf("%s: exit code %d, want %d", tc.reason, got, tc.code)
			}
			if diff := cmp.Diff([]string{tc.out, tc.said}, []string{out.String(), said.String()}); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

// Nobody watches a pipe: progress writes nothing there.
func TestProgressIsSilentInPipes(t *testing.T) {
	said := &bytes.Buffer{}
	o := NewOptions(genericiooptions.IOStreams{In: bytes.NewReader(nil), Out: io.Discard, ErrOut: said}, "")
	o.Now = func() time.Time { return time.Unix(1_000_000, 0) }
	p := o.NewProgress("examining subscriptions")
	p.At(1, 2)
	p.End()
	if said.Len() != 0 {
		t.Errorf("it wrote %q", said)
	}
}
