// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

const (
	// fieldManager is the plugin's name in managed fields.
	fieldManager = "kubectl-seatplane"

	// pageSize is how many objects one request lists, as in kubectl.
	pageSize = 500

	// answerPatience is how long the plugin waits for one answer, unless --request-timeout is set.
	answerPatience = 30 * time.Second
)

// Cluster is the cluster that the flags select, and the namespace in it.
type Cluster struct {
	client.WithWatch

	// Namespace is where named objects are.
	Namespace string

	// Host is the address of the API server, for messages.
	Host string
}

// Connect returns the cluster that the flags select. It makes no request.
func (o *Options) Connect() (*Cluster, error) {
	config, err := o.Config()
	if err != nil {
		return nil, err
	}
	namespace, _, err := o.Flags.ToRawKubeConfigLoader().Namespace()
	if err != nil {
		return nil, err
	}
	if config.QPS == 0 {
		config.QPS = -1 // the API server shares itself out among its clients, and a person waits
	}
	if config.Timeout == 0 {
		config.Timeout = answerPatience
	}
	scheme, err := newScheme()
	if err != nil {
		return nil, err
	}
	c, err := client.NewWithWatch(config, client.Options{Scheme: scheme, Mapper: mapperOf(scheme)})
	if err != nil {
		return nil, fmt.Errorf("make a client: %w", err)
	}
	return &Cluster{WithWatch: c, Namespace: namespace, Host: config.Host}, nil
}

// newScheme has the project's kinds, the Deployment of the operator, and the Secrets of EventSinks.
func newScheme() (*runtime.Scheme, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{v1alpha1.AddToScheme, appsv1.AddToScheme, corev1.AddToScheme} {
		if err := add(scheme); err != nil {
			return nil, fmt.Errorf("register the kinds: %w", err)
		}
	}
	return scheme, nil
}

// mapperOf knows the resources of the project's kinds without asking the cluster, which saves requests.
func mapperOf(scheme *runtime.Scheme) meta.RESTMapper {
	mapper := meta.NewDefaultRESTMapper([]schema.GroupVersion{v1alpha1.GroupVersion, appsv1.SchemeGroupVersion, corev1.SchemeGroupVersion})
	mapper.Add(corev1.SchemeGroupVersion.WithKind("Secret"), meta.RESTScopeNamespace)
	mapper.Add(appsv1.SchemeGroupVersion.WithKind("Deployment"), meta.RESTScopeNamespace)
	for kind := range scheme.KnownTypes(v1alpha1.GroupVersion) {
		scope := meta.RESTScopeNamespace
		if kind == string(v1alpha1.KindClusterProrationPolicy) {
			scope = meta.RESTScopeRoot
		}
		mapper.Add(v1alpha1.GroupVersion.WithKind(kind), scope)
	}
	return mapper
}

// Find reads an object of the namespace by its name. If there is none, the error explains how to list those that exist.
func (c *Cluster) Find(ctx context.Context, name string, object client.Object) error {
	return c.Get(ctx, client.ObjectKey{Namespace: c.Namespace, Name: name}, object)
}

// Pages lists objects of a namespace, or of all namespaces for "", page by page, and calls each with every page. Each page
// is a new list, so each may keep it.
func Pages[T any, L interface {
	*T
	client.ObjectList
}](ctx context.Context, c *Cluster, namespace string, each func(L) error, opts ...client.ListOption) error {
	opts = append([]client.ListOption{client.InNamespace(namespace), client.Limit(pageSize)}, opts...)
	for next := ""; ; {
		page := L(new(T))
		if err := c.List(ctx, page, append(opts[:len(opts):len(opts)], client.Continue(next))...); err != nil {
			return err
		}
		if err := each(page); err != nil {
			return err
		}
		if next = page.GetContinue(); next == "" {
			return nil
		}
	}
}
