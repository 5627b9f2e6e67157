// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"debug/buildinfo"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
)

// modulePath is what the binaries must have been built from.
const modulePath = "github.com/seatplane/seatplane"

// program is a binary of the manager for one platform.
type program struct {
	os, architecture string

	// content is the binary, and sbom is its bill of materials in SPDX's JSON.
	content, sbom []byte
}

// platform names the platform as part of the name of a file.
func (p program) platform() string { return p.os + "-" + p.architecture }

// read reads a binary, and what Go noted in it about its platform and its modules.
func read(of release, path string) (program, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return program{}, err
	}
	info, err := buildinfo.Read(bytes.NewReader(content))
	if err != nil {
		return program{}, fmt.Errorf("%s is not a binary that Go built: %w", path, err)
	}
	if info.Main.Path != modulePath {
		return program{}, fmt.Errorf("%s was built from %s; build it from %s", path, info.Main.Path, modulePath)
	}
	p := program{os: setting(info, "GOOS"), architecture: setting(info, "GOARCH"), content: content}
	if setting(info, "CGO_ENABLED") != "0" {
		return program{}, fmt.Errorf("%s may need libraries that the image does not have: build it with CGO_ENABLED=0", path)
	}
	p.sbom, err = sbomOf(of, p, info)
	return p, err
}

func setting(info *debug.BuildInfo, key string) string {
	for _, each := range info.Settings {
		if each.Key == key {
			return each.Value
		}
	}
	return ""
}

// writeSBOMs writes the bill of materials of each program to a file named after its platform.
func writeSBOMs(folder string, programs []program, out io.Writer) error {
	for _, each := range programs {
		path := filepath.Join(folder, "sbom-"+each.platform()+".spdx.json")
		if err := replaceFile(path, each.sbom); err != nil {
			return err
		}
		fmt.Fprintf(out, "    %s\n", path)
	}
	return nil
}

// replaceFile writes a file. Readers see the former content or the new one, never a part.
func replaceFile(path string, content []byte) error {
	draft := fmt.Sprintf("%s.%d", path, os.Getpid())
	if err := os.WriteFile(draft, content, 0o644); err != nil {
		return err
	}
	return os.Rename(draft, path)
}
