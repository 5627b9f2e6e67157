// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package playground

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"k8s.io/client-go/rest"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/controlplane"
)

// Namespace is where the manifests install the manager, and Account is its ServiceAccount there.
const (
	Namespace = "seatplane-system"
	account   = "seatplane-manager"
	Account   = "system:serviceaccount:" + Namespace + ":" + account
)

// playing allows TestClocks in the namespace default, which the policies of config/admission refuse elsewhere.
const playing = `
apiVersion: v1
kind: Namespace
metadata: {name: default, labels: {` + v1alpha1.LabelTestClocks + `: ` + v1alpha1.TestClocksAllowed + `}}
`

// install installs what an administrator would: the manifests of config/default, or other ones. It also
// allows TestClocks in the namespace default. The Deployment in the manifests does not run, because there is
// no node.
func (p *Playground) install(ctx context.Context, manifests string) error {
	if manifests == "" {
		rendered, err := p.renderDefault(ctx)
		if err != nil {
			return err
		}
		manifests = rendered
	}
	cluster := p.Kubectl.In("")
	if _, err := cluster.run(ctx, manifests, "apply", "--server-side", "-f", "-"); err != nil {
		return err
	}
	if _, err := cluster.run(ctx, playing, "apply", "--server-side", "-f", "-"); err != nil {
		return err
	}
	_, err := cluster.Run(ctx, "wait", "crd", "--all", "--for=condition=Established", "--timeout=60s")
	return err
}

// renderDefault renders config/default, as `kubectl apply -k` would.
func (p *Playground) renderDefault(ctx context.Context) (string, error) {
	root, err := controlplane.Root()
	if err != nil {
		return "", err
	}
	return p.Kubectl.In("").Run(ctx, "kustomize", filepath.Join(root, "config", "default"))
}

// TokenFor returns access with a token of a ServiceAccount only. The token is valid for a day, which is
// longer than anybody plays.
func (p *Playground) TokenFor(ctx context.Context, namespace, name string) (*rest.Config, error) {
	token, err := p.Kubectl.In(namespace).Run(ctx, "create", "token", name, "--duration=24h")
	if err != nil {
		return nil, err
	}
	return &rest.Config{
		Host:            p.Plane.Config.Host,
		TLSClientConfig: rest.TLSClientConfig{CAData: p.Plane.Config.CAData},
		BearerToken:     strings.TrimSpace(token),
		QPS:             -1,
	}, nil
}

// managerAccess writes the manager's own kubeconfig and returns its path.
func (p *Playground) managerAccess(ctx context.Context) (string, error) {
	config, err := p.TokenFor(ctx, Namespace, account)
	if err != nil {
		return "", err
	}
	path := filepath.Join(p.Plane.Dir, "manager.kubeconfig")
	if err := controlplane.WriteKubeconfig(path, config); err != nil {
		return "", fmt.Errorf("writing the manager's kubeconfig: %w", err)
	}
	return path, nil
}
