// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/delivery"
	"github.com/seatplane/seatplane/internal/namespaces"
	"github.com/seatplane/seatplane/internal/slim"
)

// leaseName is the name of the leader's lease.
const leaseName = "manager.billing.seatplane.dev"

// ManagerOptions returns the options of a manager on which the operator can run: its scheme, what it keeps in memory, and
// the name of its lease. Add to them what concerns the process, such as addresses and whether to elect a leader.
//
// A manager with other options works too if its scheme has the kinds of Kubernetes and of api/v1alpha1. It then keeps
// more in memory than the operator reads, and Namespaces and Selector of Options do not limit what it watches.
func ManagerOptions(o Options) ctrl.Options {
	o = o.withDefaults()
	return ctrl.Options{
		Scheme:           newScheme(),
		NewCache:         newCache(o),
		Cache:            cacheOptions(o),
		Client:           clientOptions(),
		LeaderElectionID: LeaseName(o),
	}
}

// newScheme returns the kinds that the manager knows.
func newScheme() *runtime.Scheme {
	scheme := runtime.NewScheme()
	utilruntime.Must(clientgoscheme.AddToScheme(scheme))
	utilruntime.Must(v1alpha1.AddToScheme(scheme))
	return scheme
}

// newCache returns how the cache is made: one that follows the labels of namespaces, or the usual one.
func newCache(o Options) cache.NewCacheFunc {
	if o.NamespaceSelector != nil {
		return namespaces.Selected(o.NamespaceSelector)
	}
	return cache.New
}

// cacheOptions says what is kept in memory.
func cacheOptions(o Options) cache.Options {
	options := cache.Options{DefaultTransform: slim.Transform, NewInformer: slim.NewInformer, SyncPeriod: &o.SyncPeriod}
	if len(o.Namespaces) > 0 {
		options.DefaultNamespaces = map[string]cache.Config{}
	}
	for _, namespace := range o.Namespaces {
		options.DefaultNamespaces[namespace] = cache.Config{}
	}
	options.ByObject = map[client.Object]cache.ByObject{&appsv1.ControllerRevision{}: {Label: departed(o.Selector)}}
	if o.Selector == nil {
		return options
	}
	for _, object := range selectable() {
		options.ByObject[object] = cache.ByObject{Label: o.Selector}
	}
	return options
}

// departed selects the objects that keep the events of deleted Subscriptions. They carry the labels of their
// Subscriptions under other keys. Many other controllers create objects of this kind.
func departed(watched labels.Selector) labels.Selector {
	selector := labels.SelectorFromSet(labels.Set{v1alpha1.LabelDeparted: v1alpha1.DepartedTrue})
	if watched == nil {
		return selector
	}
	requirements, _ := watched.Requirements()
	for _, each := range requirements {
		of, err := labels.NewRequirement(delivery.DepartedLabel(each.Key()), each.Operator(), each.Values().List())
		if err != nil { // the same values are valid with the key that the user wrote
			return labels.Nothing()
		}
		selector = selector.Add(*of)
	}
	return selector
}

// selectable returns the kinds that Options.Selector selects: Subscriptions, what they name, and the EventSinks that
// receive their events. Objects that are created for a Subscription do not carry its labels, and are found by its name.
func selectable() []client.Object {
	return []client.Object{
		&v1alpha1.Subscription{},
		&v1alpha1.SeatProduct{},
		&v1alpha1.ProrationPolicy{},
		&v1alpha1.ClusterProrationPolicy{},
		&v1alpha1.TestClock{},
		&v1alpha1.EventSink{},
	}
}

// clientOptions keeps Secrets and ConfigMaps out of the cache. The operator reads them by name when
// it needs them, and has no right to list them.
func clientOptions() client.Options {
	return client.Options{Cache: &client.CacheOptions{
		DisableFor: []client.Object{&corev1.Secret{}, &corev1.ConfigMap{}},
	}}
}

// LeaseName returns the name of the lease of an operator's leader. Operators that watch the same objects share it.
// Operators that watch different objects need a leader each.
func LeaseName(o Options) string {
	if o.Selector == nil && !o.isPartial() {
		return leaseName
	}
	watched := strings.Join(slices.Sorted(slices.Values(o.Namespaces)), ",") + "/"
	if o.NamespaceSelector != nil {
		watched = o.NamespaceSelector.String() + "//"
	}
	if o.Selector != nil {
		watched += o.Selector.String()
	}
	digest := sha256.Sum256([]byte(watched))
	return hex.EncodeToString(digest[:5]) + "." + leaseName
}
