// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/seatplane/seatplane/internal/dataloader"
)

func TestPages(t *testing.T) {
	down := errors.New("down")
	cases := map[string]struct {
		reason string
		// pages are the numbers of objects on them; the list fails after the last with err.
		pages    []int
		err      error
		seen     []int
		requests int
		want     error
	}{
		"One":     {reason: "a list without more is whole", pages: []int{3}, seen: []int{3}, requests: 1},
		"Several": {reason: "each page is handed over once", pages: []int{200, 200, 1}, seen: []int{200, 200, 1}, requests: 3},
		"Empty":   {reason: "nothing is a page too", pages: []int{0}, seen: []int{0}, requests: 1},
		"TooMany": {reason: "the page beyond the bound is not handed over", pages: []int{MaxObjects, 1}, seen: []int{MaxObjects}, requests: 2, want: ErrTooMany},
		"Failure": {reason: "the error is what the API server says", pages: []int{200}, err: down, seen: []int{200}, requests: 1, want: down},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			asked := 0
			list := func(_ context.Context, _ client.WithWatch, list client.ObjectList, opts ...client.ListOption) error {
				options := (&client.ListOptions{}).ApplyOptions(opts)
				if options.Limit != PageSize || options.Namespace != "shop" || (options.Continue != "") != (asked > 0) {
					t.Errorf("%s: asked for %+v", tc.reason, options)
				}
				if asked == len(tc.pages) {
					return tc.err
				}
				list.(*corev1.ConfigMapList).Items = make([]corev1.ConfigMap, tc.pages[asked])
				if asked++; asked < len(tc.pages) || tc.err != nil {
					list.SetContinue("more")
				}
				return nil
			}
			live := fake.NewClientBuilder().WithInterceptorFuncs(interceptor.Funcs{List: list}).Build()
			var seen []int
			requests, err := Pages(t.Context(), live, func() *corev1.ConfigMapList { return &corev1.ConfigMapList{} },
				func(page *corev1.ConfigMapList) { seen = append(seen, len(page.Items)) }, client.InNamespace("shop"))
			if !errors.Is(err, tc.want) || requests != tc.requests {
				t.Errorf("%s: %d requests and the error %v", tc.reason, requests, err)
			}
			if diff := cmp.Diff(tc.seen, seen); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

func TestRows(t *testing.T) {
	want := []dataloader.Row{{Key: "acme", Count: "12"}, {Key: "bolt", Count: "3"}}
	if diff := cmp.Diff(want, Rows(map[string]int64{"bolt": 3, "acme": 12})); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
