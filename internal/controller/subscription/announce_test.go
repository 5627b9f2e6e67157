// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"fmt"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/metering"
	"github.com/seatplane/seatplane/internal/billing/money"
	"github.com/seatplane/seatplane/internal/billing/subscription"
)

// foldingRecorder takes events as client-go's recorder does: of those about one version of an object
// that agree in all but their note, the first alone can be read.
type foldingRecorder struct {
	notes map[string]string
	lost  []string
}

func (f *foldingRecorder) Eventf(regarding, related runtime.Object, kind, reason, action, note string, args ...any) {
	key := fmt.Sprint(regarding.(client.Object).GetResourceVersion(), kind, reason, action)
	if related != nil {
		key += related.(client.Object).GetName()
	}
	note = fmt.Sprintf(note, args...)
	if _, folded := f.notes[key]; folded {
		f.lost = append(f.lost, note)
		return
	}
	f.notes[key] = note
}

// Whatever one commit crosses and issues, each threshold and each document can be read.
func TestAnnounceTellsEventsOfOneCommitApart(t *testing.T) {
	recorder := &foldingRecorder{notes: map[string]string{}}
	r := &Reconciler{Recorder: recorder}
	euro, err := money.ParseCurrency("EUR")
	if err != nil {
		t.Fatal(err)
	}
	outcome := subscription.Outcome{State: subscription.State{Phase: subscription.Active, Currency: euro}}
	for number := int64(1); number <= 2; number++ {
		outcome.Effects = append(outcome.Effects, subscription.Effect{Document: &subscription.Document{Number: number, Reason: subscription.DocumentRenewal}})
	}
	for _, item := range []string{"calls", "messages"} {
		for _, limit := range []metering.LimitKind{metering.SoftLimit, metering.TrialLimit, metering.HardLimit, subscription.SeatsLimit} {
			for _, threshold := range []int{75, 90, 100} {
				outcome.Notices = append(outcome.Notices, subscription.Notice{Item: item, Limit: limit, Threshold: threshold})
			}
		}
	}
	w := &world{sub: &v1alpha1.Subscription{}, state: subscription.State{Phase: subscription.Active}}
	w.sub.Name = "acme"
	r.announce(w, outcome)
	if want := len(outcome.Effects) + len(outcome.Notices); len(recorder.notes) != want || len(recorder.lost) > 0 {
		t.Errorf("%d of %d events can be read; lost: %q", len(recorder.notes), want, recorder.lost)
	}
}
