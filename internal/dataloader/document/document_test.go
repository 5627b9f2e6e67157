// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package document

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seatplane/seatplane/internal/dataloader"
)

const canary = "canary-hunter2-token"

func body(text string) Body {
	return Body{Bytes: []byte(text), ContentType: "application/json", Scrub: func(text string) string { return dataloader.Scrub(text, canary) }}
}

func TestDecode(t *testing.T) {
	cases := map[string]struct {
		reason string
		text   string
		want   any
	}{
		"Null":      {"nothing", "null", nil},
		"Bool":      {"true", "true", true},
		"Integer":   {"all digits", "9007199254740993", int64(9007199254740993)},
		"Unsigned":  {"above the largest signed one", "18446744073709551615", uint64(math.MaxUint64)},
		"Long":      {"a whole number that fits nothing stays a text", "184467440737095516150", "184467440737095516150"},
		"Float":     {"with a point", "7.5", 7.5},
		"Exponent":  {"with an exponent", "1e3", 1000.0},
		"Text":      {"a text", `"é\n"`, "é\n"},
		"Nested":    {"values in values", `{"a": [1, {"b": null}]}`, map[string]any{"a": []any{int64(1), map[string]any{"b": nil}}}},
		"Blanks":    {"blanks around it", " \n[] \t", []any{}},
		"ByteOrder": {"a byte order mark", "\ufeff[]", []any{}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := Decode(t.Context(), body(tc.text))
			if diff := cmp.Diff(tc.want, got); err != nil || diff != "" {
				t.Errorf("%s: %v\n%s", tc.reason, err, diff)
			}
		})
	}
}

// TestDeepest reads values that are nested as deeply as they may be.
func TestDeepest(t *testing.T) {
	got, err := Decode(t.Context(), body(strings.Repeat("[", maxDepth-1)+"1"+strings.Repeat("]", maxDepth-1)))
	var want any = int64(1)
	for range maxDepth - 1 {
		want = []any{want}
	}
	// cmp.Diff takes time that doubles with each level.
	if err != nil || !reflect.DeepEqual(want, got) {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestWrongDocuments(t *testing.T) {
	cases := map[string]struct {
		reason string
		body   Body
		says   string
	}{
		"Empty":       {"nothing", body(""), "is not JSON: it is empty"},
		"Blank":       {"blanks", body(" \n"), "is not JSON: it is empty"},
		"OnlyMark":    {"a byte order mark alone", body("\ufeff"), "is not JSON: it is empty"},
		"Truncated":   {"the end is missing", body(`{"a": [1, 2`), "ends in the middle of a value"},
		"HalfAText":   {"the end is missing", body(`{"a": "b`), "ends in the middle of a value"},
		"Mismatched":  {"brackets that do not match", body(`{"a": [}`), "is not JSON (Content-Type application/json) and begins with"},
		"Login":       {"a page to log in", Body{Bytes: []byte("<html><body>Log in"), ContentType: "text/html; charset=utf-8", Scrub: body("").Scrub}, `(Content-Type text/html; charset=utf-8) and begins with "<html><body>Log in"`},
		"NoType":      {"no content type", Body{Bytes: []byte("oops"), Scrub: body("").Scrub}, `(without a Content-Type) and begins with "oops"`},
		"LongType":    {"a content type without end", Body{Bytes: []byte("oops"), ContentType: strings.Repeat("x", 1000), Scrub: body("").Scrub}, strings.Repeat("x", maxType) + ")"},
		"Control":     {"characters that cannot be printed", body("\x1b[31moops\u202e"), `begins with "[31moops"`},
		"Secret":      {"a secret that would be cut in two", body("token: " + canary), `begins with "token: [redacted]"`},
		"Latin1":      {"another encoding", Body{Bytes: []byte("[\"caf\xe9\"]"), ContentType: "application/json; charset=ISO-8859-1", Scrub: body("").Scrub}, "is not in UTF-8 (Content-Type application/json; charset=ISO-8859-1)"},
		"UTF16":       {"another encoding", body("\xff\xfe[\x00]\x00"), "is not in UTF-8"},
		"Twice":       {"a name twice", body(`{"a": 1, "a": 1}`), "the same name twice"},
		"TwiceByEsc":  {"a name twice, written in two ways", body(`{"a": 1, "\u0061": 1}`), "the same name twice"},
		"Deep":        {"too deep", body(strings.Repeat("[", maxDepth+1)), "nested more than 100 deep"},
		"More":        {"two values", body("[] []"), "text after its JSON value"},
		"HugeNumber":  {"a number beyond all", body("1e999"), "number that is too large"},
		"Many":        {"too many values", body("[" + strings.Repeat("0,", MaxValues) + "0]"), "more than 1000000 values"},
		"ManyObjects": {"too many objects", body("[" + strings.Repeat(`{"":{"":{}}},`, MaxValues/8) + "0]"), "more than 1000000 values"},
		"Comment":     {"a comment", body("// x\n[]"), "is not JSON"},
		"SingleQuote": {"another quotation mark", body("['a']"), "is not JSON"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := Decode(t.Context(), tc.body)
			failure, ok := errors.AsType[*dataloader.Failure](err)
			if !ok || failure.Reason != dataloader.ReasonSourceError || !strings.Contains(failure.Message, tc.says) || got != nil {
				t.Errorf("%s: got %v, %v, want %q", tc.reason, got, err, tc.says)
			}
			if strings.Contains(fmt.Sprint(err), "hunter2") {
				t.Errorf("the message holds a secret: %v", err)
			}
		})
	}
}

// TestMostValues takes a document of as many values as there may be, and one byte of a mark before.
func TestMostValues(t *testing.T) {
	got, err := Decode(t.Context(), body("["+strings.Repeat("0,", MaxValues-2)+"0]"))
	if list, ok := got.([]any); err != nil || !ok || len(list) != MaxValues-1 {
		t.Errorf("got %d values, %v", len(list), err)
	}
}

// TestMemory has documents of 8 MiB in the forms that take the most memory for a byte. What is live once the
// reading has stopped is bounded.
func TestMemory(t *testing.T) {
	for name, unit := range map[string]string{
		"Objects": `{"":{"":{"":{"":{}}}}},`, "OneKey": `{"a":0},`, "Lists": `[[[[[]]]]],`, "Empty": `{},`,
	} {
		t.Run(name, func(t *testing.T) {
			text := []byte("[" + strings.Repeat(unit, 8<<20/len(unit)) + "0]")
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			_, err := Decode(t.Context(), Body{Bytes: text})
			runtime.ReadMemStats(&after)
			if err == nil {
				t.Error("the document was read")
			}
			if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 400<<20 {
				t.Errorf("%d MiB were allocated", allocated>>20)
			}
		})
	}
}

// TestEnded stops in the middle of a document when the context ends.
func TestEnded(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Decode(ctx, body("["+strings.Repeat("0,", 10_000)+"0]"))
	if failure, ok := errors.AsType[*dataloader.Failure](err); !ok || !strings.Contains(failure.Message, "ended") {
		t.Errorf("got %v", err)
	}
}

func TestDecodeEach(t *testing.T) {
	var got []any
	each := Each{Path: []string{"data", "result"}, Handle: func(element any) error {
		got = append(got, element)
		return nil
	}}
	const text = `{"result": [0], "data": {"x": {"result": [1]}, "result": [2, [3], {"result": [4]}], "y": [5]}, "z": 6}`
	rest, err := DecodeEach(t.Context(), body(text), each)
	want := []any{int64(2), []any{int64(3)}, map[string]any{"result": []any{int64(4)}}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	wantRest := map[string]any{
		"result": []any{int64(0)}, "z": int64(6),
		"data": map[string]any{"x": map[string]any{"result": []any{int64(1)}}, "result": []any{}, "y": []any{int64(5)}},
	}
	if diff := cmp.Diff(wantRest, rest); diff != "" {
		t.Error(diff)
	}
	stop := dataloader.Failf(dataloader.ReasonSourceError, "enough")
	_, err = DecodeEach(t.Context(), body(text), Each{Path: each.Path, Handle: func(any) error { return stop }})
	if !errors.Is(err, stop) {
		t.Errorf("got %v", err)
	}
}

// FuzzDecode compares the reading of any document with that of encoding/json: what is accepted is the same
// value there, and what is refused although encoding/json accepts it is refused for a reason of our own.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"data": [{"tenant": "acme", "active": 7}]}`, `[1, 2.5, 1e3, -0, 18446744073709551615, 184467440737095516150]`, "null", `"\ud800"`,
		`{"a": 1, "a": 2}`, "\ufeff[]", "[[[[[[]]]]]]", `{"a": [}`, "[] x", "1e999", "\xff", `{"\u0061": 1}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := Decode(t.Context(), Body{Bytes: text, Scrub: func(text string) string { return text }})
		decoder := json.NewDecoder(strings.NewReader(strings.TrimPrefix(string(text), string(byteOrderMark))))
		decoder.UseNumber()
		var want any
		wantErr := decoder.Decode(&want)
		if wantErr == nil {
			if _, end := decoder.Token(); !errors.Is(end, io.EOF) {
				wantErr = errMore
			}
		}
		switch {
		case err == nil && wantErr != nil:
			t.Fatalf("accepted, but encoding/json says %v", wantErr)
		case err == nil && !same(want, got):
			t.Fatalf("got %#v, encoding/json says %#v", got, want)
		case err != nil && wantErr == nil && !ownReason(err):
			t.Fatalf("refused, but encoding/json accepts it: %v", err)
		}
	})
}

// ownReason reports whether a document was refused by a rule that encoding/json does not have.
func ownReason(err error) bool {
	for _, sentence := range []string{"the same name twice", "nested more than", "more than 1000000 values", "not in UTF-8", "too large"} {
		if strings.Contains(err.Error(), sentence) {
			return true
		}
	}
	return false
}

// same reports whether a value is the one that encoding/json read.
func same(want, got any) bool {
	switch want := want.(type) {
	case json.Number:
		if number, ok := got.(float64); ok {
			exact, err := want.Float64()
			return err == nil && exact == number
		}
		return want.String() == fmt.Sprint(got) || want.String() == "-0" && got == int64(0)
	case []any:
		list, ok := got.([]any)
		if !ok || len(list) != len(want) {
			return false
		}
		for n := range want {
			if !same(want[n], list[n]) {
				return false
			}
		}
		return true
	case map[string]any:
		object, ok := got.(map[string]any)
		if !ok || len(object) != len(want) {
			return false
		}
		for name := range want {
			if value, has := object[name]; !has || !same(want[name], value) {
				return false
			}
		}
		return true
	default:
		return want == got
	}
}
