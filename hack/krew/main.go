// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Command krew writes the manifest by which krew installs the plugin, for archives in a folder, to the standard output:
//
//	krew VERSION URL FOLDER
//
// The archives are named kubectl-seatplane_OS_ARCH.tar.gz, and are below URL once they are published.
package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"

	"sigs.k8s.io/yaml"
)

func main() {
	const arguments = 4
	if len(os.Args) != arguments {
		fmt.Fprintln(os.Stderr, "krew: write krew VERSION URL FOLDER")
		os.Exit(1)
	}
	text, err := manifest(os.Args[1], os.Args[2], os.DirFS(os.Args[3]))
	if err == nil {
		_, err = os.Stdout.Write(text)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "krew:", err)
		os.Exit(1)
	}
}

// plugin is the manifest of a plugin, with the fields that this plugin needs.
type plugin struct {
	APIVersion string            `json:"apiVersion"`
	Kind       string            `json:"kind"`
	Metadata   map[string]string `json:"metadata"`
	Spec       spec              `json:"spec"`
}

type spec struct {
	Version          string     `json:"version"`
	Homepage         string     `json:"homepage"`
	ShortDescription string     `json:"shortDescription"`
	Description      string     `json:"description"`
	Platforms        []platform `json:"platforms"`
}

type platform struct {
	Selector map[string]map[string]string `json:"selector"`
	URI      string                       `json:"uri"`
	SHA256   string                       `json:"sha256"`
	Bin      string                       `json:"bin"`
}

// manifest describes every archive of a folder, in the order of their names.
func manifest(version, url string, folder fs.FS) ([]byte, error) {
	if !strings.HasPrefix(version, "v") {
		return nil, fmt.Errorf("krew needs a version such as v1.2.3, and got %q: set VERSION", version)
	}
	archives, err := fs.Glob(folder, "kubectl-seatplane_*_*.tar.gz")
	if err != nil {
		return nil, err
	}
	if len(archives) == 0 {
		return nil, errors.New("the folder has no kubectl-seatplane_OS_ARCH.tar.gz: build the archives first")
	}
	described := plugin{
		APIVersion: "krew.googlecontainertools.github.com/v1alpha2", Kind: "Plugin", Metadata: map[string]string{"name": "seatplane"},
		Spec: spec{
			Version: version, Homepage: "https://github.com/seatplane/seatplane",
			ShortDescription: "What seats cost, why, and what happened",
			Description: "See what a change of a seat-based subscription costs before you make it, why a customer was charged an\n" +
				"amount, and what happened to a subscription. Works with Seatplane, an operator for seat-based billing.\n",
		},
	}
	for _, archive := range archives {
		one, err := platformOf(url, folder, archive)
		if err != nil {
			return nil, err
		}
		described.Spec.Platforms = append(described.Spec.Platforms, one)
	}
	return yaml.Marshal(described)
}

func platformOf(url string, folder fs.FS, archive string) (platform, error) {
	content, err := fs.ReadFile(folder, archive)
	if err != nil {
		return platform{}, err
	}
	sum := sha256.Sum256(content)
	system, arch, _ := strings.Cut(strings.TrimPrefix(strings.TrimSuffix(path.Base(archive), ".tar.gz"), "kubectl-seatplane_"), "_")
	bin := "kubectl-seatplane"
	if system == "windows" {
		bin += ".exe"
	}
	return platform{
		Selector: map[string]map[string]string{"matchLabels": {"os": system, "arch": arch}},
		URI:      strings.TrimSuffix(url, "/") + "/" + archive, SHA256: hex.EncodeToString(sum[:]), Bin: bin,
	}, nil
}
