// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package node

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/google/go-cmp/cmp"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// process is a process of a pod.
type process struct {
	pid    int
	rights map[string]string

	// isManager tells a manager from a loader process.
	isManager bool
}

// confined are the rights that the Deployment leaves, in the words of the kernel.
var confined = map[string]string{
	"Uid": "65532 65532 65532 65532", "Gid": "65532 65532 65532 65532", "Groups": "65532",
	"NoNewPrivs": "1", "Seccomp": "2", "Root": "ro",
	"CapInh": "0000000000000000", "CapPrm": "0000000000000000", "CapEff": "0000000000000000",
	"CapBnd": "0000000000000000", "CapAmb": "0000000000000000",
}

// processesOf returns the processes of the manager's container in a pod. What ends while it looks is left out.
func processesOf(pod corev1.Pod) []process {
	folders, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil
	}
	var all []process
	for _, each := range folders {
		group, err := os.ReadFile(filepath.Join(each, "cgroup"))
		if err != nil || !strings.Contains(string(group), string(pod.UID)) {
			continue
		}
		command, err := os.ReadFile(filepath.Join(each, "cmdline"))
		args := strings.Split(strings.Trim(string(command), "\x00"), "\x00")
		// The pod's other container has no arguments.
		if err != nil || len(args) < 2 {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(each))
		if err == nil {
			all = append(all, process{pid: pid, rights: rightsOf(each), isManager: slices.Contains(args, "--leader-elect")})
		}
	}
	return all
}

// rightsOf returns the rights of a process.
func rightsOf(folder string) map[string]string {
	found := map[string]string{}
	status, _ := os.ReadFile(filepath.Join(folder, "status"))
	for line := range strings.Lines(string(status)) {
		key, value, _ := strings.Cut(line, ":")
		if _, isWanted := confined[key]; isWanted {
			found[key] = strings.Join(strings.Fields(value), " ")
		}
	}
	mounts, _ := os.ReadFile(filepath.Join(folder, "mountinfo"))
	for line := range strings.Lines(string(mounts)) {
		if fields := strings.Fields(line); fields[4] == "/" {
			found["Root"], _, _ = strings.Cut(fields[5], ",")
		}
	}
	return found
}

// confined requires of every manager that the kernel takes away what the Deployment says.
func (i *installation) confined() {
	i.Helper()
	for _, pod := range i.pods() {
		managers := 0
		for _, each := range processesOf(pod) {
			if each.isManager {
				managers++
			}
			i.requireConfined(each)
		}
		if managers != 1 {
			i.Errorf("%s has %d processes of the manager, want 1", pod.Name, managers)
		}
	}
}

func (i *installation) requireConfined(p process) {
	i.Helper()
	if diff := cmp.Diff(confined, p.rights); diff != "" {
		i.Errorf("process %d (a manager: %t) has other rights than the Deployment leaves (-), namely (+):\n%s", p.pid, p.isManager, diff)
	}
}

// pods returns the manager's pods that are not about to end.
func (i *installation) pods() []corev1.Pod {
	i.Helper()
	pods := slices.DeleteFunc(everyPod(i.Context()), func(pod corev1.Pod) bool { return pod.DeletionTimestamp != nil })
	if len(pods) == 0 {
		i.Fatal("there is no pod of the manager")
	}
	return pods
}

// everyPod returns the manager's pods, also those that are about to end, or none when the API server does not answer.
func everyPod(ctx context.Context) []corev1.Pod {
	var list corev1.PodList
	if err := site.List(ctx, &list, client.InNamespace(namespace)); err != nil {
		return nil
	}
	return list.Items
}

// restarts returns how often the containers of each pod were started again.
func (i *installation) restarts() map[string]int32 {
	i.Helper()
	all := map[string]int32{}
	for _, pod := range i.pods() {
		for _, each := range pod.Status.ContainerStatuses {
			all[pod.Name] += each.RestartCount
		}
	}
	return all
}

// holder returns the process that holds the lease: the name of its pod, an underscore, and what tells it from others.
func (i *installation) holder() string {
	i.Helper()
	var lease coordinationv1.Lease
	if err := site.Get(i.Context(), client.ObjectKey{Namespace: namespace, Name: "manager.billing.seatplane.dev"}, &lease); err != nil {
		i.Fatal(err)
	}
	return ptr.Deref(lease.Spec.HolderIdentity, "")
}

// leader returns the pod of the process that holds the lease.
func (i *installation) leader() corev1.Pod {
	i.Helper()
	holder := i.holder()
	for _, pod := range i.pods() {
		if strings.HasPrefix(holder, pod.Name+"_") {
			return pod
		}
	}
	i.Fatalf("no pod holds the lease, but %q\n%s", holder, i.state())
	return corev1.Pod{}
}

// peakMemory returns the most memory that a pod used so far, and its limit, in bytes. Control groups of version 2
// do not have the first for all kernels; then it is zero.
func peakMemory(pod corev1.Pod) (peak, limit int64) {
	for _, pattern := range []string{"memory/%s/kubepods/*/*%s*/memory.max_usage_in_bytes", "%s/kubepods/*/*%s*/memory.peak"} {
		found, _ := filepath.Glob(filepath.Join(groups, fmt.Sprintf(pattern, groupOf(pod.Spec.NodeName), pod.UID)))
		if len(found) == 0 {
			continue
		}
		content, err := os.ReadFile(found[0])
		if err == nil {
			peak, _ = strconv.ParseInt(strings.TrimSpace(string(content)), 10, 64)
		}
	}
	return peak, pod.Spec.Containers[0].Resources.Limits.Memory().Value()
}
