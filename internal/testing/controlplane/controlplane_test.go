// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"k8s.io/client-go/discovery"
)

// victimEnv makes the test binary launch a control plane, say where, and wait to be killed.
const victimEnv = "SEATPLANE_TEST_VICTIM"

func TestMain(m *testing.M) {
	if os.Getenv(victimEnv) != "" {
		beVictim()
	}
	os.Exit(m.Run())
}

func beVictim() {
	r, err := Launch(Options{})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(r.Dir)
	select {}
}

func TestServesAndLeavesNothingBehind(t *testing.T) {
	r, err := Launch(Options{})
	if err != nil {
		t.Fatal(err)
	}
	version, err := discovery.NewDiscoveryClientForConfigOrDie(r.Config).ServerVersion()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(version.GitVersion, "v1.") {
		t.Errorf("the server says it is %q: built without its version?", version.GitVersion)
	}
	out, err := exec.Command(r.Binary("kubectl"), "--kubeconfig", r.Kubeconfig, "auth", "whoami").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "system:masters") {
		t.Errorf("kubectl with the kubeconfig: %v\n%s", err, out)
	}
	guarded := exec.Command("sleep", "600")
	if err := r.Guard(guarded); err != nil {
		t.Fatal(err)
	}
	pids := pidsOf(t, r.Dir)
	if len(pids) != 3 {
		t.Errorf("the watchdog knows %v, want etcd, kube-apiserver and sleep", pids)
	}
	if err := r.Stop(); err != nil {
		t.Error(err)
	}
	if err := r.Stop(); err != nil {
		t.Errorf("stopping twice: %v", err)
	}
	var exit *exec.ExitError
	if err := guarded.Wait(); !errors.As(err, &exit) {
		t.Errorf("the guarded command ended with %v, want killed", err)
	}
	expectGone(t, r.Dir, pids)
}

func TestDiesWithItsOwner(t *testing.T) {
	victim := exec.Command(os.Args[0])
	victim.Env = append(os.Environ(), victimEnv+"=1")
	out, err := victim.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	dir := strings.TrimSpace(line)
	pids := pidsOf(t, dir)
	if len(pids) != 2 {
		t.Errorf("the watchdog knows %v, want etcd and kube-apiserver", pids)
	}
	if err := victim.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = victim.Wait() // killed, as it should be
	expectGone(t, dir, pids)
}

func TestMissingBinariesAreOneSentence(t *testing.T) {
	t.Setenv(AssetsEnv, t.TempDir())
	_, err := Launch(Options{})
	if err == nil || !strings.Contains(err.Error(), "run `make test`") || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v, want one sentence that says what to run", err)
	}
}

func pidsOf(t *testing.T, dir string) []int {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(dir, "pids"))
	if err != nil {
		t.Fatal(err)
	}
	var pids []int
	for _, field := range strings.Fields(string(content)) {
		pid, err := strconv.Atoi(field)
		if err != nil {
			t.Fatal(err)
		}
		pids = append(pids, pid)
	}
	return pids
}

func expectGone(t *testing.T, dir string, pids []int) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for left := append([]string{dir}, alive(pids)...); len(left) > 0; left = append(existing(dir), alive(pids)...) {
		if time.Now().After(deadline) {
			t.Fatalf("still there: %v", left)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func existing(path string) []string {
	if _, err := os.Stat(path); err != nil {
		return nil
	}
	return []string{path}
}

// alive ignores zombies: without a process 1 that reaps, orphans stay in the table.
func alive(pids []int) []string {
	var left []string
	for _, pid := range pids {
		state, err := exec.Command("ps", "-o", "stat=", "-p", strconv.Itoa(pid)).Output()
		if err == nil && strings.HasPrefix(string(state), "Z") {
			continue
		}
		if syscall.Kill(pid, 0) == nil {
			left = append(left, strconv.Itoa(pid))
		}
	}
	return left
}
