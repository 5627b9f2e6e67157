// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package dataloader

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestJudge(t *testing.T) {
	one := func(text string) []Row { return []Row{{Key: "acme", Count: text}} }
	kept := Verdict{Outcome: Kept, Reason: ReasonKeyMissing, Message: `key "acme" is not in the answer`}
	cases := map[string]struct {
		reason string
		rows   []Row
		rules  Rules
		want   Verdict
	}{
		"Count":         {"a count is a count", one("7"), Rules{}, Verdict{Outcome: Counted, Count: 7}},
		"CountOfZero":   {"zero is a count, not a missing key", one("0"), Rules{}, Verdict{Outcome: Counted}},
		"Largest":       {"ten million is believed", one("10000000"), Rules{}, Verdict{Outcome: Counted, Count: MaxCount}},
		"WholeFloat":    {"a driver may write a whole number with a point", one("7.0"), Rules{}, Verdict{Outcome: Counted, Count: 7}},
		"WholeExponent": {"or with an exponent", one("1e3"), Rules{}, Verdict{Outcome: Counted, Count: 1000}},
		"Blanks":        {"blanks around a number are a writer's, not a wrong count", one(" 7\n"), Rules{}, Verdict{Outcome: Counted, Count: 7}},
		"TooLarge":      {"one more is absurd", one("10000001"), Rules{}, bad("acme", `has a count above 10000000: "10000001"`)},
		"Negative":      {"nobody holds less than nothing", one("-1"), Rules{}, bad("acme", `has a negative count: "-1"`)},
		"Fractional":    {"half a seat is not sold", one("7.5"), Rules{}, bad("acme", `has a count that is not whole: "7.5"`)},
		"NaN":           {"not a number", one("NaN"), Rules{}, bad("acme", `has a count that is not a number: "NaN"`)},
		"Infinite":      {"not a number", one("+Inf"), Rules{}, bad("acme", `has a count that is not a number: "+Inf"`)},
		"Empty":         {"an empty text is not zero", one(""), Rules{}, bad("acme", `has a count that is not a number: ""`)},
		"Word":          {"a word", one("seven"), Rules{}, bad("acme", `has a count that is not a number: a text of 5 characters`)},
		"Hexadecimal":   {"what Go reads and people do not", one("0x10"), Rules{}, bad("acme", `has a count that is not a number: a text of 4 characters`)},
		"Ratio":         {"what big.Rat reads and people do not", one("8/2"), Rules{}, bad("acme", `has a count that is not a number: a text of 3 characters`)},
		"HugeExponent":  {"must not be computed with", one("1e999999999"), Rules{}, bad("acme", `has a count that is not a number: "1e999999999"`)},
		"TwoSigns":      {"no number", one("1e+-2"), Rules{}, bad("acme", `has a count that is not a number: "1e+-2"`)},
		"NullCount":     {"NULL is not zero", []Row{{Key: "acme", NullCount: true}}, Rules{}, bad("acme", "has no count (NULL)")},
		"Duplicate": {
			"two rows are refused also when they agree",
			[]Row{{Key: "acme", Count: "7"}, {Key: "acme", Count: "7"}},
			Rules{},
			bad("acme", "has more than one row"),
		},
		"MissingKept": {
			"a missing key keeps its count by default",
			[]Row{{Key: "other", Count: "7"}},
			Rules{},
			kept,
		},
		"MissingZero": {"or goes to zero", []Row{{Key: "other", Count: "7"}}, Rules{OnMissing: MissingZero}, Verdict{Outcome: Counted}},
		"MissingFails": {
			"or fails",
			[]Row{{Key: "other", Count: "7"}},
			Rules{OnMissing: MissingFail},
			Verdict{Outcome: Failed, Reason: ReasonKeyMissing, Message: `key "acme" is not in the answer`},
		},
		"NullKey": {
			"a row without a key belongs to nobody",
			[]Row{{NullKey: true, Count: "9"}, {Key: "acme", Count: "7"}},
			Rules{},
			Verdict{Outcome: Counted, Count: 7},
		},
		"EmptyAllowed": {
			"an empty answer is believed where the product says so", nil,
			Rules{AllowEmpty: true, OnMissing: MissingZero},
			Verdict{Outcome: Counted},
		},
		"Total":           {"a counter runs for years", one("5000000000"), Rules{Totals: map[string]int64{"acme": 0}}, Verdict{Outcome: Counted, Count: 5_000_000_000}},
		"TotalGoesBack":   {"a counter may begin again, and says so itself", one("0"), Rules{Totals: map[string]int64{"acme": 7}}, Verdict{Outcome: Counted}},
		"MissingTotal":    {"zero would bill all of it a second time", []Row{{Key: "other", Count: "7"}}, Rules{OnMissing: MissingZero, Totals: map[string]int64{"acme": 7}}, kept},
		"MissingNewTotal": {"nothing was used yet", []Row{{Key: "other", Count: "7"}}, Rules{OnMissing: MissingZero, Totals: map[string]int64{"acme": 0}}, Verdict{Outcome: Counted}},
		"EmptyTotal":      {"nor does an empty answer that is allowed", nil, Rules{AllowEmpty: true, OnMissing: MissingZero, Totals: map[string]int64{"acme": 7}}, kept},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := Judge(Answer{Rows: tc.rows}, []string{"acme"}, tc.rules, 5)
			if err != nil {
				t.Fatalf("%s: %v", tc.reason, err)
			}
			if diff := cmp.Diff(map[string]Verdict{"acme": tc.want}, got); diff != "" {
				t.Errorf("%s: -want +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func bad(key, problem string) Verdict {
	return Verdict{Outcome: Failed, Reason: ReasonBadCounts, Message: "key \"" + key + "\" " + problem}
}

func TestJudgeNoRows(t *testing.T) {
	_, err := Judge(Answer{}, []string{"acme"}, Rules{OnMissing: MissingZero}, 1)
	var failure *Failure
	if !errors.As(err, &failure) || failure.Reason != ReasonEmptyResult {
		t.Errorf("no rows while seats are held: got %v, want EmptyResult", err)
	}
	if _, err := Judge(Answer{}, []string{"acme"}, Rules{}, 0); err != nil {
		t.Errorf("no rows while no seat is held is an answer: got %v", err)
	}
	if _, err := Judge(Answer{Others: 1}, []string{"acme"}, Rules{}, 1); err != nil {
		t.Errorf("rows about others were not kept, but are an answer: %v", err)
	}
	_, err = Judge(Answer{}, []string{"acme"}, Rules{OnMissing: MissingZero, Totals: map[string]int64{"acme": 7}}, 0)
	if !errors.As(err, &failure) || failure.Reason != ReasonEmptyResult {
		t.Errorf("no rows while usage is known: got %v, want EmptyResult", err)
	}
	if _, err := Judge(Answer{}, []string{"acme"}, Rules{Totals: map[string]int64{"acme": 0}}, 0); err != nil {
		t.Errorf("no rows before anything is used is an answer: got %v", err)
	}
	got, err := Judge(Answer{Rows: []Row{{Key: "other", Count: "x"}, {Key: "acme", Count: "3"}}}, []string{"acme"}, Rules{}, 1)
	if err != nil || len(got) != 1 || got["acme"].Count != 3 {
		t.Errorf("a bad row of nobody's key is nobody's problem: got %v, %v", got, err)
	}
}

func TestNameProblems(t *testing.T) {
	if got := NameProblems(nil); got != "" {
		t.Errorf("none: got %q", got)
	}
	if got, want := NameProblems([]string{"c", "a", "e", "b", "d"}), "a; b; c; and 2 more"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	long := strings.Repeat("é", 400)
	if got := Failf(ReasonSourceError, "%s", long).Message; len(got) > maxMessage || !strings.HasSuffix(got, "é…") {
		t.Errorf("a long message is cut at a rune: got %d bytes ending %q", len(got), got[len(got)-6:])
	}
}

func TestSecretIsNeverPrinted(t *testing.T) {
	const canary = "c4n4ry-value"
	secret := NewSecret(canary)
	type holder struct {
		hidden Secret
		Shown  Secret
		Ptr    *Secret
	}
	held := holder{hidden: secret, Shown: secret, Ptr: &secret}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "secret", secret, "held", held)
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "secret", secret, "held", held)
	encoded, err := json.Marshal(held)
	if err != nil {
		t.Fatal(err)
	}
	texts := []string{log.String(), string(encoded), fmt.Sprint(secret), fmt.Sprint(&secret), cmp.Diff(secret.String(), "")}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		texts = append(texts, fmt.Sprintf(verb, secret), fmt.Sprintf(verb, &secret), fmt.Sprintf(verb, held), fmt.Sprintf(verb, &held), fmt.Sprintf(verb, []any{secret, held}))
	}
	for _, text := range texts {
		if strings.Contains(text, canary) || strings.Contains(text, fmt.Sprintf("%x", canary)) {
			t.Errorf("the secret is in %q", text)
		}
	}
	if secret.Reveal() != canary || (Secret{}).Reveal() != "" {
		t.Error("Reveal does not give the value")
	}
}

func TestScrub(t *testing.T) {
	got := Scrub("open /data/crm/users.db:\n denied for /data/crm", "/data/crm", "/data/crm/users.db", "a")
	if want := "open [redacted]: denied for [redacted]"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := AsFailure(errors.New("dial postgres://u:hunter2@db")); strings.Contains(got.Error(), "hunter2") || got.Reason != ReasonSourceError {
		t.Errorf("an unknown error is repeated: %v", got)
	}
	if got := AsFailure(fmt.Errorf("wrapped: %w", Failf(ReasonSecretNotFound, "x"))); got.Reason != ReasonSecretNotFound {
		t.Errorf("a wrapped failure is lost: %v", got)
	}
}

// A server that is asked with a secret can answer with it: what is no number is looked through, and a
// number stays what it is.
func TestScrubCounts(t *testing.T) {
	rows := []Row{{Key: "a", Count: "700"}, {Key: "b", Count: "7e2"}, {Key: "c", Count: "Bearer token-700"}, {Key: "d", NullCount: true}}
	ScrubCounts(rows, func(text string) string { return Scrub(text, "700", "token-700") })
	for n, want := range []string{"700", "7e2", "Bearer [redacted]", ""} {
		if rows[n].Count != want {
			t.Errorf("got %q, want %q", rows[n].Count, want)
		}
	}
}
