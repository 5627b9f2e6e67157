// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/util/validation"
	"pgregory.net/rapid"
)

// subscriptionName draws a DNS subdomain, which is what the API server accepts as a name: up to 253
// characters, dots and dashes anywhere but at the ends of a label.
func subscriptionName() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		label := rapid.StringMatching(`[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?`)
		name := strings.Join(rapid.SliceOfN(label, 1, 12).Draw(t, "labels"), ".")
		if len(name) > validation.DNS1123SubdomainMaxLength {
			name = strings.TrimRight(name[:validation.DNS1123SubdomainMaxLength], ".-")
		}
		return name
	})
}

func requireValidName(t *rapid.T, name string) {
	t.Helper()
	if problems := validation.IsDNS1123Subdomain(name); len(problems) > 0 {
		t.Fatalf("%q is no valid object name: %v", name, problems)
	}
	if problems := validation.IsValidLabelValue(name); len(problems) > 0 {
		t.Fatalf("%q is no valid label value: %v", name, problems)
	}
}

func TestNamesAreValidWhateverTheSubscriptionIsCalled(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		subscription := subscriptionName().Draw(t, "subscription")
		uid := rapid.String().Draw(t, "uid")
		item := rapid.String().Draw(t, "item")
		token := rapid.String().Draw(t, "token")
		number := rapid.Int64Min(0).Draw(t, "number")

		requireValidName(t, RefreshUpdateName(subscription, uid, item, token, time.Unix(number%1e10, 0)))
		requireValidName(t, SpecUpdateName(subscription, uid, number, item))
		requireValidName(t, InvoiceName(subscription, uid, number))
	})
}

// refreshKey and specKey are what an update's name stands for.
type refreshKey struct {
	uid, item, token string
	observed         int64
}

type specKey struct {
	uid, item  string
	generation int64
}

// fragment draws short strings of few letters, digits and separators, so that fields which run into
// each other are met often.
func fragment() *rapid.Generator[string] {
	return rapid.StringMatching(`[ab1/:\x00-]{0,4}`)
}

func TestRefreshUpdateNameTellsFieldsApart(t *testing.T) {
	key := rapid.Custom(func(t *rapid.T) refreshKey {
		return refreshKey{
			uid:      fragment().Draw(t, "uid"),
			item:     fragment().Draw(t, "item"),
			token:    fragment().Draw(t, "token"),
			observed: rapid.Int64Range(0, 20).Draw(t, "observed"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := key.Draw(t, "a"), key.Draw(t, "b")
		nameA := RefreshUpdateName("acme", a.uid, a.item, a.token, time.Unix(a.observed, 0))
		nameB := RefreshUpdateName("acme", b.uid, b.item, b.token, time.Unix(b.observed, 0))
		if (a == b) != (nameA == nameB) {
			t.Fatalf("keys %+v and %+v give %q and %q", a, b, nameA, nameB)
		}
	})
}

func TestSpecUpdateNameTellsFieldsApart(t *testing.T) {
	key := rapid.Custom(func(t *rapid.T) specKey {
		return specKey{
			uid:        fragment().Draw(t, "uid"),
			item:       fragment().Draw(t, "item"),
			generation: rapid.Int64Range(0, 200).Draw(t, "generation"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := key.Draw(t, "a"), key.Draw(t, "b")
		nameA := SpecUpdateName("acme", a.uid, a.generation, a.item)
		nameB := SpecUpdateName("acme", b.uid, b.generation, b.item)
		if (a == b) != (nameA == nameB) {
			t.Fatalf("keys %+v and %+v give %q and %q", a, b, nameA, nameB)
		}
	})
}

// TestHashFieldsTellsListsApart moves a border between two fields: the bytes stay, the list differs.
func TestHashFieldsTellsListsApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := rapid.StringN(1, 20, -1).Draw(t, "whole")
		i := rapid.IntRange(0, len(whole)).Draw(t, "i")
		j := rapid.IntRange(0, len(whole)).Draw(t, "j")
		if i == j {
			return
		}
		if hashFields(whole[:i], whole[i:]) == hashFields(whole[:j], whole[j:]) {
			t.Fatalf("%q cut at %d and at %d hash alike", whole, i, j)
		}
		if hashFields(whole) == hashFields(whole[:i], whole[i:]) {
			t.Fatalf("%q hashes like itself cut at %d", whole, i)
		}
	})
}

func TestNamesOfManyObjectsDoNotMeet(t *testing.T) {
	const subscriptions, each = 200, 50
	seen := map[string]string{}
	claim := func(name, what string) {
		if other, taken := seen[name]; taken {
			t.Fatalf("%s and %s are both called %s", other, what, name)
		}
		seen[name] = what
	}
	long := strings.Repeat("x", 250)
	for s := range subscriptions {
		uid := fmt.Sprintf("uid-%d", s)
		for n := range int64(each) {
			claim(InvoiceName(long, uid, n), fmt.Sprintf("invoice %d of %s", n, uid))
			claim(SpecUpdateName(long, uid, n, ""), fmt.Sprintf("edit %d of %s", n, uid))
			claim(RefreshUpdateName(long, uid, "", "t", time.Unix(n, 0)), fmt.Sprintf("refresh %d of %s", n, uid))
		}
	}
}

func TestRefreshUpdateNameOfOneInstantInTwoZones(t *testing.T) {
	utc := time.Date(2026, 4, 16, 0, 0, 0, 0, time.UTC)
	elsewhere := utc.In(time.FixedZone("elsewhere", 5*60*60))
	if a, b := RefreshUpdateName("acme", "u", "i", "t", utc), RefreshUpdateName("acme", "u", "i", "t", elsewhere); a != b {
		t.Errorf("one instant gives %q and %q", a, b)
	}
}

// TestNamesStayWhatTheyWere pins the names: one that changed with a release would let the new
// release create again what the old one had created.
func TestNamesStayWhatTheyWere(t *testing.T) {
	long := strings.Repeat("a", 50) + "." + strings.Repeat("b", 60)
	observed := time.Date(2026, 4, 16, 0, 0, 0, 0, time.UTC)
	cases := map[string]struct {
		reason string
		got    string
		want   string
	}{
		"refresh":       {"a refresh's update is named after its subscription", RefreshUpdateName("acme", "uid-1", "editors", "tick", observed), "acme-1qpa2yr1pyag"},
		"first refresh": {"an item that never had a count has no observation", RefreshUpdateName("acme", "uid-1", "editors", "tick", time.Time{}), "acme-7wcq74dw722p"},
		"spec item":     {"an edit's update for one item", SpecUpdateName("acme", "uid-1", 3, "editors"), "acme-rgwn7td8ctn9"},
		"spec rest":     {"an edit's update for all else", SpecUpdateName("acme", "uid-1", 3, ""), "acme-gfr7zps0qear"},
		"cut update":    {"a prefix that ends in a dot loses it", SpecUpdateName(long, "uid-1", 3, ""), "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-gfr7zps0qear"},
		"invoice":       {"six digits of sequence", InvoiceName("acme", "uid-1", 4), "acme-1ayre6-000004"},
		"wide sequence": {"a sequence beyond six digits is not cut", InvoiceName("acme", "uid-1", 12345678), "acme-1ayre6-12345678"},
		"cut invoice":   {"a cut prefix takes the longer hash", InvoiceName(long, "uid-1", 4), "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-1ayre6j31a2h-000004"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if tc.got != tc.want {
				t.Errorf("%s: got %q, want %q", tc.reason, tc.got, tc.want)
			}
		})
	}
}

func TestCouldBeDepartedOf(t *testing.T) {
	long := strings.Repeat("customer-", 20)
	for name, tc := range map[string]struct {
		reason, of, asked string
		want              bool
	}{
		"Same":          {reason: "the events of this subscription", of: "acme", asked: "acme", want: true},
		"Other":         {reason: "another subscription", of: "acme", asked: "globex"},
		"Longer":        {reason: "a name that begins with the other", of: "acme-2", asked: "acme"},
		"Shorter":       {reason: "the other begins with the name", of: "acme", asked: "acme-2"},
		"Long":          {reason: "the name was cut", of: long, asked: long, want: true},
		"CutOfTheSame":  {reason: "what the name was cut to is another name", of: long, asked: long[:20]},
		"SameBeginning": {reason: "two names that are cut to the same: the object has to be read", of: long + "a", asked: long + "b", want: true},
	} {
		t.Run(name, func(t *testing.T) {
			kept := DepartedName(tc.of, "uid", 7)
			if got := CouldBeDepartedOf(kept, tc.asked); got != tc.want {
				t.Errorf("%s: %q of %q: got %t", tc.reason, kept, tc.asked, got)
			}
		})
	}
	if CouldBeDepartedOf("short", "acme") {
		t.Error("a name without a hash is not one of the operator's")
	}
}
