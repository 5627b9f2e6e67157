// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package node

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// staysAvailable fails a test if there is a moment until its end at which no manager is available: Ready, and not
// asked to stop.
func (i *installation) staysAvailable() {
	i.Helper()
	ctx, stop := context.WithCancel(context.Background())
	var pods corev1.PodList
	if err := site.List(ctx, &pods, client.InNamespace(namespace)); err != nil {
		stop()
		i.Fatal(err)
	}
	changes, err := site.Watch(ctx, &corev1.PodList{}, client.InNamespace(namespace),
		&client.ListOptions{Raw: &metav1.ListOptions{ResourceVersion: pods.ResourceVersion}})
	if err != nil {
		stop()
		i.Fatal(err)
	}
	w := witness{states: map[types.UID]string{}}
	for _, each := range pods.Items {
		w.sees(watch.Added, &each)
	}
	seen := make(chan error, 1)
	go func() { seen <- w.watches(changes, ctx.Done()) }()
	i.Cleanup(func() {
		stop()
		if err := <-seen; err != nil {
			i.Error(err)
		}
		if w.gaps > 0 {
			i.Errorf("%d times, no manager was available:\n%s\n%s", w.gaps, strings.Join(w.history, "\n"), i.state())
		}
	})
}

// witness follows the pods of the manager.
type witness struct {
	// states are the pods that there are, with whether they are available.
	states map[types.UID]string

	// gaps counts how often the last available pod was lost, and history has every change that was seen.
	gaps    int
	history []string
}

const available = "available"

// watches follows changes until they end or it is asked to stop.
func (w *witness) watches(changes watch.Interface, asked <-chan struct{}) error {
	defer changes.Stop()
	for {
		select {
		case <-asked:
			return nil
		case change, ok := <-changes.ResultChan():
			pod, isPod := change.Object.(*corev1.Pod)
			if !ok || !isPod {
				select {
				case <-asked:
					return nil
				default:
					return fmt.Errorf("the API server stopped telling about pods: %v", change.Object)
				}
			}
			w.sees(change.Type, pod)
		}
	}
}

// sees notes one change.
func (w *witness) sees(change watch.EventType, pod *corev1.Pod) {
	before, wasAvailable := w.states[pod.UID], w.isAvailable()
	now := stateOf(pod)
	if change == watch.Deleted {
		now = "gone"
		delete(w.states, pod.UID)
	} else {
		w.states[pod.UID] = now
	}
	if now == before {
		return
	}
	note := fmt.Sprintf("%s %s on %s: %s", time.Now().UTC().Format("15:04:05.000"), pod.Name, pod.Spec.NodeName, now)
	if wasAvailable && !w.isAvailable() {
		w.gaps++
		note += "   <- now no manager is available"
	}
	w.history = append(w.history, note)
}

func (w *witness) isAvailable() bool {
	for _, state := range w.states {
		if strings.HasPrefix(state, available) {
			return true
		}
	}
	return false
}

// stateOf describes a pod: whether it is available, and if not why.
func stateOf(pod *corev1.Pod) string {
	var containers []string
	for _, each := range pod.Status.ContainerStatuses {
		about := fmt.Sprintf("started again %d times", each.RestartCount)
		if last := each.LastTerminationState.Terminated; last != nil {
			about += fmt.Sprintf(", last ended with %d, %s", last.ExitCode, last.Reason)
		}
		containers = append(containers, about)
	}
	ready := slices.IndexFunc(pod.Status.Conditions, func(each corev1.PodCondition) bool { return each.Type == corev1.PodReady })
	state := available
	switch {
	case pod.DeletionTimestamp != nil:
		state = "asked to stop"
	case ready < 0:
		state = "not Ready"
	case pod.Status.Conditions[ready].Status != corev1.ConditionTrue:
		state = "not Ready: " + pod.Status.Conditions[ready].Reason
	}
	return strings.Join(append([]string{state, string(pod.Status.Phase)}, containers...), ", ")
}

// A gap is noticed however short it is, and a pod that is replaced by another one is not a gap.
func TestWitness(t *testing.T) {
	type change struct {
		kind             watch.EventType
		pod              string
		ready, isLeaving bool
	}
	for name, c := range map[string]struct {
		reason  string
		changes []change
		want    int
	}{
		"none yet":         {"an installation begins without a manager", []change{{watch.Added, "a", false, false}}, 0},
		"one stays":        {"the other one serves", []change{{watch.Added, "a", true, false}, {watch.Added, "b", true, false}, {watch.Modified, "a", true, true}, {watch.Deleted, "a", false, true}}, 0},
		"one is replaced":  {"the new one is Ready first", []change{{watch.Added, "a", true, false}, {watch.Added, "b", false, false}, {watch.Modified, "b", true, false}, {watch.Modified, "a", true, true}}, 0},
		"both leave":       {"a pod that is asked to stop counts no more", []change{{watch.Added, "a", true, false}, {watch.Added, "b", true, false}, {watch.Modified, "a", true, true}, {watch.Modified, "b", true, true}}, 1},
		"one is not Ready": {"nobody is behind the probe", []change{{watch.Added, "a", true, false}, {watch.Modified, "a", false, false}, {watch.Modified, "a", true, false}, {watch.Deleted, "a", true, false}}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			w := witness{states: map[types.UID]string{}}
			for _, each := range c.changes {
				pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: each.pod, UID: types.UID(each.pod)}}
				status := corev1.ConditionFalse
				if each.ready {
					status = corev1.ConditionTrue
				}
				pod.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: status}}
				if each.isLeaving {
					pod.DeletionTimestamp = &metav1.Time{Time: time.Now()}
				}
				w.sees(each.kind, pod)
			}
			if w.gaps != c.want {
				t.Errorf("%s: saw %d gaps, want %d\n%s", c.reason, w.gaps, c.want, strings.Join(w.history, "\n"))
			}
		})
	}
}
