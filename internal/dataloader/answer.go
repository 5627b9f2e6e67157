// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package dataloader

import (
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// MaxCount is the largest count of seats that is accepted (billing.md#failures).
const MaxCount = 10_000_000

// MaxTotal is the largest reading of a total that is accepted. Counters run for years.
const MaxTotal = 1_000_000_000_000_000

// Missing is how to treat a key that is missing from the answer (billing.md#failures). Its values
// are those of spec.refresh.onMissing.
type Missing string

const (
	// MissingKeep keeps the count of a missing key. It is the default of an empty Missing.
	MissingKeep Missing = "Keep"
	// MissingZero treats a missing key as a count of zero. For a total it does so only before the
	// first reading.
	MissingZero Missing = "Zero"
	// MissingFail treats a missing key as a failure of that key.
	MissingFail Missing = "Fail"
)

// Rules are the product's rules for judging an answer.
type Rules struct {
	// OnMissing applies to a key that is missing from the answer.
	OnMissing Missing
	// AllowEmpty accepts an answer without any row although there are seats.
	AllowEmpty bool
	// Totals are the keys whose rows are readings of a total that only grows, and not counts of seats
	// (billing.md#11-usage). These may be larger. The value is the last reading, or zero before the
	// first.
	Totals map[string]int64
}

// anyTotal reports whether any total has been above zero.
func (r Rules) anyTotal() bool {
	for _, last := range r.Totals {
		if last > 0 {
			return true
		}
	}
	return false
}

// Outcome is the result of an answer for one key.
type Outcome string

const (
	// Counted means that the key has a count.
	Counted Outcome = "Counted"
	// Kept means that the key is missing and keeps its current count.
	Kept Outcome = "Kept"
	// Failed means that the key has no count, for a reason that a person has to look at.
	Failed Outcome = "Failed"
)

// Verdict is the result of an answer for one key.
type Verdict struct {
	Outcome Outcome
	// Count is the number of units: 0 to MaxCount, or 0 to MaxTotal for a total. It is zero unless
	// Outcome is Counted.
	Count int64
	// Reason is ReasonBadCounts or ReasonKeyMissing. It is empty if Outcome is Counted.
	Reason Reason
	// Message explains in one sentence what is wrong with the key. It is empty if Outcome is
	// Counted.
	Message string
}

// Judge returns a verdict for every wanted key, by billing.md#failures. seatsHeld is the current
// number of seats of the wanted keys. Its only error is a *Failure with ReasonEmptyResult: the answer
// has no row although there are seats or known usage, and the rules do not allow that. Then no key
// has a verdict.
//
// Rows of keys that are not wanted, and rows without a key, are ignored, because a query may return
// rows for everyone, including former customers.
func Judge(answer Answer, wanted []string, rules Rules, seatsHeld int64) (map[string]Verdict, error) {
	if answer.Size() == 0 && !rules.AllowEmpty {
		if err := refuseEmpty(rules, seatsHeld); err != nil {
			return nil, err
		}
	}
	byKey := rowsByKey(answer.Rows, wanted)
	verdicts := make(map[string]Verdict, len(wanted))
	for _, key := range wanted {
		verdicts[key] = judgeKey(key, byKey[key], rules)
	}
	return verdicts, nil
}

// refuseEmpty refuses an answer without any row if there are known seats or usage.
func refuseEmpty(rules Rules, seatsHeld int64) error {
	switch {
	case seatsHeld > 0:
		return Failf(ReasonEmptyResult,
			"the source answered with no rows while customers have seats: all counts are kept; set refresh.allowEmpty if it is right that nobody has a seat")
	case rules.anyTotal():
		return Failf(ReasonEmptyResult,
			"the source answered with no rows while usage is known: all readings are kept; set refresh.allowEmpty if that is right")
	}
	return nil
}

// rowsByKey returns the rows of each wanted key that has rows.
func rowsByKey(rows []Row, wanted []string) map[string][]Row {
	byKey := make(map[string][]Row, len(wanted))
	for _, key := range wanted {
		byKey[key] = nil
	}
	for _, row := range rows {
		if row.NullKey {
			continue
		}
		if known, isWanted := byKey[row.Key]; isWanted {
			byKey[row.Key] = append(known, row)
		}
	}
	return byKey
}

func judgeKey(key string, rows []Row, rules Rules) Verdict {
	switch {
	case len(rows) > 1:
		// This applies even if the rows agree: the operator must not guess which of them is right.
		return badCount(key, "has more than one row")
	case len(rows) == 0:
		return judgeMissing(key, rules)
	case rows[0].NullCount:
		return badCount(key, "has no count (NULL)")
	}
	largest := int64(MaxCount)
	if _, isTotal := rules.Totals[key]; isTotal {
		largest = MaxTotal
	}
	count, problem := parseCount(rows[0].Count, largest)
	if problem != "" {
		return badCount(key, problem)
	}
	return Verdict{Outcome: Counted, Count: count}
}

// judgeMissing judges a key without a row. A total never goes back to zero, because the next reading
// would bill all of it a second time.
func judgeMissing(key string, rules Rules) Verdict {
	message := "key " + quote(key) + " is not in the answer"
	switch {
	case rules.OnMissing == MissingFail:
		return Verdict{Outcome: Failed, Reason: ReasonKeyMissing, Message: message}
	case rules.OnMissing == MissingZero && rules.Totals[key] == 0:
		return Verdict{Outcome: Counted}
	default:
		return Verdict{Outcome: Kept, Reason: ReasonKeyMissing, Message: message}
	}
}

func badCount(key, problem string) Verdict {
	return Verdict{Outcome: Failed, Reason: ReasonBadCounts, Message: "key " + quote(key) + " " + problem}
}

// maxCountText bounds the text of a count, so that no arithmetic is done with "1e999999999" or a
// megabyte of digits.
const maxCountText = 64

// parseCount parses a count exactly. A driver that returns "7.0" or "7e0" for a whole number (a SUM
// over a numeric column, a JSON number) means seven. "7.5" is not a number of seats.
func parseCount(text string, largest int64) (int64, string) {
	text = strings.TrimSpace(text)
	if text == "" || len(text) > maxCountText || !plainDecimal(text) {
		return 0, "has a count that is not a number: " + showCount(text)
	}
	value, ok := new(big.Rat).SetString(text)
	switch {
	case !ok:
		return 0, "has a count that is not a number: " + showCount(text)
	case value.Sign() < 0:
		return 0, "has a negative count: " + quote(text)
	case !value.IsInt():
		return 0, "has a count that is not whole: " + quote(text)
	case value.Num().Cmp(big.NewInt(largest)) > 0:
		return 0, "has a count above " + strconv.FormatInt(largest, 10) + ": " + quote(text)
	}
	return value.Num().Int64(), ""
}

// plainDecimal reports whether text is a decimal number with an exponent of at most two digits. It
// excludes what big.Rat also accepts: fractions, other bases, underscores and huge exponents.
func plainDecimal(text string) bool {
	mantissa, exponent, hasExponent := strings.Cut(strings.ToLower(text), "e")
	if hasExponent && !digits(strings.TrimLeft(exponent, "+-"), 1, 2) {
		return false
	}
	if hasExponent && len(exponent)-len(strings.TrimLeft(exponent, "+-")) > 1 {
		return false
	}
	mantissa = strings.TrimPrefix(strings.TrimPrefix(mantissa, "+"), "-")
	whole, fraction, hasPoint := strings.Cut(mantissa, ".")
	return digits(whole, 1, maxCountText) && (!hasPoint || digits(fraction, 0, maxCountText))
}

func digits(text string, atLeast, atMost int) bool {
	return len(text) >= atLeast && len(text) <= atMost &&
		!strings.ContainsFunc(text, func(r rune) bool { return r < '0' || r > '9' })
}

// maxNamed is how many keys a sentence names. It counts the rest.
const maxNamed = 3

// maxQuoted bounds a key or a count inside a sentence, in bytes.
const maxQuoted = 64

// NameProblems joins the messages of failed keys into one sentence: the first few, sorted, and how
// many more there are. It returns "" for none.
func NameProblems(messages []string) string {
	sorted := slices.Sorted(slices.Values(messages))
	if len(sorted) == 0 {
		return ""
	}
	shown := min(len(sorted), maxNamed)
	text := strings.Join(sorted[:shown], "; ")
	if more := len(sorted) - shown; more > 0 {
		text += "; and " + big.NewInt(int64(more)).String() + " more"
	}
	return tidy(text)
}

// FailedCount stands for a count that could not be computed.
const FailedCount = "(error)"

// knownCounts are texts of counts that are not numbers and contain no data of the source.
var knownCounts = []string{
	FailedCount, "NaN", "+Inf", "-Inf", "Inf", "true", "false", "null",
	"a bool", "a list", "a map", "a bytes", "a histogram", "no value",
}

// showCount returns a count that is not a number in the form that a message may repeat. Any text that may
// contain data of the source, such as a name that the query selects as a count, is described only by its
// length.
func showCount(text string) string {
	if slices.Contains(knownCounts, text) || !strings.ContainsFunc(text, notOfNumber) {
		return quote(text)
	}
	return "a text of " + strconv.Itoa(utf8.RuneCountInString(text)) + " characters"
}

// quote quotes text, truncated to a length that leaves room for a sentence.
func quote(text string) string {
	text = tidy(text)
	if len(text) > maxQuoted {
		cut := maxQuoted
		for text[cut]&0xC0 == 0x80 {
			cut--
		}
		text = text[:cut] + "…"
	}
	return "\"" + text + "\""
}
