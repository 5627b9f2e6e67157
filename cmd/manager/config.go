// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"maps"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/metrics/filters"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// leaseName is the name of the leader's lease.
const leaseName = "manager.billing.seatplane.dev"

// newScheme returns the kinds that the manager knows.
func newScheme() *runtime.Scheme {
	scheme := runtime.NewScheme()
	utilruntime.Must(clientgoscheme.AddToScheme(scheme))
	utilruntime.Must(v1alpha1.AddToScheme(scheme))
	return scheme
}

// clusterConfig returns how the manager talks to the API server: at its own pace. How much of it the
// server can take is for API Priority and Fairness to say.
func clusterConfig(from *rest.Config) *rest.Config {
	to := rest.CopyConfig(from)
	to.QPS = -1
	to.UserAgent = "seatplane/" + builtVersion()
	return to
}

// managerOptions turns the command line into the manager's options.
func managerOptions(o options) ctrl.Options {
	return ctrl.Options{
		Scheme:                  newScheme(),
		Cache:                   cacheOptions(o),
		Client:                  clientOptions(),
		Metrics:                 metricsOptions(o),
		HealthProbeBindAddress:  o.probeAddress,
		LeaderElection:          o.leaderElect,
		LeaderElectionID:        leaseNameFor(o),
		LeaderElectionNamespace: o.leaderElectionNamespace,
		// The process ends right after the manager, so that no step is taken without the lease.
		LeaderElectionReleaseOnCancel: true,
		Controller:                    config.Controller{MaxConcurrentReconciles: o.maxConcurrentReconciles},
	}
}

// ownAnnotations is what the annotations begin with that the manager reads.
const ownAnnotations = v1alpha1.GroupName + "/"

// keepWhatIsRead takes from an object what the manager never reads, before the cache keeps it: who manages which
// field, and the annotations of others, of which a user can write 256 KiB on each object. Nothing of that is
// lost: the manager writes statuses, which hold no metadata, and its one patch names the finalizers alone.
func keepWhatIsRead(object any) (any, error) {
	accessor, err := meta.Accessor(object)
	if err != nil {
		return object, nil //nolint:nilerr // what has no metadata is kept as it is
	}
	accessor.SetManagedFields(nil)
	annotations := accessor.GetAnnotations()
	maps.DeleteFunc(annotations, func(key, _ string) bool { return !strings.HasPrefix(key, ownAnnotations) })
	if len(annotations) == 0 {
		annotations = nil
	}
	accessor.SetAnnotations(annotations)
	return object, nil
}

// cacheOptions says what is kept in memory.
func cacheOptions(o options) cache.Options {
	options := cache.Options{DefaultTransform: keepWhatIsRead, SyncPeriod: &o.syncPeriod}
	if len(o.watchNamespaces) > 0 {
		options.DefaultNamespaces = map[string]cache.Config{}
	}
	for _, namespace := range o.watchNamespaces {
		options.DefaultNamespaces[namespace] = cache.Config{}
	}
	if o.watchSelector == nil {
		return options
	}
	options.ByObject = map[client.Object]cache.ByObject{}
	for _, object := range selectable() {
		options.ByObject[object] = cache.ByObject{Label: o.watchSelector}
	}
	return options
}

// selectable returns the kinds that --watch-label-selector selects: Subscriptions and what they name.
// What is made for a Subscription carries none of its labels and goes with it by its name.
func selectable() []client.Object {
	return []client.Object{
		&v1alpha1.Subscription{},
		&v1alpha1.SeatProduct{},
		&v1alpha1.ProrationPolicy{},
		&v1alpha1.ClusterProrationPolicy{},
		&v1alpha1.TestClock{},
	}
}

// clientOptions keeps Secrets and ConfigMaps out of the cache: they are read by name when they are
// needed, and the operator may not list them.
func clientOptions() client.Options {
	return client.Options{Cache: &client.CacheOptions{
		DisableFor: []client.Object{&corev1.Secret{}, &corev1.ConfigMap{}},
	}}
}

func metricsOptions(o options) metricsserver.Options {
	options := metricsserver.Options{
		BindAddress:   o.metricsAddress,
		SecureServing: o.metricsSecure,
		// HTTP/2 has had ways to exhaust a server, and scraping needs none of it.
		TLSOpts: []func(*tls.Config){func(c *tls.Config) { c.NextProtos = []string{"http/1.1"} }},
	}
	if o.metricsSecure {
		options.FilterProvider = filters.WithAuthenticationAndAuthorization
	}
	return options
}

// leaseNameFor returns the lease that managers share which watch the same objects. Managers that watch
// others each need a leader of their own.
func leaseNameFor(o options) string {
	if o.watchSelector == nil && len(o.watchNamespaces) == 0 {
		return leaseName
	}
	watched := strings.Join(o.watchNamespaces, ",") + "/"
	if o.watchSelector != nil {
		watched += o.watchSelector.String()
	}
	digest := sha256.Sum256([]byte(watched))
	return hex.EncodeToString(digest[:5]) + "." + leaseName
}
