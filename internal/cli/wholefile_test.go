// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What fails halfway leaves nothing behind: neither half a file in the place of a whole one, nor half an answer on the
// terminal.
func TestNothingIsHalfWritten(t *testing.T) {
	broken := errors.New("the cluster went away")
	for name, tc := range map[string]struct {
		reason string
		fails  error
		want   string
	}{
		"Whole":  {reason: "a whole file replaces the one before", want: "new content"},
		"Broken": {reason: "half a file does not", fails: broken, want: "old"},
	} {
		t.Run(name, func(t *testing.T) {
			write := func(to io.Writer) error {
				if _, err := io.WriteString(to, "new content"); err != nil {
					return err
				}
				return tc.fails
			}
			dir := t.TempDir()
			file := filepath.Join(dir, "snapshot.json")
			if err := os.WriteFile(file, []byte("old"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := replaceFile(file, "the snapshot", write); !errors.Is(err, tc.fails) {
				t.Errorf("%s: got the error %v", tc.reason, err)
			}
			if got, err := os.ReadFile(file); err != nil || string(got) != tc.want {
				t.Errorf("%s: the file has %q, %v", tc.reason, got, err)
			}
			if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
				t.Errorf("%s: %v stay behind, %v", tc.reason, entries, err)
			}
			var out bytes.Buffer
			if err := printWhole(&out, "the snapshot", write); !errors.Is(err, tc.fails) {
				t.Errorf("%s: got the error %v", tc.reason, err)
			}
			if tc.fails == nil && out.String() != tc.want || tc.fails != nil && out.Len() > 0 {
				t.Errorf("%s: %q was printed", tc.reason, out.String())
			}
		})
	}
}

func TestReplaceFileSaysWhatCannotBeWritten(t *testing.T) {
	err := replaceFile(filepath.Join(t.TempDir(), "missing", "snapshot.json"), "the snapshot", func(io.Writer) error { return nil })
	if err == nil || !strings.HasPrefix(err.Error(), "the snapshot cannot be written: ") {
		t.Errorf("got %v", err)
	}
}
