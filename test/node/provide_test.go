// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package node

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/seatplane/seatplane/internal/testing/controlplane"
)

const (
	// image is the manager's image, and pause the one of the container that keeps the namespaces of a pod.
	image = "images.example.com/seatplane"
	pause = "images.example.com/pause"

	// former and present are the two versions of the manager. An upgrade goes from one to the other.
	former, present = "v1.2.3", "v1.2.4"

	// upgradedFrom is the environment variable with the commit that the former version is built from. Without it, the
	// two versions differ in nothing but their names.
	upgradedFrom = "SEATPLANE_NODE_FORMER"
)

// provide puts into a folder what nodes run, and what an administrator installs: for each version a folder with the
// image, install.yaml and the chart.
func provide(folder string) error {
	root, err := controlplane.Root()
	if err != nil {
		return err
	}
	assets, err := controlplane.Assets()
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(root, "bin", "node", "bin", "containerd")); err != nil {
		return errors.New("bin/node has no containerd: run hack/node-programs.sh, or make test-node, which does")
	}
	previous, err := formerSource(root, folder)
	if err != nil {
		return err
	}
	p := provider{folder: folder, assets: assets, tools: filepath.Join(root, "bin", "tools")}
	err = errors.Join(p.build(filepath.Join(root, "hack", "image"), "packer", "."), p.build(root, "pause", "./test/node/pause"))
	if err != nil {
		return err
	}
	if err := p.pack(pause, present, "pause", "pause.tar"); err != nil {
		return err
	}
	return errors.Join(p.release(previous, former), p.release(root, present))
}

// formerSource returns the folder with the code of the former version.
func formerSource(root, folder string) (string, error) {
	commit := os.Getenv(upgradedFrom)
	if commit == "" {
		return root, nil
	}
	archive, source := filepath.Join(folder, "former.tar"), filepath.Join(folder, "former-source")
	if err := quietly(exec.Command("git", "-C", root, "archive", "--output="+archive, commit)); err != nil {
		return "", err
	}
	if err := os.Mkdir(source, 0o755); err != nil {
		return "", err
	}
	return source, quietly(exec.Command("tar", "--extract", "--file="+archive, "--directory="+source))
}

// provider writes what nodes run to a folder.
type provider struct {
	folder, assets, tools string
}

// build builds a program.
func (p provider) build(source, name, pkg string, flags ...string) error {
	args := append(append([]string{"build", "-buildvcs=false", "-o", filepath.Join(p.folder, name)}, flags...), pkg)
	cmd := exec.Command("go", args...)
	cmd.Dir, cmd.Env = source, append(os.Environ(), "CGO_ENABLED=0")
	return quietly(cmd)
}

// pack packs a program into an image.
func (p provider) pack(name, version, binary, to string) error {
	return quietly(exec.Command(filepath.Join(p.folder, "packer"), "--name="+name, "--version="+version, "--sboms="+p.folder,
		"--archive="+filepath.Join(p.folder, to), filepath.Join(p.folder, binary)))
}

// release writes what a version consists of.
func (p provider) release(source, version string) error {
	dist := exec.Command(filepath.Join(source, "hack", "dist.sh"))
	dist.Env = append(os.Environ(), "IMAGE="+image, "VERSION="+version, "DIST="+filepath.Join(p.folder, version),
		"KUBECTL="+filepath.Join(p.assets, "kubectl"), "HELM="+filepath.Join(p.tools, "helm"))
	if err := quietly(dist); err != nil {
		return err
	}
	// With the flags of `make build`, so that Go compiles nothing again. Those of `make image` are tested in test/image.
	if err := p.build(source, "manager", "./cmd/manager", "-ldflags", "-s -w -X main.version="+version); err != nil {
		return err
	}
	return p.pack(image, version, "manager", filepath.Join(version, "image.tar"))
}

// quietly runs a command. Its error has what the command said.
func quietly(cmd *exec.Cmd) error {
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args, " "), err, out)
	}
	return nil
}
