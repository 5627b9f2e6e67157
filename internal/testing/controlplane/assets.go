// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// AssetsEnv names the environment variable that points to a folder with the binaries of a control
// plane. It is the same as for setup-envtest.
const AssetsEnv = "KUBEBUILDER_ASSETS"

const modulePath = "github.com/seatplane/seatplane"

// required is what every folder of binaries must contain. kube-controller-manager is optional.
var required = []string{"etcd", "kube-apiserver", "kubectl"}

// Assets returns the folder of the control plane's binaries: KUBEBUILDER_ASSETS, or else the
// project's bin/k8s. Its error says in one sentence what to run.
func Assets() (string, error) {
	dir := os.Getenv(AssetsEnv)
	if dir == "" {
		root, err := Root()
		if err != nil {
			return "", err
		}
		dir = filepath.Join(root, "bin", "k8s")
	}
	if absent := absentFrom(dir); len(absent) > 0 {
		return "", fmt.Errorf("%s has no %s: run `make test` once, it provides a control plane",
			dir, strings.Join(absent, ", "))
	}
	return filepath.Abs(dir)
}

func absentFrom(dir string) []string {
	var absent []string
	for _, name := range required {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.IsDir() || info.Mode()&0o111 == 0 {
			absent = append(absent, name)
		}
	}
	return absent
}

// Root returns the top folder of the project that contains the working directory.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if isRoot(dir) {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("the working directory is outside of the project: no go.mod of " + modulePath + " above it")
		}
		dir = parent
	}
}

// isRoot looks for the module's own go.mod, because folders below it contain other modules.
func isRoot(dir string) bool {
	content, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		return false
	}
	for line := range strings.Lines(string(content)) {
		if strings.TrimSpace(line) == "module "+modulePath {
			return true
		}
	}
	return false
}
