// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package configmap

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
)

func TestLoad(t *testing.T) {
	counts := &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "seat-counts"},
		Data:       map[string]string{"bolt": "x", "acme": "7"},
		BinaryData: map[string][]byte{"coda": []byte("1")},
	}
	spec := &v1alpha1.DataLoader{ConfigMap: &v1alpha1.LocalReference{Name: "seat-counts"}}
	refuse := func(err error) interceptor.Funcs {
		return interceptor.Funcs{Get: func(context.Context, client.WithWatch, client.ObjectKey, client.Object, ...client.GetOption) error {
			return err
		}}
	}
	resource := schema.GroupResource{Resource: "configmaps"}
	cases := map[string]struct {
		reason    string
		namespace string
		live      interceptor.Funcs
		want      []dataloader.Row
		failure   dataloader.Reason
	}{
		"Counts":       {"one row an entry, by key, as written", "shop", interceptor.Funcs{}, []dataloader.Row{{Key: "acme", Count: "7"}, {Key: "bolt", Count: "x"}}, ""},
		"Missing":      {"another namespace's is not reached", "other", interceptor.Funcs{}, nil, dataloader.ReasonSourceUnreachable},
		"Forbidden":    {"no permission", "shop", refuse(apierrors.NewForbidden(resource, "x", errors.New("token hunter2"))), nil, dataloader.ReasonSourceError},
		"ServerIsDown": {"no API server", "shop", refuse(errors.New("dial tcp: hunter2")), nil, dataloader.ReasonSourceUnreachable},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			live := fake.NewClientBuilder().WithObjects(counts).WithInterceptorFuncs(tc.live).Build()
			scope := dataloader.Scope{Namespace: tc.namespace, Product: "editor-seat"}
			got, err := dataloader.NewRegistry(Provider{Live: live}).Load(t.Context(), scope, spec, dataloader.Request{Keys: []string{"acme"}})
			if tc.failure != "" {
				if failure, ok := errors.AsType[*dataloader.Failure](err); !ok || failure.Reason != tc.failure {
					t.Fatalf("%s: got %v", tc.reason, err)
				}
				return
			}
			if diff := cmp.Diff(dataloader.Answer{Rows: tc.want, Queries: 1}, got); err != nil || diff != "" {
				t.Errorf("%s: %v\n%s", tc.reason, err, diff)
			}
		})
	}
}

func TestNoSuchKind(t *testing.T) {
	registry := dataloader.NewRegistry(Provider{})
	spec := &v1alpha1.DataLoader{HTTP: &v1alpha1.HTTPSource{}}
	_, err := registry.Load(t.Context(), dataloader.Scope{}, spec, dataloader.Request{})
	if failure, ok := errors.AsType[*dataloader.Failure](err); !ok || failure.Reason != dataloader.ReasonSourceError {
		t.Errorf("a kind of source that is not built in: got %v", err)
	}
	if got := registry.SourceName(spec); got != "none" {
		t.Errorf("got %q", got)
	}
}
