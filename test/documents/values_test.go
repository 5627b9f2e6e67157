// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package documents

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/seatplane/seatplane/internal/testing/controlplane"
)

// wrongValues has helm say whether the chart takes the values: it checks them by the chart's schema.
func wrongValues(file string, line int, values string) []problem {
	if err := tryValues(values); err != nil {
		return []problem{{file, line, oneLine(err)}}
	}
	return nil
}

func tryValues(values string) error {
	root, err := controlplane.Root()
	if err != nil {
		return err
	}
	helm := filepath.Join(root, "bin", "tools", "helm")
	if _, err := exec.LookPath(helm); err != nil {
		return fmt.Errorf("helm is needed to check values, and is not there: run make bin/tools/helm (%w)", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, helm, "template", "seatplane", filepath.Join(root, "charts", "seatplane"), "--values", "-")
	cmd.Stdin = strings.NewReader(values)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("the chart does not take these values: %w: %s", err, last(string(out)))
	}
	return nil
}

// last returns the end of what a program printed.
func last(out string) string {
	const most = 500
	return out[max(0, len(out)-most):]
}
