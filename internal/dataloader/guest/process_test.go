// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package guest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/seatplane/seatplane/internal/dataloader"
)

func TestAnswer(t *testing.T) {
	rows := []dataloader.Row{
		{Key: "acme", Count: "7"},
		{Key: "stranger", Count: "1"},
		{NullKey: true, Count: "3"},
		{Key: "bolt", NullCount: true},
		{Key: "twice", Count: "1"},
		{Key: "twice", Count: "2"},
		{Key: "twice", Count: "3"},
		{Key: "long", Count: strings.Repeat("9", 1000)},
	}
	got, err := newProcess(0).Run(t.Context(), job("rows", rows, "acme", "bolt", "long", "missing", "twice"))
	want := dataloader.Answer{
		Rows: []dataloader.Row{
			{Key: "acme", Count: "7"},
			{Key: "bolt", NullCount: true},
			{Key: "twice", Count: "1"},
			{Key: "twice", Count: "2"},
			{Key: "long", Count: strings.Repeat("9", maxCount)},
		},
		Others:  3,
		Queries: 5,
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestAnswerOfManyFrames(t *testing.T) {
	keys := make([]string, 100_000)
	for n := range keys {
		keys[n] = fmt.Sprintf("customer-%06d", n)
	}
	got, err := newProcess(0).Run(t.Context(), job("many", len(keys), keys...))
	if err != nil || len(got.Rows) != len(keys) || got.Rows[99_999].Count != "99999" {
		t.Errorf("%d rows, %v", len(got.Rows), err)
	}
}

// Whatever becomes of a loader process is a failure of its load, in one sentence.
func TestTrouble(t *testing.T) {
	cases := map[string]struct {
		reason  string
		kind    string
		source  any
		memory  int64
		timeout time.Duration
		says    string
		detail  string
		death   string
	}{
		"failure":       {reason: "a failure keeps its reason and loses the secrets", kind: "failure", says: "SourceUnreachable: the password is [redacted]", detail: "[redacted] was refused: dial tcp [address]: connect to [address] refused"},
		"other error":   {reason: "an error that no source looked at is not repeated", kind: "error", says: "SourceError: the source failed without saying why", detail: "[redacted] in an error"},
		"forged reason": {reason: "a source cannot say that it succeeded without an answer", kind: "forged reason", says: "SourceError: all is well"},
		"unknown kind":  {reason: "a kind without a handler", kind: "nothing", says: "SourceError: the source failed without saying why"},
		"memory":        {reason: "the kernel's limit ends it", kind: "memory", memory: 128 << 20, says: "SourceError: the data source's answer could not be processed: it needed more than 128 MiB", death: "memory"},
		"one huge list": {reason: "a length that a server said", kind: "huge", source: 1 << 40, says: "it needed more than 256 MiB", death: "memory"},
		"panic":         {reason: "a driver that gets out of step", kind: "panic", says: "the loader process ended unexpectedly", detail: "[redacted] lost", death: "crash"},
		"deadlock":      {reason: "a lock that is never released", kind: "deadlock", timeout: time.Second, says: "took longer than 1 seconds", death: "time"},
		"spin":          {reason: "a computation that never looks at its context", kind: "spin", timeout: time.Second, says: "took longer than 1 seconds", death: "time"},
		"patient":       {reason: "a handler that keeps to its context", kind: "patient", timeout: time.Second, says: "took longer than 1 seconds"},
		"babble":        {reason: "what is not a frame", kind: "babble", says: "the loader process ended unexpectedly", death: "crash"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if underRace && tc.death == "memory" {
				t.Skip("the race detector needs more memory than the limit")
			}
			p := newProcess(tc.memory)
			j := job(tc.kind, tc.source)
			if tc.timeout > 0 {
				j.Timeout = tc.timeout
			}
			answer, err := p.Run(t.Context(), j)
			failure, ok := errors.AsType[*dataloader.Failure](err)
			if !ok || len(answer.Rows) > 0 {
				t.Fatalf("%s: got %v, %v", tc.reason, answer, err)
			}
			if !strings.Contains(failure.Error(), tc.says) || !strings.Contains(failure.Detail, tc.detail) {
				t.Errorf("%s: got %q with detail %q", tc.reason, failure.Error(), failure.Detail)
			}
			if strings.Contains(failure.Error()+failure.Detail, "hunter2") {
				t.Errorf("a secret is shown: %q, %q", failure.Error(), failure.Detail)
			}
			if tc.death != "" && testutil.ToFloat64(p.deaths.WithLabelValues(tc.death)) != 1 {
				t.Errorf("%s: the death is not counted", tc.reason)
			}
		})
	}
}

func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		_, err := newProcess(0).Run(ctx, job("deadlock", nil))
		ended <- err
	}()
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// A loader process does not outlive the manager, however that ended.
func TestEndsWithTheManager(t *testing.T) {
	from, manager, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	child, err := os.StartProcess(thisProgram(), []string{thisProgram(), Argument}, &os.ProcAttr{Files: []*os.File{from, nil, nil}})
	if err != nil {
		t.Fatal(err)
	}
	if err := writeJSON(manager, frameOrder, order{Kind: "deadlock", Timeout: time.Hour, Memory: unlimited}); err != nil {
		t.Fatal(err)
	}
	_ = manager.Close()
	state, err := child.Wait()
	if err != nil || state.Success() {
		t.Errorf("got %v, %v", state, err)
	}
}
