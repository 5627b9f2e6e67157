// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package playground

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

// Kubectl runs kubectl against one control plane and namespace.
type Kubectl struct {
	binary     string
	kubeconfig string
	cacheDir   string
	namespace  string
}

// In returns a Kubectl for another namespace. If it is empty, that is the kubeconfig's namespace,
// and commands may use others.
func (k Kubectl) In(namespace string) Kubectl {
	k.namespace = namespace
	return k
}

// Run runs kubectl and returns its output. The error contains kubectl's error message.
func (k Kubectl) Run(ctx context.Context, args ...string) (string, error) {
	return k.run(ctx, "", args...)
}

// Apply applies manifests.
func (k Kubectl) Apply(ctx context.Context, manifests string) (string, error) {
	return k.run(ctx, manifests, "apply", "-f", "-")
}

func (k Kubectl) run(ctx context.Context, input string, args ...string) (string, error) {
	if k.namespace != "" {
		args = append([]string{"--namespace", k.namespace}, args...)
	}
	cmd := exec.CommandContext(ctx, k.binary, args...)
	// Use a separate discovery cache, because ports are reused by other servers.
	cmd.Env = append(os.Environ(), "KUBECONFIG="+k.kubeconfig, "KUBECACHEDIR="+k.cacheDir)
	// Use a separate process group, because an interrupt from the terminal is for the caller alone.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var out, complaint bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(input), &out, &complaint
	err := cmd.Run()
	if cause := context.Cause(ctx); err != nil && cause != nil {
		return out.String(), cause
	}
	if err != nil {
		return out.String(), fmt.Errorf("kubectl %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(complaint.String()))
	}
	return out.String(), nil
}
