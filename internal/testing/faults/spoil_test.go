// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
)

func TestSpoiledWrites(t *testing.T) {
	refused := errors.New("refused")
	cases := map[string]struct {
		reason string
		spoil  func(client.Object) error
		want   string
		err    error
	}{
		"Alone":   {reason: "the write goes through", spoil: func(client.Object) error { return nil }, want: "said"},
		"Refused": {reason: "nothing is sent", spoil: func(client.Object) error { return refused }, err: refused},
		"Changed": {
			reason: "the API server sees another object than the caller has",
			spoil: func(o client.Object) error {
				o.SetLabels(map[string]string{"label": "spoiled"})
				return nil
			},
			want: "spoiled",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			server := fake.NewClientBuilder().Build()
			c := Spoil(server, tc.spoil)
			object := configMap("a")
			object.Labels = map[string]string{"label": "said"}
			if err := c.Create(t.Context(), object); !errors.Is(err, tc.err) {
				t.Fatalf("%s: got %v", tc.reason, err)
			}
			var stored corev1.ConfigMap
			err := server.Get(t.Context(), client.ObjectKeyFromObject(object), &stored)
			if client.IgnoreNotFound(err) != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, stored.Labels["label"]); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
			if object.Labels["label"] != "said" || object.ResourceVersion != stored.ResourceVersion {
				t.Errorf("%s: the caller has %+v", tc.reason, object)
			}
		})
	}
}
