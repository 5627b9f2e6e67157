// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package guest

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/seatplane/seatplane/internal/dataloader"
)

// An answer arrives as it was sent, for those who asked.
func TestFramesKeepRows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringN(0, 20, 60)
		sent := rapid.SliceOf(rapid.Custom(func(t *rapid.T) dataloader.Row {
			return dataloader.Row{Key: text.Draw(t, "key"), Count: text.Draw(t, "count"), NullCount: rapid.Bool().Draw(t, "null")}
		})).Draw(t, "rows")
		var keys []string
		for _, row := range sent {
			keys = append(keys, row.Key)
		}
		var pipe bytes.Buffer
		if err := writeAnswer(&pipe, dataloader.Answer{Rows: sent, Queries: 3}); err != nil {
			t.Fatal(err)
		}
		got, err := receive(&pipe, keys)
		if err != nil || got.Queries != 3 || len(got.Rows)+got.Others != len(sent) {
			t.Fatalf("%+v, %v", got, err)
		}
		// Two rows of a key say as much as twenty.
		want := slices.DeleteFunc(slices.Clone(sent), func(dataloader.Row) bool { return false })
		seen := map[string]int{}
		want = slices.DeleteFunc(want, func(row dataloader.Row) bool { seen[row.Key]++; return seen[row.Key] > maxOfKey })
		if diff := cmp.Diff(want, slices.Clone(got.Rows)); diff != "" && len(want)+len(got.Rows) > 0 {
			t.Fatal(diff)
		}
	})
}

// FuzzReceive: whatever a loader process sends, the manager ends with an answer or an error, and holds no
// more than it asked for.
func FuzzReceive(f *testing.F) {
	var good bytes.Buffer
	_ = writeAnswer(&good, dataloader.Answer{Rows: []dataloader.Row{{Key: "acme", Count: "7"}}, Queries: 1})
	f.Add(good.Bytes())
	f.Add(binary.BigEndian.AppendUint32([]byte{'R'}, 1<<31))
	f.Add([]byte{'R', 0, 0, 0, 2, 0, 0xff})
	f.Add([]byte(`F` + "\x00\x00\x00\x02{}"))
	f.Fuzz(func(t *testing.T, sent []byte) {
		answer, err := receive(bytes.NewReader(sent), []string{"acme"})
		if err == nil && len(answer.Rows) > maxOfKey {
			t.Errorf("kept %d rows of one key", len(answer.Rows))
		}
		if err != nil && len(answer.Rows) > 0 {
			t.Errorf("half an answer: %v", answer)
		}
	})
}
