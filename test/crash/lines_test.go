// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/utils/ptr"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// readLines: each line is in one place and stays as it was entered, but for those that a folded line takes
// in. What they came to, it comes to.
func (a *account) readLines(lines []v1alpha1.Line) []string {
	var wrong []string
	now := map[string]v1alpha1.Line{}
	for _, line := range lines {
		if _, known := now[line.Key]; known {
			wrong = append(wrong, "line key "+line.Key+" is there twice")
		}
		now[line.Key] = line
	}
	expected := a.expectedLines()
	wrong = append(wrong, compareLines(expected, now)...)
	wrong = append(wrong, compareFolded(expected, now)...)
	a.entered = now
	return wrong
}

// expectedLines are those of the version before, and those of updates that were applied since. A line that
// rounds to zero stays on its update.
func (a *account) expectedLines() map[string]v1alpha1.Line {
	expected := maps.Clone(a.entered)
	for _, mark := range a.marks {
		if mark.State != v1alpha1.UpdateApplied {
			continue
		}
		for _, line := range mark.Lines {
			if !a.known[line.Key] && amount(line.Amount).Sign() != 0 {
				a.known[line.Key] = true
				expected[line.Key] = line
			}
		}
	}
	return expected
}

// compareLines compares lines one by one, but for those of a group that has a folded line.
func compareLines(expected, now map[string]v1alpha1.Line) []string {
	groups := foldedGroups(now)
	var wrong []string
	for _, key := range slices.Sorted(maps.Keys(expected)) {
		was := expected[key]
		is, there := now[key]
		switch {
		case there && is.Amount == was.Amount && !isFolded(is) && cmp.Diff(was, is) != "":
			wrong = append(wrong, fmt.Sprintf("line %s reads otherwise:\n%s", key, cmp.Diff(was, is)))
		case there && is.Amount == was.Amount:
		case groups[groupOf(was)] && (!there || isFolded(is)):
		case !there:
			wrong = append(wrong, fmt.Sprintf("line %s over %s is gone", key, was.Amount))
		default:
			wrong = append(wrong, fmt.Sprintf("line %s over %s is now over %s", key, was.Amount, is.Amount))
		}
	}
	return wrong
}

// compareFolded compares the lines of each group that has a folded line by what they come to together.
func compareFolded(expected, now map[string]v1alpha1.Line) []string {
	var wrong []string
	for g := range foldedGroups(now) {
		if were, are := tally(expected, g), tally(now, g); were != are {
			wrong = append(wrong, fmt.Sprintf("lines of %v that are folded were %s, and are now %s", g, were, are))
		}
	}
	slices.Sort(wrong)
	return wrong
}

// group is what lines have in common that are folded into one. A line that no update is behind is in none.
type group struct {
	item, plan v1alpha1.EntryName
	product    v1alpha1.ObjectName
	kind       v1alpha1.LineKind
}

func groupOf(line v1alpha1.Line) group {
	if ofPlan(line) {
		return group{}
	}
	return group{line.Item, line.Plan, line.Product, line.Kind}
}

func foldedGroups(lines map[string]v1alpha1.Line) map[group]bool {
	groups := map[group]bool{}
	for _, line := range lines {
		if isFolded(line) {
			groups[groupOf(line)] = true
		}
	}
	return groups
}

func isFolded(line v1alpha1.Line) bool { return ptr.Deref(line.Count, 0) > 1 }

// tally says what the lines of a group come to: how many they are or stand for, and over what.
func tally(lines map[string]v1alpha1.Line, g group) string {
	var count, quantity int64
	rounded, exact := new(big.Rat), new(big.Rat)
	for _, line := range lines {
		if groupOf(line) != g {
			continue
		}
		count += ptr.Deref(line.Count, 1)
		quantity += ptr.Deref(line.Quantity, 0)
		rounded.Add(rounded, amount(line.Amount))
		exact.Add(exact, exactly(line))
	}
	return fmt.Sprintf("%d over %d units and %s (exactly %s)", count, quantity, rounded.FloatString(2), exact.RatString())
}

// exactly is what a line comes to before it is rounded.
func exactly(line v1alpha1.Line) *big.Rat {
	if line.UnroundedAmount == "" {
		return amount(line.Amount)
	}
	return amount(line.UnroundedAmount)
}

// chargedTwice: no plan charges for a time twice.
func chargedTwice(lines []v1alpha1.Line) []string {
	var wrong []string
	periods := map[string]bool{}
	for _, line := range ofPlans(lines) {
		period := fmt.Sprint(line.Item, " ", line.Kind, " from ", line.From)
		if periods[period] && line.Kind != v1alpha1.LineCredit {
			wrong = append(wrong, "charged twice: "+period)
		}
		periods[period] = true
	}
	return wrong
}

// ofPlans are the lines that no update is behind.
func ofPlans(lines []v1alpha1.Line) []v1alpha1.Line {
	return slices.DeleteFunc(slices.Clone(lines), func(line v1alpha1.Line) bool { return !ofPlan(line) })
}

func ofPlan(line v1alpha1.Line) bool { return line.Update == "" && line.FirstUpdate == "" }

// folded is a line that stands for so many.
func folded(key, amount string, count int64) v1alpha1.Line {
	line := adjusted(key, amount)
	line.Update, line.FirstUpdate, line.LastUpdate, line.Count = "", "u", "v", &count
	return line
}

// TestJudgeOfFoldedLines: lines may go only where a folded line takes them in, with all that they come to.
func TestJudgeOfFoldedLines(t *testing.T) {
	first, second, third := adjusted("2-0", "10.00"), adjusted("2-1", "-4.00"), adjusted("2-2", "1.00")
	ofAnother := adjusted("2-1", "-4.00")
	ofAnother.Item = "viewers"
	counted := func(key, amount string, count, quantity int64) v1alpha1.Line {
		line := folded(key, amount, count)
		line.Quantity = &quantity
		return line
	}
	cases := map[string]struct {
		before, changed, after []v1alpha1.Line
		want                   string
	}{
		"folded":                {[]v1alpha1.Line{first, second}, nil, []v1alpha1.Line{folded("2-0", "6.00", 2)}, ""},
		"folded as it comes":    {[]v1alpha1.Line{first}, []v1alpha1.Line{second}, []v1alpha1.Line{folded("2-0", "6.00", 2)}, ""},
		"folded once more":      {[]v1alpha1.Line{folded("2-0", "6.00", 2), third}, nil, []v1alpha1.Line{folded("2-0", "7.00", 3)}, ""},
		"beside a folded one":   {[]v1alpha1.Line{folded("2-0", "6.00", 2)}, []v1alpha1.Line{third}, []v1alpha1.Line{folded("2-0", "6.00", 2), third}, ""},
		"lost in the folding":   {[]v1alpha1.Line{first, second, third}, nil, []v1alpha1.Line{folded("2-0", "6.00", 2)}, "are folded were 3 over"},
		"lost as it comes":      {[]v1alpha1.Line{folded("2-0", "6.00", 2)}, []v1alpha1.Line{third}, []v1alpha1.Line{folded("2-0", "6.00", 2)}, "are folded were 3 over"},
		"folded in two places":  {[]v1alpha1.Line{first, second}, nil, []v1alpha1.Line{folded("2-0", "6.00", 2), second}, "are folded were 2 over"},
		"folded to another sum": {[]v1alpha1.Line{first, second}, nil, []v1alpha1.Line{folded("2-0", "7.00", 2)}, "and are now 2 over 0 units and 7.00"},
		"folded to more units":  {[]v1alpha1.Line{first, second}, nil, []v1alpha1.Line{counted("2-0", "6.00", 2, 9)}, "and are now 2 over 9 units"},
		"of another item":       {[]v1alpha1.Line{first, ofAnother}, nil, []v1alpha1.Line{folded("2-0", "6.00", 2)}, "line 2-1 over -4.00 is gone"},
		"another one changes":   {[]v1alpha1.Line{first, second, third}, nil, []v1alpha1.Line{folded("2-0", "5.00", 2), adjusted("2-2", "2.00")}, "line 2-2 over 1.00 is now over 2.00"},
		"lost unfolded":         {[]v1alpha1.Line{first, second}, nil, []v1alpha1.Line{first}, "line 2-1 over -4.00 is gone"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			a := newAccount("acme")
			a.readLines(tc.before)
			a.marks["U"] = appliedStatus(tc.changed...)
			found := strings.Join(a.readLines(tc.after), "\n")
			if tc.want == "" && found != "" || !strings.Contains(found, tc.want) {
				t.Errorf("want %q, got %q", tc.want, found)
			}
		})
	}
}
