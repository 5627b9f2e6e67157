// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package dataloader

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// ReadSecret reads one entry of a Secret by name, live, and only when the Secret itself allows it
// by its label (api.md, SeatProduct): whoever may write a SeatProduct must not be able to send any
// Secret of the namespace anywhere. An error is a *Failure that names the Secret and no value.
func ReadSecret(ctx context.Context, live client.Reader, namespace string, ref v1alpha1.SecretKeyReference) (Secret, error) {
	name := string(ref.Name)
	secret := &corev1.Secret{}
	err := live.Get(ctx, types.NamespacedName{Namespace: namespace, Name: name}, secret)
	switch {
	case apierrors.IsNotFound(err):
		return Secret{}, Failf(ReasonSecretNotFound, "Secret %q does not exist", name)
	case apierrors.IsForbidden(err):
		return Secret{}, Failf(ReasonSecretNotAllowed, "the operator is not permitted to read Secrets in this namespace, so it cannot read Secret %q", name)
	case err != nil:
		return Secret{}, Failf(ReasonSourceError, "Secret %q could not be read from the API server", name)
	case secret.Labels[v1alpha1.LabelAllow] != v1alpha1.AllowLoader:
		return Secret{}, Failf(ReasonSecretNotAllowed, "Secret %q does not allow data loaders to read it: give it the label %s: %s",
			name, v1alpha1.LabelAllow, v1alpha1.AllowLoader)
	}
	value, ok := secret.Data[ref.Key]
	if !ok || len(value) == 0 {
		return Secret{}, Failf(ReasonSecretNotFound, "Secret %q has no value under the key %q", name, ref.Key)
	}
	return NewSecret(string(value)), nil
}
