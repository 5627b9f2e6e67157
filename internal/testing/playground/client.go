// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package playground

import (
	"errors"

	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// Client returns a client with the administrator's rights, for the kinds of Kubernetes and those of Seatplane.
func (p *Playground) Client() (client.WithWatch, error) {
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		return nil, err
	}
	return client.NewWithWatch(p.Plane.Config, client.Options{Scheme: scheme})
}
