// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"fmt"

	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	eventsclient "k8s.io/client-go/kubernetes/typed/events/v1"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/seatplane/seatplane/internal/announce"
)

// recorderName is the reporting component of Kubernetes events.
const recorderName = "seatplane"

// newAnnouncer returns what sends the Kubernetes events of all controllers, while the manager leads.
func newAnnouncer(mgr ctrl.Manager, o Options) (*announce.Sender, error) {
	client, err := eventsclient.NewForConfigAndClient(mgr.GetConfig(), mgr.GetHTTPClient())
	if err != nil {
		return nil, fmt.Errorf("make the client for Kubernetes events: %w", err)
	}
	announcer := announce.NewSender(announce.Options{
		Name: recorderName, Choice: announce.Choice(o.Events), Scheme: mgr.GetScheme(), Clock: clock.RealClock{},
		Log: mgr.GetLogger().WithName("events"),
		Post: func(ctx context.Context, event *eventsv1.Event) error {
			_, err := client.Events(event.Namespace).Create(ctx, event, metav1.CreateOptions{})
			return err
		},
	})
	if err := mgr.Add(announcer); err != nil {
		return nil, fmt.Errorf("add the sender of Kubernetes events: %w", err)
	}
	return announcer, nil
}
