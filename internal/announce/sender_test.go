// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package announce

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

var now = time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)

// server is an API server that answers each attempt to post an event with the next error; nil when there is none left.
type server struct {
	answers []error
	got     []*eventsv1.Event
	tries   int
}

func (s *server) post(_ context.Context, event *eventsv1.Event) error {
	s.tries++
	if len(s.answers) > 0 {
		answer := s.answers[0]
		s.answers = s.answers[1:]
		if answer != nil {
			return answer
		}
	}
	s.got = append(s.got, event)
	return nil
}

func (s *server) notes() []string {
	var notes []string
	for _, e := range s.got {
		notes = append(notes, e.Note)
	}
	return notes
}

func newSender(t *testing.T, s *server, choice Choice) *Sender {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	return NewSender(Options{
		Name: "seatplane", Choice: choice, Scheme: scheme, Post: s.post,
		Clock: clocktesting.NewFakePassiveClock(now), Log: logr.Discard(),
	})
}

func subscription(name string) *v1alpha1.Subscription {
	return &v1alpha1.Subscription{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "shop", UID: "u-1"}}
}

// flush lets a sender send what waits, and stop.
func flush(t *testing.T, s *Sender) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Start(ctx); err != nil {
		t.Fatal(err)
	}
}

// dropped returns how many events a sender dropped, by cause.
func dropped(s *Sender) map[string]int {
	counts := map[string]int{}
	for _, cause := range []string{causeFull, causeFailed} {
		if n := testutil.ToFloat64(s.dropped.WithLabelValues(cause)); n > 0 {
			counts[cause] = int(n)
		}
	}
	return counts
}

func TestChoice(t *testing.T) {
	tests := map[string]struct {
		reason string
		choice Choice
		want   []string
	}{
		"important": {"what is routine is left out", Important, []string{v1alpha1.EventRejected, v1alpha1.EventSeatsLimitReached}},
		"by default": {
			"nobody has to choose", "", []string{v1alpha1.EventRejected, v1alpha1.EventSeatsLimitReached},
		},
		"all": {"everything is sent, in order", All, []string{
			v1alpha1.EventStarted, v1alpha1.EventRejected, v1alpha1.EventInvoiceIssued, v1alpha1.EventSeatsLimitReached,
			v1alpha1.ReasonApplied, v1alpha1.ReasonCanceled,
		}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			to := &server{}
			s := newSender(t, to, tc.choice)
			for _, reason := range []string{
				v1alpha1.EventStarted, v1alpha1.EventRejected, v1alpha1.EventInvoiceIssued, v1alpha1.EventSeatsLimitReached,
				v1alpha1.ReasonApplied, v1alpha1.ReasonCanceled,
			} {
				s.Eventf(subscription("acme"), nil, corev1.EventTypeNormal, reason, reason, "%s", reason)
			}
			flush(t, s)
			if diff := cmp.Diff(tc.want, to.notes()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

func TestParseChoice(t *testing.T) {
	for text, want := range map[string]Choice{"Important": Important, "All": All} {
		if got, err := ParseChoice(text); err != nil || got != want {
			t.Errorf("ParseChoice(%q) = %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "all", "Warnings"} {
		if got, err := ParseChoice(text); err == nil {
			t.Errorf("ParseChoice(%q) = %q, want an error", text, got)
		}
	}
}

// What an event says is what the API server asks of one.
func TestEvent(t *testing.T) {
	to := &server{}
	s := newSender(t, to, All)
	update := &v1alpha1.SubscriptionUpdate{ObjectMeta: metav1.ObjectMeta{Name: "more", Namespace: "shop", UID: "u-2"}}
	s.Eventf(subscription("acme"), update, corev1.EventTypeWarning, "Rejected", "Reject", "%d seats", 3)
	s.Eventf(subscription("acme"), nil, corev1.EventTypeWarning, "Rejected", "Reject", "%d seats", 4)
	s.Eventf(subscription(strings.Repeat("a", 253)), nil, corev1.EventTypeWarning, "Rejected", "Reject", "long")
	s.Eventf(&corev1.Pod{}, nil, corev1.EventTypeWarning, "Rejected", "Reject", "of a kind that nobody knows")
	flush(t, s)
	if diff := cmp.Diff([]string{"3 seats", "4 seats", "long"}, to.notes()); diff != "" {
		t.Fatalf("notes (-want +got):\n%s", diff)
	}
	names := map[string]bool{}
	for _, e := range to.got {
		names[e.Name] = true
		if problems := validation.IsDNS1123Subdomain(e.Name); len(problems) > 0 {
			t.Errorf("the name %q: %v", e.Name, problems)
		}
	}
	if len(names) != 3 {
		t.Errorf("two events of one instant have one name: %v", names)
	}
	first := to.got[0]
	if !strings.HasPrefix(first.ReportingInstance, "seatplane-") {
		t.Errorf("reportingInstance is %q", first.ReportingInstance)
	}
	first.Name, first.ReportingInstance = "", ""
	want := &eventsv1.Event{
		ObjectMeta: metav1.ObjectMeta{Namespace: "shop"}, EventTime: metav1.MicroTime{Time: now},
		ReportingController: "seatplane", Type: "Warning", Reason: "Rejected", Action: "Reject", Note: "3 seats",
		Regarding: corev1.ObjectReference{APIVersion: v1alpha1.GroupVersion.String(), Kind: "Subscription", Namespace: "shop", Name: "acme", UID: "u-1"},
		Related:   &corev1.ObjectReference{APIVersion: v1alpha1.GroupVersion.String(), Kind: "SubscriptionUpdate", Namespace: "shop", Name: "more", UID: "u-2"},
	}
	if diff := cmp.Diff(want, first); diff != "" {
		t.Errorf("the event (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int{causeFailed: 1}, dropped(s)); diff != "" {
		t.Errorf("dropped (-want +got):\n%s", diff)
	}
}

// The queue is bounded: what finds no room is dropped and counted, and whoever sends never waits.
func TestQueueIsBounded(t *testing.T) {
	to := &server{}
	s := newSender(t, to, All)
	for i := range queueLength + 5 {
		s.Eventf(subscription("acme"), nil, corev1.EventTypeNormal, "Started", "Start", "%d", i)
	}
	flush(t, s)
	if len(to.got) != queueLength || to.got[queueLength-1].Note != fmt.Sprint(queueLength-1) {
		t.Errorf("%d events were sent, want the first %d", len(to.got), queueLength)
	}
	if diff := cmp.Diff(map[string]int{causeFull: 5}, dropped(s)); diff != "" {
		t.Errorf("dropped (-want +got):\n%s", diff)
	}
}

func TestAnswers(t *testing.T) {
	events := schema.GroupResource{Group: "events.k8s.io", Resource: "events"}
	refused := apierrors.NewForbidden(events, "e", errors.New("the namespace is being terminated"))
	lost, busy := errors.New("connection refused"), apierrors.NewTooManyRequestsError("busy")
	tests := map[string]struct {
		reason  string
		answers []error
		tries   int
		want    []string
		dropped map[string]int
	}{
		"refused":       {"it would be refused again", []error{refused}, 2, []string{"second"}, map[string]int{causeFailed: 1}},
		"unreachable":   {"it may be back soon", []error{lost, lost}, 4, []string{"first", "second"}, map[string]int{}},
		"busy":          {"it asks to come back", []error{busy}, 3, []string{"first", "second"}, map[string]int{}},
		"there already": {"the first attempt's answer was lost", []error{lost, apierrors.NewAlreadyExists(events, "e")}, 3, []string{"second"}, map[string]int{}},
		"away":          {"others wait long enough", []error{lost, lost, lost, lost}, 5, []string{"second"}, map[string]int{causeFailed: 1}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				to := &server{answers: tc.answers}
				s := newSender(t, to, All)
				ctx, cancel := context.WithCancel(t.Context())
				stopped := make(chan error)
				go func() { stopped <- s.Start(ctx) }()
				for _, note := range []string{"first", "second"} {
					s.Eventf(subscription("acme"), nil, corev1.EventTypeNormal, "Started", "Start", "%s", note)
				}
				time.Sleep(time.Minute) // of the bubble's clock
				cancel()
				if err := <-stopped; err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tc.want, to.notes()); diff != "" {
					t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
				}
				if diff := cmp.Diff(tc.dropped, dropped(s)); diff != "" {
					t.Errorf("dropped (-want +got):\n%s", diff)
				}
				if to.tries != tc.tries {
					t.Errorf("%d attempts, want %d", to.tries, tc.tries)
				}
			})
		})
	}
}
