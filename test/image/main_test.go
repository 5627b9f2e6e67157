// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package image

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/seatplane/seatplane/internal/testing/controlplane"
	"github.com/seatplane/seatplane/internal/testing/suite"
)

const (
	name    = "registry.example.com/seatplane"
	version = "v1.2.3"
	// created is the time of the image: 1 April 2026.
	created = "1775001600"
)

var (
	// root is the top folder of the project.
	root string
	// packer is the program that packs images, and manager is a binary to pack.
	packer, manager string
)

func TestMain(m *testing.M) {
	suite.Main(func(folder string) (int, error) { return runSuite(m, folder) })
}

func runSuite(m *testing.M, folder string) (_ int, err error) {
	if root, err = controlplane.Root(); err != nil {
		return 0, err
	}
	packer, manager = filepath.Join(folder, "packer"), filepath.Join(folder, "manager")
	if err := build(filepath.Join(root, "hack", "image"), packer, "."); err != nil {
		return 0, err
	}
	if err := build(root, manager, "./cmd/manager", "-ldflags", "-s -w -X main.version="+version); err != nil {
		return 0, err
	}
	return m.Run(), nil
}

// build builds a package for Linux, as the image's is: without C.
func build(folder, output, pkg string, flags ...string) error {
	args := append(append([]string{"build", "-buildvcs=false", "-o", output}, flags...), pkg)
	cmd := exec.Command("go", args...)
	cmd.Dir, cmd.Env = folder, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("building %s: %w\n%s", pkg, err, out)
	}
	return nil
}

// long skips a test that `make test-image` runs.
func long(t *testing.T) {
	t.Helper()
	if os.Getenv("SEATPLANE_IMAGE") == "" {
		t.Skip("make test-image runs it")
	}
}

// packed is what the packer wrote.
type packed struct {
	// archive is the image, and sbom is the file with its bill of materials.
	archive, sbom []byte
	// root is the folder with the files of the image.
	root string
}

// pack packs a manager.
func pack(t *testing.T, at, binary string) packed {
	t.Helper()
	folder := t.TempDir()
	archive := filepath.Join(folder, "image.tar")
	cmd := exec.Command(packer, "--name="+name, "--version="+version, "--created="+at, "--archive="+archive, "--sboms="+folder,
		"--roots="+folder, binary)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return packed{
		archive: content(t, archive),
		sbom:    content(t, filepath.Join(folder, "sbom-"+runtime.GOOS+"-"+runtime.GOARCH+".spdx.json")),
		root:    filepath.Join(folder, "root-"+runtime.GOOS+"-"+runtime.GOARCH),
	}
}

func content(t *testing.T, path string) []byte {
	t.Helper()
	read, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return read
}
