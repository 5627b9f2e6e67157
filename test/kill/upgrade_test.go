// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package kill

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seatplane/seatplane/internal/testing/controlplane"
	"github.com/seatplane/seatplane/internal/testing/settings"
)

// upgradeCycles is how many cycles are played around an upgrade.
const upgradeCycles = 6

// TestUpgrade upgrades from an earlier version, which hack/previous-api noted, while customers change what they
// have. The kinds and rights of the working tree are installed first, and the old manager works on with them. In the cycle
// that follows, every process is killed at a write, and the next manager is the new one. It is judged like TestKill, and
// compared with an upgrade without faults. SEATPLANE_UPGRADES is how many seeds are played, from SEATPLANE_KILL_SEED on.
func TestUpgrade(t *testing.T) {
	if os.Getenv("SEATPLANE_UPGRADES") == "" {
		t.Skip("make test-upgrade runs it: the previous version has to be built first")
	}
	old := previous(t)
	first := settings.Number(t, "SEATPLANE_KILL_SEED", 1)
	for n := range settings.Number(t, "SEATPLANE_UPGRADES", 1) {
		seed := uint64(first + n)
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			// The cycle in which the manager is another one: people change something, the clock moves, or all are counted.
			at := 1 + int(seed%4)
			var calm, wild outcome
			t.Run("without faults", func(t *testing.T) { calm = old.upgraded(t, seed, at, nil) })
			t.Run("killed", func(t *testing.T) { wild = old.upgraded(t, seed, at, (*world).faults) })
			for _, what := range wild.compare(calm) {
				t.Error(what)
			}
		})
	}
}

// upgraded plays a seed on a control plane of its own, which is upgraded before a cycle, judges it, and returns what it
// came to. Without faults, the new manager takes over at rest.
func (r release) upgraded(t *testing.T, seed uint64, at int, faults func(*world, uint64) *schedule) outcome {
	t.Helper()
	w := begun(t, r)
	plays := script{cycles: upgradeCycles}
	if faults != nil {
		plays.faults = faults(w, seed)
	}
	plays.before = func(cycle int) error {
		if cycle != at {
			return nil
		}
		if err := w.upgrade(t.Context()); err != nil || faults != nil {
			return err
		}
		w.killManager(nil)
		return nil
	}
	const shop = "shop"
	if err := w.play(t.Context(), t, newWorkload(shop, seed), plays); err != nil {
		t.Error(err)
	}
	end, violations := w.judged(t, shop)
	t.Logf("upgraded before cycle %d\n%s", at, w.count.text(seed, seed, violations))
	return end
}

// upgrade installs the working tree's manifests next to the old manager. The next manager is of the same version.
func (w *world) upgrade(ctx context.Context) error {
	root, err := controlplane.Root()
	if err != nil {
		return err
	}
	administrator := w.ground.Kubectl.In("")
	if _, err := administrator.Run(ctx, "apply", "--server-side", "-k", filepath.Join(root, "config", "default")); err != nil {
		return err
	}
	if _, err := administrator.Run(ctx, "wait", "crd", "--all", "--for=condition=Established", "--timeout=60s"); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.binary = present.manager
	return nil
}

// previous builds the version that the API is compared with, of which hack/previous-api noted the tree. A clone without
// history does not have it.
func previous(t *testing.T) release {
	t.Helper()
	root := controlplane.FromRoot(t)
	text, err := os.ReadFile(filepath.Join(root, "api", "v1alpha1", "testdata", "previous", "TREE"))
	if err != nil {
		t.Fatal(err)
	}
	noted := strings.TrimSpace(string(text))
	if err := exec.CommandContext(t.Context(), "git", "-C", root, "cat-file", "-e", noted+"^{tree}").Run(); err != nil {
		t.Skipf("this clone does not have the tree %s of the previous version: fetch the history to test the upgrade", noted)
	}
	folder := t.TempDir()
	tree, manager := filepath.Join(folder, "tree"), filepath.Join(folder, "manager")
	if err := os.Mkdir(tree, 0o750); err != nil {
		t.Fatal(err)
	}
	packed := filepath.Join(folder, "tree.tar")
	run(t, root, "git", "archive", "--format=tar", "-o", packed, noted)
	run(t, tree, "tar", "-xf", packed)
	// Without the paths of the folder in it, what was compiled once is not compiled again.
	run(t, tree, "go", "build", "-trimpath", "-buildvcs=false", "-o", manager, "./cmd/manager")
	assets, err := controlplane.Assets()
	if err != nil {
		t.Fatal(err)
	}
	return release{manager: manager, manifests: run(t, tree, filepath.Join(assets, "kubectl"), "kustomize", filepath.Join("config", "default"))}
}

// run runs a program in a folder and returns what it prints.
func run(t *testing.T, folder, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = folder
	var complaint strings.Builder
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", filepath.Base(name), strings.Join(args, " "), err, complaint.String())
	}
	return string(out)
}
