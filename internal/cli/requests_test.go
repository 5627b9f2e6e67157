// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// errorsAs is errors.As, for an interface that is no error.
func errorsAs(err error, target *apierrors.APIStatus) bool { return errors.As(err, target) }

func day(n int) metav1.Time { return metav1.NewTime(time.Date(2026, 4, n, 0, 0, 0, 0, time.UTC)) }

// acme is a subscription on a wall clock that has not started, which needs no billing state.
func acme() *v1alpha1.Subscription {
	s := &v1alpha1.Subscription{TypeMeta: metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "Subscription"}}
	s.Name, s.Namespace, s.UID, s.ResourceVersion = "acme", "shop", "u1", "1"
	s.Spec.Customer = v1alpha1.Customer{ID: "acme", DisplayName: "Acme Ltd"}
	s.Spec.Items = []v1alpha1.SubscriptionItem{{Name: "editors", ProductRef: v1alpha1.LocalReference{Name: "editor-seat"}, Plan: "monthly"}}
	s.Status.State, s.Status.Currency = v1alpha1.SubscriptionPending, "EUR"
	return s
}

func anInvoice(number int64, subscription, due string) *v1alpha1.Invoice {
	i := &v1alpha1.Invoice{TypeMeta: metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "Invoice"}}
	i.Name, i.Namespace = fmt.Sprintf("%s-%06d", subscription, number), "shop"
	i.Spec = v1alpha1.InvoiceSpec{
		SubscriptionRef: v1alpha1.SubscriptionReference{Name: subscription, UID: "u1"}, Customer: v1alpha1.Customer{ID: subscription},
		Type: v1alpha1.TypeInvoice, Reason: v1alpha1.InvoiceRenewal, Sequence: number, IssueTime: day(1), Currency: "EUR",
		Lines: []v1alpha1.Line{{
			Key: fmt.Sprintf("%d-0", number), Item: "editors", Kind: v1alpha1.LineRecurring, Description: "10 seats",
			Quantity: ptr.To[int64](10), UnitAmount: "12.50", FullAmount: "125.00", UnroundedAmount: "125.00", Carried: "0", Amount: "125.00",
		}},
		Subtotal: "125.00", CreditApplied: "0.00", AmountDue: v1alpha1.Amount(due), CreditBalanceAfter: "0.00",
	}
	if number > 1 {
		i.Spec.Previous = fmt.Sprintf("%s-%06d", subscription, number-1)
	}
	return i
}

func anUpdate(name string, state v1alpha1.UpdateState, reason, message string) *v1alpha1.SubscriptionUpdate {
	u := &v1alpha1.SubscriptionUpdate{TypeMeta: metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "SubscriptionUpdate"}}
	u.Name, u.Namespace, u.ResourceVersion = name, "shop", "1"
	u.Spec.SubscriptionRef.Name = "acme"
	u.Status.State, u.Status.Summary = state, "editors 10 → 15"
	u.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionApplied, Status: metav1.ConditionFalse, Reason: reason, Message: message}}
	return u
}

func objects() map[string][]any {
	return map[string][]any{
		"subscriptions": {acme()},
		"invoices":      {anInvoice(1, "acme", "125.00"), anInvoice(2, "acme", "125.00"), anInvoice(1, "globex", "125.00")},
		"subscriptionupdates": {
			anUpdate("held", v1alpha1.UpdateHeld, "AwaitingApproval", "The increase of 50 % exceeds the guard."),
			anUpdate("done", v1alpha1.UpdateSuperseded, "SupersededByRefresh", "A newer count replaced it."),
		},
	}
}

// One object is asked for by its name, and lists are selected by the API server: a namespace with 10,000 subscriptions
// costs as many requests as one with a single subscription.
func TestRequests(t *testing.T) {
	cases := map[string]struct {
		reason string
		args   []string
		want   []string
	}{
		"explain subscription": {
			reason: "one object is one request", args: []string{"explain", "subscription", "acme"}, want: []string{"GET subscriptions/acme"},
		},
		"explain invoice": {
			reason: "one object is one request", args: []string{"explain", "invoice", "acme-000001"}, want: []string{"GET invoices/acme-000001"},
		},
		"explain update": {
			reason: "one object is one request", args: []string{"explain", "update", "held"}, want: []string{"GET subscriptionupdates/held"},
		},
		"invoices": {
			reason: "one list, of this subscription", args: []string{"invoices", "acme", "--expand", "recent,initial"},
			want: []string{"GET subscriptions/acme", "GET invoices"},
		},
		"history": {
			reason: "one list of each kind", args: []string{"history", "acme"},
			want: []string{"GET subscriptions/acme", "GET subscriptionupdates", "GET invoices"},
		},
		"trace": {
			reason: "products by their names, lists of this subscription", args: []string{"trace", "acme"},
			want: []string{
				"GET subscriptions/acme", "GET seatproducts/editor-seat", "GET subscriptionupdates", "GET invoices",
				"GET seatassignments", "GET eventsinks",
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := newStub(t, objects())
			code, _, said := s.run(tc.args...)
			if code != Done {
				t.Errorf("%s: exit code %d, and it said %q", tc.reason, code, said)
			}
			if diff := cmp.Diff(tc.want, s.asked); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

// A list is read in pages, and what earlier pages had is not changed by later ones.
func TestPages(t *testing.T) {
	all := objects()
	for n := range int64(1200) {
		all["invoices"] = append(all["invoices"], anInvoice(n+1, "big", "125.00"))
	}
	big := acme()
	big.Name = "big"
	all["subscriptions"] = append(all["subscriptions"], big)
	s := newStub(t, all)
	code, out, said := s.run("invoices", "big")
	if code != Done {
		t.Fatalf("exit code %d, and it said %q", code, said)
	}
	if want := []string{"GET subscriptions/big", "GET invoices", "GET invoices", "GET invoices"}; !cmp.Equal(want, s.asked) {
		t.Errorf("it asked %q, want %q", s.asked, want)
	}
	for _, name := range []string{"big-000001 ", "big-000500 ", "big-000501 ", "big-001200 "} {
		if strings.Count(out, name) != 1 {
			t.Errorf("the list has %s %d times", name, strings.Count(out, name))
		}
	}
}

// Each way to fail has the exit code of the table and one sentence. Nothing is printed by half.
func TestExitCodes(t *testing.T) {
	broken := anInvoice(3, "acme", "99.00")
	cases := map[string]struct {
		reason string
		args   []string
		refuse error
		code   Code
		said   string
	}{
		"not found": {
			reason: "a name that does not exist", args: []string{"explain", "subscription", "amce"}, code: Failed,
			said: `there is no Subscription "amce" in the namespace`,
		},
		"no rights": {
			reason: "the message names the roles", args: []string{"history", "acme"}, code: Failed,
			refuse: apierrors.NewForbidden(v1alpha1.Resource("subscriptions"), "acme", errors.New("no")),
			said:   "you may not do this",
		},
		"no kinds": {
			reason: "a cluster without Seatplane", args: []string{"status"}, code: Failed,
			refuse: apierrors.NewGenericServerResponse(http.StatusNotFound, "get", v1alpha1.Resource("subscriptions"), "", "404 page not found", 0, true),
			said:   "the cluster does not have Seatplane's kinds",
		},
		"no answer": {
			reason: "a cluster that is down", args: []string{"trace", "acme"}, code: Failed,
			refuse: errors.New("connection refused"), said: "the cluster does not answer (connection refused)",
		},
		"no format": {
			reason: "checked before anything is asked", args: []string{"trace", "acme", "-o", "xml"}, code: Failed,
			said: `there is no format "xml": choose one of table, json, yaml`,
		},
		"no number": {
			reason: "seats are whole numbers", args: []string{"seats", "add", "acme", "editors", "2.5"}, code: Failed,
			said: `"2.5" is not a number of seats`,
		},
		"zero added": {
			reason: "adding nothing is a mistake", args: []string{"seats", "add", "acme", "editors", "0"}, code: Failed,
			said: `"0" is not a number of seats`,
		},
		"approve what is finished": {
			reason: "only what is held can be approved", args: []string{"approve", "done"}, code: Refused,
			said: `update "done" is Superseded: only an update that is Held can be approved`,
		},
		"no time to wait": {
			reason: "the update was created, and it stays", args: []string{"seats", "add", "acme", "editors", "1", "--name", "more", "--timeout", "0s"}, code: Failed,
			said: `update "more" still waits after 0s: the operator has not seen it, so check that the operator runs. It stays`,
		},
		"nothing to refresh": {
			reason: "no data loader", args: []string{"refresh", "acme"}, code: Refused,
			said: `subscription "acme" has nothing to refresh`,
		},
		"refresh of both": {
			reason: "one or the other", args: []string{"refresh", "acme", "--product", "editor-seat"}, code: Failed,
			said: "choose either a subscription or --product",
		},
		"no seat to take back": {
			reason: "nobody has it", args: []string{"unassign", "acme", "editors", "ada"}, code: Failed,
			said: `"ada" has no seat assignment of item "editors" of subscription "acme"`,
		},
		"does not add up": {
			reason: "a wrong record is found", args: []string{"explain", "invoice", "acme-000003"}, code: Refused,
			said: `the amounts of invoice "acme-000003" do not add up`,
		},
		"verify":      {reason: "and in the namespace", args: []string{"verify"}, code: Refused},
		"no file":     {reason: "a file that does not exist", args: []string{"verify", "testdata/none.yaml"}, code: Failed, said: `there is no file or directory "testdata/none.yaml"`},
		"empty input": {reason: "an export without records", args: []string{"verify", "-"}, code: Failed, said: "- has no updates and no invoices"},
		"expand what": {reason: "an unknown part", args: []string{"invoices", "acme", "--expand", "next"}, code: Failed, said: `--expand has no "next"`},
		"fine":        {reason: "nothing is wrong", args: []string{"explain", "invoice", "acme-000001"}, code: Done},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			all := objects()
			all["invoices"] = append(all["invoices"], broken)
			s := newStub(t, all)
			s.refuse = tc.refuse
			code, out, said := s.run(tc.args...)
			if code != tc.code || !strings.Contains(said, tc.said) {
				t.Errorf("%s: exit code %d, and it said %q; want %d and %q", tc.reason, code, said, tc.code, tc.said)
			}
			if strings.Count(said, "\n") > 1 {
				t.Errorf("%s: more than one sentence: %q", tc.reason, said)
			}
			if code == Failed && out != "" {
				t.Errorf("%s: it failed and printed %q", tc.reason, out)
			}
		})
	}
}
