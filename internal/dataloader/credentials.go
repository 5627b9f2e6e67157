// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package dataloader

import (
	"context"
	"net"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// Use is what a Secret may be used for: a value of the label billing.seatplane.dev/allow
// (trust.md#secrets).
type Use string

const (
	// UseDSN means a connection string of a database.
	UseDSN Use = v1alpha1.AllowLoaderDSN
	// UseToken means a bearer token.
	UseToken Use = v1alpha1.AllowLoaderToken
	// UseArchive means a connection string of an archive's database.
	UseArchive Use = v1alpha1.AllowArchive
	// UseCA means certificates of authorities. They are sent nowhere, so a Secret that may be used as a DSN,
	// as a token or for an archive may also contain its server's certificates.
	UseCA Use = v1alpha1.AllowLoaderCA
	// UseSink means a key that signs the events of an EventSink.
	UseSink Use = v1alpha1.AllowSink
)

// owner is the kind of the object that names a Secret for the use.
func (u Use) owner() string {
	switch u {
	case UseSink:
		return "EventSink"
	case UseArchive:
		return "Archive"
	default:
		return "SeatProduct"
	}
}

// formerUse is the only value that the label had before it named a use.
const formerUse = "loader"

// Released is the value of a Secret that may be used.
type Released struct {
	Secret
	name  string
	hosts []string
}

// ReadSecret reads one entry of a Secret by name, without the cache, and only if the Secret itself allows
// the use. Otherwise, anyone who may write a SeatProduct could send any Secret of the namespace anywhere.
// The error is a *Failure that names the Secret and contains no value.
func ReadSecret(ctx context.Context, live client.Reader, namespace string, ref v1alpha1.SecretKeyReference, use Use) (Released, error) {
	name := string(ref.Name)
	secret := &corev1.Secret{}
	err := live.Get(ctx, types.NamespacedName{Namespace: namespace, Name: name}, secret)
	switch {
	case apierrors.IsNotFound(err):
		return Released{}, Failf(ReasonSecretNotFound, "Secret %q does not exist: create it in the namespace of the %s, with the key %q", name, use.owner(), ref.Key)
	case apierrors.IsForbidden(err):
		return Released{}, Failf(ReasonSecretNotAllowed, "the operator is not permitted to read Secrets in this namespace, so it cannot read Secret %q", name)
	case err != nil:
		return Released{}, Failf(ReasonSourceError, "Secret %q could not be read from the API server", name)
	}
	if err := checkUse(secret, use); err != nil {
		return Released{}, err
	}
	value, ok := secret.Data[ref.Key]
	if !ok || len(value) == 0 {
		return Released{}, Failf(ReasonSecretNotFound, "Secret %q has no value under the key %q: add it, or correct the key in the %s", name, ref.Key, use.owner())
	}
	return Released{Secret: NewSecret(string(value)), name: name, hosts: hostsOf(secret)}, nil
}

// checkUse refuses a Secret whose label does not allow the use.
func checkUse(secret *corev1.Secret, use Use) error {
	switch allowed := secret.Labels[v1alpha1.LabelAllow]; {
	case allowed == string(use),
		use == UseCA && (allowed == string(UseDSN) || allowed == string(UseToken) || allowed == string(UseArchive)):
		return nil
	case allowed == formerUse:
		return Failf(ReasonSecretNotAllowed,
			"Secret %q has the label %s: %s, which no longer says enough: set it to %s, and list the servers in the annotation %s",
			secret.Name, v1alpha1.LabelAllow, formerUse, use, v1alpha1.AnnotationAllowHosts)
	default:
		return Failf(ReasonSecretNotAllowed, "Secret %q is not released for this use: give it the label %s: %s",
			secret.Name, v1alpha1.LabelAllow, use)
	}
}

// hostsOf returns the servers that a Secret may be sent to, as host:port.
func hostsOf(secret *corev1.Secret) []string {
	var hosts []string
	for part := range strings.SplitSeq(secret.Annotations[v1alpha1.AnnotationAllowHosts], ",") {
		if host := strings.ToLower(strings.TrimSpace(part)); host != "" {
			hosts = append(hosts, host)
		}
	}
	return hosts
}

// CheckHost refuses to send the value to a server that the Secret's own annotation does not name. The
// error is a *Failure. It repeats neither the value nor the server, which may be a part of the value.
func (r Released) CheckHost(host string, port uint16) error {
	wanted := strings.ToLower(net.JoinHostPort(host, strconv.Itoa(int(port))))
	if slices.Contains(r.hosts, wanted) {
		return nil
	}
	return Failf(ReasonSecretNotAllowed,
		"Secret %q may not be sent to this server: list the server as host:port in the Secret's annotation %s",
		r.name, v1alpha1.AnnotationAllowHosts)
}
