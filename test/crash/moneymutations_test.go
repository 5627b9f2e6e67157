// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"context"
	"slices"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// blindReadings writes a reading, and nothing but readings, over whatever version there is.
func blindReadings(c client.Client) client.Client {
	return &tampered{Client: c, onStatus: func(ctx context.Context, object client.Object, write call) error {
		s, ok := object.(*v1alpha1.Subscription)
		if !ok {
			return write(object)
		}
		now, err := asItIs(ctx, s)
		if err != nil {
			return err
		}
		news := func(l v1alpha1.LoadedReading) bool { return !slices.Contains(now.Status.LoadedReadings, l) }
		if slices.ContainsFunc(s.Status.LoadedReadings, news) {
			s.ResourceVersion = now.ResourceVersion
		}
		return write(s)
	}}
}

// withoutReadings shows subscriptions as if nothing had been read: the next commit drops what was.
func withoutReadings(object client.Object) {
	if s, ok := object.(*v1alpha1.Subscription); ok {
		s.Status.LoadedReadings = nil
	}
}

// withoutSource enters lines without the update that they come from.
func withoutSource(_ context.Context, object client.Object, write call) error {
	if s, ok := object.(*v1alpha1.Subscription); ok && s.Status.UpcomingInvoice != nil {
		for i := range s.Status.UpcomingInvoice.Lines {
			s.Status.UpcomingInvoice.Lines[i].Update = ""
		}
	}
	return write(object)
}

// withoutOwnCharges enters only lines that an update is behind.
func withoutOwnCharges(_ context.Context, object client.Object, write call) error {
	if s, ok := object.(*v1alpha1.Subscription); ok && s.Status.UpcomingInvoice != nil {
		s.Status.UpcomingInvoice.Lines = slices.DeleteFunc(s.Status.UpcomingInvoice.Lines,
			func(line v1alpha1.Line) bool { return line.Update == "" && line.FirstUpdate == "" })
	}
	return write(object)
}

// withoutOutboxAtFirst shows subscriptions as if they owed nothing, until a commit says otherwise.
func withoutOutboxAtFirst(object client.Object) {
	if s, ok := object.(*v1alpha1.Subscription); ok {
		s.Status.Outbox = nil
	}
}

// withoutOutboxAtTheEnd shows a subscription that is being deleted as if it owed nothing.
func withoutOutboxAtTheEnd(object client.Object) {
	if s, ok := object.(*v1alpha1.Subscription); ok && !s.DeletionTimestamp.IsZero() {
		s.Status.Outbox = nil
	}
}
