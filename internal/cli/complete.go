// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// completeNames completes the first argument with the names of objects. It reads one page of names: a namespace with
// more is too large to choose from.
func (o *Options) completeNames(resource string) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		c, err := o.Connect()
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		names, err := namesOf(cmd.Context(), c, resource, begun)
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}

// namesOf returns the names that begin with what was typed.
func namesOf(ctx context.Context, c *Cluster, resource, begun string) ([]string, error) {
	list := &metav1.PartialObjectMetadataList{}
	for kind := range c.Scheme().KnownTypes(v1alpha1.GroupVersion) {
		if strings.ToLower(kind)+"s" == resource {
			list.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind(kind + "List"))
		}
	}
	if err := c.List(ctx, list, client.InNamespace(c.Namespace), client.Limit(pageSize)); err != nil {
		return nil, err
	}
	var names []string
	for n := range list.Items {
		if strings.HasPrefix(list.Items[n].Name, begun) {
			names = append(names, list.Items[n].Name)
		}
	}
	return names, nil
}
