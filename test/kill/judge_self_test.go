// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package kill

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// planted is a violation that somebody puts into a history.
type planted struct {
	reason string
	plant  func([]version) []version
	want   string
}

// noticed plants one violation after another in a real history in which nothing is wrong, and requires that the judge
// says so.
func noticed(t *testing.T, history []version) {
	t.Helper()
	cases := plantedInInvoices()
	maps.Copy(cases, plantedInCommits())
	for name, tc := range cases {
		t.Run("planted: "+name, func(t *testing.T) {
			found := strings.Join(judge(tc.plant(slices.Clone(history))), "\n")
			if tc.want == "" && found != "" || !strings.Contains(found, tc.want) {
				t.Errorf("%s: want %q, got %q", tc.reason, tc.want, found)
			}
		})
	}
}

func plantedInInvoices() map[string]planted {
	return map[string]planted{
		"nothing": {reason: "the judge finds nothing where nothing is", plant: func(h []version) []version { return h }},
		"invoice doubled": {reason: "a customer gets one bill twice", plant: func(h []version) []version {
			return also(h, func(i *v1alpha1.Invoice) { i.UID, i.Name = "another", "another" })
		}, want: "have one number"},
		"invoice changed": {reason: "what was sent stays", plant: func(h []version) []version {
			return also(h, func(i *v1alpha1.Invoice) { i.Spec.AmountDue = "1.00" })
		}, want: "changed at revision"},
		"invoice lost": {reason: "what was committed is billed", plant: func(h []version) []version {
			lost := firstOf[*v1alpha1.Invoice](h).GetName()
			return slices.DeleteFunc(h, func(v version) bool { return strings.HasSuffix(v.key, "/"+lost) })
		}, want: "never issued"},
		"invoice from nowhere": {reason: "only a commit issues", plant: func(h []version) []version {
			return also(h, func(i *v1alpha1.Invoice) { i.UID, i.Name, i.Spec.Sequence = "another", "another", 99 })
		}, want: "never committed"},
		"amount wrong": {reason: "an amount follows from its line", plant: func(h []version) []version {
			return every(h, func(i *v1alpha1.Invoice) {
				if len(i.Spec.Lines) > 0 {
					i.Spec.Lines[0].Amount = "0.01"
				}
			})
		}, want: "verify: "},
	}
}

func plantedInCommits() map[string]planted {
	return map[string]planted{
		"decided twice": {reason: "an effect that left never comes back", plant: func(h []version) []version {
			with := firstThat(h, func(s *v1alpha1.Subscription) bool { return len(s.Status.Outbox) > 0 })
			without := with.DeepCopy()
			without.Status.Outbox = nil
			return append(h, version{object: without}, version{object: with})
		}, want: "decided a second time"},
		"back in time": {reason: "an old status over a newer one is a lost commit", plant: func(h []version) []version {
			return append(h, version{object: firstThat(h, func(s *v1alpha1.Subscription) bool {
				return s.Status.Sequence > 0 && slices.ContainsFunc(h, func(later version) bool {
					after, is := later.object.(*v1alpha1.Subscription)
					return is && after.UID == s.UID && after.Status.Sequence > s.Status.Sequence
				})
			})})
		}, want: "went back"},
		"finished update changed": {reason: "a result is final", plant: func(h []version) []version {
			was := firstThat(h, func(u *v1alpha1.SubscriptionUpdate) bool { return u.Status.State == v1alpha1.UpdateApplied })
			is := was.DeepCopy()
			is.Status.AdjustmentAmount = "1.00"
			return append(h, version{object: is})
		}, want: "finished update"},
		"mark lost": {reason: "a commit without its record", plant: func(h []version) []version {
			return every(h, func(u *v1alpha1.SubscriptionUpdate) { u.Status = v1alpha1.SubscriptionUpdateStatus{} })
		}, want: "was committed and is"},
		"balance wrong": {reason: "credit comes from documents alone", plant: func(h []version) []version {
			return every(h, func(s *v1alpha1.Subscription) {
				if s.Status.CreditBalance != "" {
					s.Status.CreditBalance = "1234.00"
				}
			})
		}, want: "the credit balance is"},
		"seats wrong": {reason: "the total is that of the items", plant: func(h []version) []version {
			return every(h, func(s *v1alpha1.Subscription) { s.Status.Seats = new(int64(12345)) })
		}, want: "seats, and its items"},
		"number skipped": {reason: "numbers have no gap", plant: func(h []version) []version {
			return every(h, func(s *v1alpha1.Subscription) {
				if s.Status.NextInvoiceNumber > 0 {
					s.Status.NextInvoiceNumber++
				}
			})
		}, want: "the next invoice number is"},
	}
}

// otherwise is the outcome of a history in which one invoice is another one.
func otherwise(t *testing.T, history []version) {
	t.Helper()
	was, err := outcomeOf(history)
	if err != nil {
		t.Fatal(err)
	}
	first := firstOf[*v1alpha1.Invoice](history).(*v1alpha1.Invoice).DeepCopy()
	first.Spec.AmountDue = "1.00"
	is, err := outcomeOf(append(slices.Clone(history), version{object: first}))
	if err != nil {
		t.Fatal(err)
	}
	if wrong := is.compare(was); len(wrong) != 1 {
		t.Errorf("one invoice differs, and the comparison finds %d: %v", len(wrong), wrong)
	}
}

// firstOf returns the first object of a kind.
func firstOf[T client.Object](h []version) client.Object {
	return firstThat(h, func(T) bool { return true })
}

// firstThat returns the first object of a kind that fits.
func firstThat[T client.Object](h []version, fits func(T) bool) T {
	for _, v := range h {
		if object, is := v.object.(T); is && fits(object) {
			return object
		}
	}
	panic("the history has no such object: play more cycles")
}

// also appends a changed copy of the first object of a kind.
func also[T client.Object](h []version, change func(T)) []version {
	another := firstOf[T](h).DeepCopyObject().(T)
	change(another)
	return append(h, version{key: "/registry/another", object: another})
}

// every changes copies of all objects of a kind.
func every[T client.Object](h []version, change func(T)) []version {
	for i := range h {
		if object, is := h[i].object.(T); is {
			changed := object.DeepCopyObject().(T)
			change(changed)
			h[i].object = changed
		}
	}
	return h
}
