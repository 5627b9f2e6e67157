// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Command seccomp reads the config.json of an OCI bundle from its input, and writes it back with the seccomp
// profile that container engines use by default, which is what RuntimeDefault means in a Pod.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/moby/profiles/seccomp"
	specs "github.com/opencontainers/runtime-spec/specs-go"
)

func main() {
	if err := add(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "seccomp:", err)
		os.Exit(1)
	}
}

func add(in io.Reader, out io.Writer) error {
	var spec specs.Spec
	if err := json.NewDecoder(in).Decode(&spec); err != nil {
		return fmt.Errorf("the input is not the config.json of an OCI bundle: %w", err)
	}
	if spec.Linux == nil {
		return fmt.Errorf("the configuration has no part for Linux, where the profile belongs")
	}
	profile, err := seccomp.GetDefaultProfile(&spec)
	if err != nil {
		return err
	}
	spec.Linux.Seccomp = profile
	return json.NewEncoder(out).Encode(&spec)
}
