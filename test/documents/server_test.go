// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package documents

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// apiServer is a real one, with the kinds of the project.
type apiServer struct {
	client     client.Client
	namespaces int
}

func connect(config *rest.Config) (*apiServer, error) {
	c, err := client.New(config, client.Options{Scheme: scheme.Scheme})
	return &apiServer{client: c}, err
}

// patience is how long the server may take to answer.
const patience = 30 * time.Second

// newNamespace returns the name of a new namespace.
func (s *apiServer) newNamespace() (string, error) {
	s.namespaces++
	name := fmt.Sprintf("page-%d", s.namespaces)
	return name, s.ensureNamespace(name)
}

func (s *apiServer) ensureNamespace(name string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	err := s.client.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}})
	if apierrors.IsAlreadyExists(err) {
		return nil
	}
	return err
}

// apply applies an object for real. The server refuses fields that it does not know, what breaks a rule,
// and an edit of what is immutable. Namespaces that the object names are kept apart from other pages'.
func (s *apiServer) apply(object *unstructured.Unstructured, namespace string) error {
	namespaced, err := s.client.IsObjectNamespaced(object)
	if err != nil {
		return fmt.Errorf("the API server does not know %s: %w", object.GroupVersionKind(), err)
	}
	if namespaced {
		if named := object.GetNamespace(); named != "" {
			namespace += "-" + named
			if err := s.ensureNamespace(namespace); err != nil {
				return err
			}
		}
		object.SetNamespace(namespace)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	// controller-runtime has every apply validated strictly.
	return s.client.Apply(ctx, client.ApplyConfigurationFromUnstructured(object),
		client.FieldOwner("documents"), client.ForceOwnership)
}
