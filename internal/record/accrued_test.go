// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package record_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/record"
)

// committed is what a commit of this version stored, and what follows from it. The files in testdata/abridged are
// never written again: a later version has to read of them what they say, word by word, because a subscription may be
// half-way through its period, or owe a mark, when the operator is upgraded.
type committed struct {
	Subscription *v1alpha1.Subscription `json:"subscription"`
	// Lines are those that the next invoice has, from what accrued.
	Lines json.RawMessage `json:"lines"`
	// Marks are the statuses that the outbox writes, by the names of the updates.
	Marks map[string]json.RawMessage `json:"marks"`
}

func TestAbridgedStaysWhatItIs(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "abridged", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no stored objects: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var c committed
			if err := json.Unmarshal(raw, &c); err != nil {
				t.Fatal(err)
			}
			lines, err := record.AccruedLines(&c.Subscription.Status)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tree(t, c.Lines), tree(t, lines)); diff != "" {
				t.Errorf("the lines of the next invoice (-stored +read):\n%s", diff)
			}
			for i := range c.Subscription.Status.Outbox {
				effect := &c.Subscription.Status.Outbox[i]
				if effect.Type != v1alpha1.EffectMarkUpdate {
					continue
				}
				mark, err := record.Mark(c.Subscription, effect)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tree(t, c.Marks[string(effect.Name)]), tree(t, mark)); diff != "" {
					t.Errorf("the status of the update %s (-stored +read):\n%s", effect.Name, diff)
				}
			}
		})
	}
}

// What earlier versions stored is whole. It is billed as it was stored, and the next commit keeps less of it.
func TestWholeLinesAreAbridged(t *testing.T) {
	for _, story := range []string{"arrears", "pay-in-full", "stub", "open-updates"} {
		t.Run(story, func(t *testing.T) {
			s := readStored(t, story)
			status := &s.Subscription.Status
			before, err := record.AccruedLines(status)
			if err != nil {
				t.Fatal(err)
			}
			if status.UpcomingInvoice != nil && cmp.Diff(status.UpcomingInvoice.Lines, before) != "" {
				t.Errorf("whole lines are read as others (-stored +read):\n%s", cmp.Diff(status.UpcomingInvoice.Lines, before))
			}
			s.goesOn(t, inApril(16, 1))
			after, err := record.AccruedLines(status)
			if err != nil {
				t.Fatal(err)
			}
			for i, line := range before {
				if diff := cmp.Diff(line, after[i]); diff != "" {
					t.Errorf("line %s after the next commit (-before +after):\n%s", line.Key, diff)
				}
			}
		})
	}
}

// An outbox entry that refers to a line which the status does not have is not guessed at.
func TestMarkWithoutItsLine(t *testing.T) {
	effect := &v1alpha1.Effect{Type: v1alpha1.EffectMarkUpdate, Name: "u"}
	effect.Payload = rawOf(t, map[string]any{"state": "Applied", "decidedTime": "2026-04-16T00:00:00Z", "lineKeys": []string{"9-0"}})
	_, err := record.Mark(&v1alpha1.Subscription{}, effect)
	if err == nil || !strings.Contains(err.Error(), `no line "9-0"`) {
		t.Errorf("got %v, want an error that names the line", err)
	}
}

// An accrued line of an item that the status does not have is not guessed at either, and a whole one needs no item.
func TestAccruedLineWithoutItsItem(t *testing.T) {
	s := readStored(t, "arrears")
	status := &s.Subscription.Status
	whole := v1alpha1.Line{Key: "9-0", Item: "gone", Kind: v1alpha1.LineDebit, Amount: "1.00", UnroundedAmount: "1.00"}
	status.UpcomingInvoice.Lines = []v1alpha1.Line{whole}
	if _, err := record.AccruedLines(status); err != nil {
		t.Errorf("a whole line: %v", err)
	}
	whole.UnroundedAmount = ""
	status.UpcomingInvoice.Lines = []v1alpha1.Line{whole}
	if _, err := record.AccruedLines(status); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("no item %q", "gone")) {
		t.Errorf("got %v, want an error that names the item", err)
	}
}

func rawOf(t *testing.T, value any) *runtime.RawExtension {
	t.Helper()
	raw, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return &runtime.RawExtension{Raw: raw}
}

// What is left out of an outbox entry comes back as it was, byte by byte, and what cannot come back stays.
func TestOutboxIsAbridged(t *testing.T) {
	tests := map[string]struct {
		reason  string
		change  func(*v1alpha1.Subscription)
		shorter bool
	}{
		"as committed": {"its line is on the invoice in the same outbox", func(*v1alpha1.Subscription) {}, true},
		"without the invoice": {"its line is nowhere else", func(s *v1alpha1.Subscription) {
			s.Status.Outbox = s.Status.Outbox[:1]
		}, false},
		"of another UID": {"the subscription's own would come back", func(s *v1alpha1.Subscription) { s.UID = "other" }, false},
		"on another plan": {"the item's own would come back, so it is kept", func(s *v1alpha1.Subscription) {
			s.Status.Items[0].Plan = "other"
		}, true},
		"in another period": {"the end of the period would come back, so it is kept", func(s *v1alpha1.Subscription) {
			s.Status.CurrentPeriod.End = *record.Time(inApril(20, 0))
		}, true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			s := readStored(t, "outbox").Subscription
			tc.change(s)
			effect := &s.Status.Outbox[0]
			want, err := record.Mark(s, effect)
			if err != nil {
				t.Fatal(err)
			}
			// The version that stored it knew no adjustmentText.
			want.AdjustmentText = string(want.AdjustmentAmount)
			effect.Payload = rawOf(t, want)
			whole := effect.Payload.Raw
			if err := record.AbridgeOutbox(s); err != nil {
				t.Fatal(err)
			}
			got, err := record.Mark(s, effect)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tree(t, want), tree(t, got)); diff != "" {
				t.Errorf("%s (-before +after):\n%s", tc.reason, diff)
			}
			if shorter := len(effect.Payload.Raw) < len(whole)*3/4; shorter != tc.shorter {
				t.Errorf("%s: %d of %d bytes are kept", tc.reason, len(effect.Payload.Raw), len(whole))
			}
		})
	}
}
