// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package eventsink

import (
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/utils/ptr"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/delivery"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/status"
)

// This file computes the status of an EventSink. It is pure.

// situation is what the status of a sink follows from.
type situation struct {
	// problem is why the sink cannot be used; nil if it can.
	problem *problem
	// known is what this process knows about the sink, and waits is what waits for it.
	known tally
	waits delivery.Pending
	// now is the time on the wall clock.
	now time.Time
}

// isStopped reports whether nothing is sent to a sink until a person acts.
func isStopped(sink *v1alpha1.EventSink) bool {
	ready := meta.FindStatusCondition(sink.Status.Conditions, v1alpha1.ConditionReady)
	return ready != nil && (ready.Reason == v1alpha1.ReasonDisabled || ready.Reason == v1alpha1.ReasonGone) && !isResumed(sink)
}

// isStalled reports whether the status of a sink says that a person has to act.
func isStalled(sink *v1alpha1.EventSink) bool {
	return meta.IsStatusConditionTrue(sink.Status.Conditions, v1alpha1.ConditionStalled)
}

// isResumed reports whether a person changed a sink, or asked to try everything again, since its status was written.
func isResumed(sink *v1alpha1.EventSink) bool {
	return sink.Status.ObservedGeneration != sink.Generation ||
		facts.IsRequested(facts.RetryRequest(sink), sink.Status.LastHandledRetryRequest)
}

// describe writes a situation into the status of a sink.
func describe(sink *v1alpha1.EventSink, s situation) {
	st := &sink.Status
	stopped := isStopped(sink)
	st.ObservedGeneration, st.LastHandledRetryRequest = sink.Generation, facts.RetryRequest(sink)
	st.Delivered = ptr.To(ptr.Deref(st.Delivered, 0) + s.known.delivered)
	st.DeadLettered = ptr.To(ptr.Deref(st.DeadLettered, 0) + s.known.deadLettered)
	st.Pending = ptr.To(s.waits.Events)
	st.Dropped = nil
	if s.waits.Dropped > 0 {
		st.Dropped = ptr.To(s.waits.Dropped)
	}
	st.OldestPendingTime = nil
	if s.waits.Oldest != nil {
		st.OldestPendingTime = s.waits.Oldest.Time.DeepCopy()
	}
	if at := status.Time(s.known.lastDelivery); at != nil {
		st.LastDeliveryTime = at
	}
	if s.known.known {
		st.FailingSince, st.LastError = status.Time(s.known.failing), s.known.lastError
	}
	set := status.Of(&st.Conditions, sink.Generation, s.now)
	switch {
	case s.problem != nil:
		set.Stalled(s.problem.reason, s.problem.message)
	case s.known.gone:
		set.Stalled(v1alpha1.ReasonGone, "The receiver answered that it is gone for good (status 410), so nothing is sent. Correct url, or "+resumes)
	case stopped:
	case s.isDisabled(st):
		set.Stalled(v1alpha1.ReasonDisabled, "No event could be delivered for five days, so nothing is sent. Repair the receiver, then "+resumes)
	case s.waits.Blocked > 0:
		set.InProgress(v1alpha1.ReasonDeadLettered, fmt.Sprintf("An event could not be delivered in %d attempts, and the later events of its "+
			"subscription or product wait for it. It is tried again once a day. status.lastError says why.", delivery.MaxFailures))
	case st.LastError != "" && s.waits.Events > 0:
		set.InProgress(v1alpha1.ReasonDeliveryFailing, "An event could not be delivered and is tried again. status.lastError says why.")
	default:
		set.Ready(v1alpha1.ReasonDelivering, "Events are delivered as they happen.")
	}
}

// resumes says how a person has deliveries continue.
const resumes = "set the annotation billing.seatplane.dev/retry-requested-at to a new value."

// isDisabled reports whether all attempts have failed for too long.
func (s situation) isDisabled(st *v1alpha1.EventSinkStatus) bool {
	return st.FailingSince != nil && s.now.Sub(st.FailingSince.Time) >= delivery.DisableAfter && s.waits.Events > 0
}
