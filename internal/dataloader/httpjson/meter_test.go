// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package httpjson

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"

	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/dataloader/document"
)

// evaluateWithin evaluates an expression over a document within limits.
func evaluateWithin(t testing.TB, text, answer string, limit limits) (ref.Val, *meter, error) {
	t.Helper()
	value, err := document.Decode(t.Context(), document.Body{Bytes: []byte(answer), Scrub: func(text string) string { return text }})
	if err != nil {
		return nil, nil, err
	}
	compiled, err := compileOne("rows", text, limit, cel.Variable("response", cel.DynType))
	if err != nil {
		return nil, nil, err
	}
	result, err := compiled.evaluate(context.Background(), map[string]any{"response": value})
	return result, compiled.meter, err
}

// list returns a list of n zeros in JSON.
func list(n int) string { return "[" + strings.TrimSuffix(strings.Repeat("0,", n), ",") + "]" }

// TestChargedBefore has calls that would take hours or gigabytes if they were charged when they are over, as
// they once were. Each ends at once.
func TestChargedBefore(t *testing.T) {
	limit := limits{work: 1_000_000, bytes: 16 << 20}
	zeros := list(400)
	deep := strings.Repeat("[", 90) + "1" + strings.Repeat("]", 90)
	cases := map[string]struct {
		reason string
		text   string
		answer string
	}{
		"ListLiteral":   {"a list for each element", "response.map(x, " + zeros + ")", list(400_000)},
		"MapLiteral":    {"a map for each element", `response.map(x, {"a": x, "b": x, "c": x, "d": x, "e": x, "f": x, "g": x, "h": x})`, list(400_000)},
		"NestedLiteral": {"lists of lists", "response.map(x, response.map(y, [x, y]))", list(5000)},
		"Texts":         {"a text for each element", "response.l.map(x, response.s + response.s)", `{"s": "` + strings.Repeat("a", 1<<20) + `", "l": ` + list(1000) + `}`},
		"Bytes":         {"bytes for each element", "response.l.map(x, bytes(response.s))", `{"s": "` + strings.Repeat("a", 1<<20) + `", "l": ` + list(1000) + `}`},
		"BytesBack":     {"a text for each element", "response.l.map(x, string(bytes(response.s)))", `{"s": "` + strings.Repeat("a", 1<<20) + `", "l": ` + list(1000) + `}`},
		"Equal":         {"large values compared for each element", "response.filter(x, response == response)", list(100_000)},
		"NotEqual":      {"large values compared for each element", "response.filter(x, response != response)", list(100_000)},
		"EqualMaps":     {"large maps compared for each element", "response.l.filter(x, response.m == response.m)", `{"m": {"a": ` + list(1000) + `}, "l": ` + list(100_000) + `}`},
		"EqualTexts":    {"long texts compared for each element", "response.l.filter(x, response.s == response.s)", `{"s": "` + strings.Repeat("a", 1<<20) + `", "l": ` + list(10_000) + `}`},
		"EqualDeep":     {"deep values compared", "response.l.filter(x, response.d == response.d)", `{"d": ` + deep + `, "l": ` + list(200_000) + `}`},
		"EqualOptional": {"large values in optional ones", "response.filter(x, optional.of(response) == optional.of(response))", list(100_000)},
		"In":            {"a search for each element", "response.filter(x, 1 in response)", list(100_000)},
		"InLists":       {"a search for large values", "response.map(x, response).filter(x, response in [response, response])", list(20_000)},
		"Less":          {"long texts compared for each element", "response.l.filter(x, response.s < response.s)", `{"s": "` + strings.Repeat("a", 1<<20) + `", "l": ` + list(10_000) + `}`},
		"Contains":      {"a long text searched for each element", "response.l.filter(x, response.s.contains('b'))", `{"s": "` + strings.Repeat("a", 1<<20) + `", "l": ` + list(10_000) + `}`},
		"SizeOfText":    {"the characters of a long text counted for each element", "response.l.filter(x, size(response.s) == 1)", `{"s": "` + strings.Repeat("a", 1<<20) + `", "l": ` + list(10_000) + `}`},
		"Matches":       {"a long text matched for each element", "response.l.filter(x, response.s.matches('a+b'))", `{"s": "` + strings.Repeat("a", 1<<20) + `", "l": ` + list(10_000) + `}`},
		"MatchesLarge":  {"a large pattern on a long text", "response.s.matches('^(a?a?a?a?a?a?a?a?a?a?){60}$') ? [] : [1]", `{"s": "` + strings.Repeat("a", 1<<20) + `"}`},
		"ManyPatterns":  {"a pattern for each element", "response.filter(x, 'a'.matches('(a?a?a?a?a?a?a?a?a?a?){60}' + string(x)))", "[" + strings.Join(numbers(100_000), ",") + "]"},
		"Doubling":      {"a list of two to the fortieth", "[response]" + strings.Repeat(".map(x, x + x)", 40), list(1000)},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			result, meter, err := evaluateWithin(t, tc.text, tc.answer, limit)
			if !isTooMuch(err) {
				t.Fatalf("%s: got %v, %v", tc.reason, result, err)
			}
			if meter.bytes > 2*limit.bytes {
				t.Errorf("%s: %d bytes were charged", tc.reason, meter.bytes)
			}
		})
	}
}

func numbers(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprint(i)
	}
	return all
}

// TestPatterns refuses patterns that are too large, those in the expression before the server is asked.
func TestPatterns(t *testing.T) {
	attack := "^(?:" + strings.Repeat("a?", 400) + "){100}$"
	cases := map[string]struct {
		reason string
		text   string
		says   string
	}{
		"Attack":   {"40,000 instructions", "response.s.matches('" + attack + "') ? [] : [1]", "the expression rows cannot be compiled: the pattern repeats too much"},
		"Function": {"written as a function", "matches(response.s, '" + attack + "') ? [] : [1]", "the expression rows cannot be compiled: the pattern repeats too much"},
		"Nested":   {"repetitions of repetitions", "response.s.matches('((a{10}){10}){10}{3}') ? [] : [1]", "cannot be compiled"},
		"Syntax":   {"no pattern", "response.s.matches('(') ? [] : [1]", "missing closing"},
		"Dynamic":  {"from the answer", "response.s.matches(response.p) ? [] : [1]", "the pattern repeats too much"},
		"Built":    {"put together", "response.s.matches('" + attack[:100] + "' + response.p.substring) ? [] : [1]", ""},
		"Long":     {"a long pattern", "response.s.matches(response.long) ? [] : [1]", "longer than 1024 bytes"},
		"NoText":   {"no text", "response.n.matches('a') ? [] : [1]", "no such overload"},
	}
	answer := `{"s": "aaa", "n": 1, "p": "` + attack + `", "long": "` + strings.Repeat("a", maxPattern+1) + `"}`
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			_, _, err := evaluateWithin(t, tc.text, answer, answerLimits)
			if err == nil || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("%s: got %v, want %q", tc.reason, err, tc.says)
			}
		})
	}
}

// TestUsualPatterns has patterns as people write them, on as many rows as an answer can have.
func TestUsualPatterns(t *testing.T) {
	for _, pattern := range []string{
		`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`, `@acme\\.example$`, `^(active|trialing)$`, `(?i)^customer-\\d+$`,
	} {
		one := `"0123abcd-0123-0123-0123-0123456789ab",`
		_, _, err := evaluateWithin(t, "response.filter(x, x.matches('"+pattern+"'))", "["+strings.Repeat(one, 99_999)+`"a"]`, answerLimits)
		if err != nil {
			t.Errorf("%s: %v", pattern, err)
		}
	}
}

func TestMessagesAreRefused(t *testing.T) {
	_, _, err := evaluateWithin(t, "[google.protobuf.ListValue{values: response}]", list(10), answerLimits)
	mustFail(t, err, dataloader.ReasonInvalidExpression, "messages cannot be created")
}

// TestMeaning compares expressions with what they mean in CEL: metering must not change it.
func TestMeaning(t *testing.T) {
	const answer = `{"n": 7, "f": 7.5, "s": "acme", "l": [1, 2, 3], "m": {"a": 1}, "t": "2026-04-01T00:00:00Z", "z": null, "b": true}`
	for _, text := range []string{
		"response.n + 1", "response.n - 1", "response.n * 2", "response.n / 2", "response.n % 2", "-response.n", "!response.b",
		"response.n == 7", "response.n == 7.0", "response.n != 8", "response.f > 7", "response.f >= response.n", "response.n < 8", "response.n <= 7",
		"response.s + '!'", "response.s == 'acme'", "response.s != 'x'", "response.s < 'b'", "response.s.startsWith('ac')", "response.s.endsWith('me')",
		"response.s.contains('cm')", "response.s.matches('^a.*e$')", "matches(response.s, 'x')", "size(response.s)", "response.s.size()",
		"response.l + [4]", "1 in response.l", "9 in response.l", "'a' in response.m", "'b' in response.m", "response.l == [1, 2, 3]", "response.l != [1]",
		"response.m == {'a': 1}", "size(response.l)", "size(response.m)", "response.l[1]", "response.m['a']", "response.l.map(x, x * 2)",
		"response.l.filter(x, x > 1)", "response.l.all(x, x > 0)", "response.l.exists(x, x == 2)", "response.l.exists_one(x, x == 2)",
		"response.?missing.orValue(1)", "response.?n.hasValue()", "response.?n == optional.of(7)", "optional.none()", "response.?n.or(optional.of(1)).value()",
		"int(response.t.size())", "timestamp(response.t).getFullYear()", "timestamp(response.t) + duration('1h')", "string(timestamp(response.t))",
		"int('12')", "uint(7)", "double(response.n)", "string(response.n)", "bytes(response.s)", "string(b'abc')", "bool('true')", "dyn(response.n)",
		"type(response.n) == int", "response.z == null", "response.b && response.n == 7", "false || response.b", "response.b ? 1 : 2",
		"has(response.n)", "has(response.x)", "response.x", "response.n + 'a'", "1 / 0", "'a'.matches('(')", "response.missing == 1 || true",
		"[1, 2].exists(x, x / 0 > 1 || x == 2)", "duration('90s').getMinutes()", "{'a': 1}.a", "{?'a': response.?n}", "[?response.?x]",
	} {
		t.Run(text, func(t *testing.T) {
			value, err := document.Decode(t.Context(), document.Body{Bytes: []byte(answer)})
			if err != nil {
				t.Fatal(err)
			}
			want, wantErr := plain(t, text, value)
			got, _, gotErr := evaluateWithin(t, text, answer, answerLimits)
			if (wantErr == nil) != (gotErr == nil) || wantErr == nil && types.Equal(want, got) != types.True {
				t.Errorf("got %v, %v; CEL itself says %v, %v", got, gotErr, want, wantErr)
			}
		})
	}
}

// plain evaluates an expression without a meter.
func plain(t *testing.T, text string, response any) (ref.Val, error) {
	t.Helper()
	environment, err := newEnvironment(cel.Variable("response", cel.DynType))
	if err != nil {
		t.Fatal(err)
	}
	checked, issues := environment.Compile(text)
	if issues.Err() != nil {
		return nil, issues.Err()
	}
	program, err := environment.Program(checked)
	if err != nil {
		return nil, err
	}
	result, _, err := program.Eval(map[string]any{"response": response})
	return result, err
}

// FuzzMeter evaluates any expression over any answer, and finds that it neither spends nor allocates more than
// the limits allow.
func FuzzMeter(f *testing.F) {
	for _, text := range []string{
		"response.map(x, [0, 0, 0])", "response.map(x, response.map(y, response.map(z, x)))", "response.filter(x, x in response)",
		"response == response", "response.s.matches('(a?a?){20}')", "response.map(k, {'k': k, 'n': response[k]})", "response.l + response.l",
		"response.s + response.s", "[response].map(x, x + x).map(x, x + x).map(x, x + x)", "response.?a.orValue(response)", "string(bytes(response.s))",
	} {
		f.Add(text, `{"s": "aaaaaaaaaaaaaaa", "l": [1, 2, 3], "a": {"b": {}}}`)
		f.Add(text, `[1, 2, 3, [4, "aaaa", {"b": null}]]`)
	}
	limit := limits{work: 10_000, bytes: 1 << 20}
	f.Fuzz(func(t *testing.T, text, answer string) {
		if len(text) > 1024 || len(answer) > 4096 {
			t.Skip()
		}
		value, err := document.Decode(t.Context(), document.Body{Bytes: []byte(answer), Scrub: func(text string) string { return text }})
		if err != nil {
			t.Skip()
		}
		compiled, err := compileOne("rows", text, limit, cel.Variable("response", cel.DynType))
		if err != nil {
			t.Skip()
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err = compiled.evaluate(t.Context(), map[string]any{"response": value})
		runtime.ReadMemStats(&after)
		if spent := compiled.meter; (spent.work > limit.work || spent.bytes > limit.bytes) && !isTooMuch(err) {
			t.Errorf("spent %d steps and %d bytes: %v", spent.work, spent.bytes, err)
		}
		// Each step may read a value of the answer, whose names may have to be listed for it.
		if allocated, most := after.TotalAlloc-before.TotalAlloc, 8<<20+limit.work*uint64(512+16*len(answer)/4); allocated > most {
			t.Errorf("allocated %d bytes, more than %d", allocated, most)
		}
	})
}

// FuzzKeys reads rows of any key, and finds that two numbers that differ are never the same key.
func FuzzKeys(f *testing.F) {
	f.Add(1234567.0, 1234568.0)
	f.Add(float64(1<<53), float64(1<<53)+2)
	f.Add(0.5, math.Inf(1))
	f.Fuzz(func(t *testing.T, a, b float64) {
		first, errA := keyText(types.Double(a), 1)
		second, errB := keyText(types.Double(b), 1)
		if errA == nil && errB == nil && (a == b) != (first == second) {
			t.Errorf("%v is %s and %v is %s", a, first, b, second)
		}
		if errA == nil && slices.ContainsFunc([]byte(first), func(c byte) bool { return c != '-' && (c < '0' || c > '9') }) {
			t.Errorf("%v is the key %s", a, first)
		}
		if errA == nil {
			if digits, err := json.Marshal(json.Number(first)); err != nil || string(digits) != first {
				t.Errorf("%v is the key %s", a, first)
			}
		}
	})
}
