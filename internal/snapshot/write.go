// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package snapshot writes and reads a file with everything that the amounts of subscriptions depend on: names, specs,
// prices and billing state, without secrets, addresses of data sources or people's addresses. With the file, previews can
// be computed without access to the cluster.
package snapshot

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/offline"
)

const (
	// SchemaVersion is the version of the format. It is raised if a reader of the previous version would compute
	// different amounts.
	SchemaVersion = "1"
	// Kind distinguishes a snapshot from other JSON.
	Kind = "Snapshot"
)

// head is everything in a snapshot before its subscriptions. These come last, one on each line, so that a reader needs
// memory for only one of them.
type head struct {
	Kind            string                             `json:"kind"`
	SchemaVersion   string                             `json:"schemaVersion"`
	Time            string                             `json:"time"`
	Products        []*v1alpha1.SeatProduct            `json:"products"`
	Policies        []*v1alpha1.ProrationPolicy        `json:"prorationPolicies"`
	ClusterPolicies []*v1alpha1.ClusterProrationPolicy `json:"clusterProrationPolicies"`
	Clocks          []*v1alpha1.TestClock              `json:"testClocks"`
	// Departed are invoices of subscriptions that do not exist any more.
	Departed []v1alpha1.Invoice `json:"departed"`
}

// subscriptionsKey is the field that holds the subscriptions.
const subscriptionsKey = "subscriptions"

// Write writes a source, with the invoices of subscriptions that departed. It returns how many subscriptions it wrote.
func Write(ctx context.Context, to io.Writer, source *offline.Source, departed []v1alpha1.Invoice) (subscriptions int, err error) {
	w := bufio.NewWriter(to)
	text, err := json.Marshal(headOf(source, departed))
	if err != nil {
		return 0, err
	}
	// The subscriptions are the last field of the same object.
	_, _ = w.Write(text[:len(text)-1])
	_, _ = fmt.Fprintf(w, ",%q:[", subscriptionsKey)
	err = source.Each(ctx, func(of offline.Case) error {
		line, err := json.Marshal(trimCase(of))
		if err != nil {
			return err
		}
		if subscriptions > 0 {
			_ = w.WriteByte(',')
		}
		_ = w.WriteByte('\n')
		_, err = w.Write(line)
		subscriptions++
		return err
	})
	if err != nil {
		return subscriptions, err
	}
	_, _ = w.WriteString("\n]}\n")
	return subscriptions, w.Flush()
}

func headOf(source *offline.Source, departed []v1alpha1.Invoice) head {
	h := head{Kind: Kind, SchemaVersion: SchemaVersion, Time: source.Time.UTC().Format(time.RFC3339), Departed: []v1alpha1.Invoice{}}
	c := source.Catalogue
	for _, p := range c.Products {
		h.Products = append(h.Products, trimProduct(p))
	}
	for _, p := range c.Policies {
		h.Policies = append(h.Policies, &v1alpha1.ProrationPolicy{ObjectMeta: trimMeta(p.ObjectMeta), Spec: p.Spec, Status: p.Status})
	}
	for _, p := range c.ClusterPolicies {
		h.ClusterPolicies = append(h.ClusterPolicies, &v1alpha1.ClusterProrationPolicy{ObjectMeta: trimMeta(p.ObjectMeta), Spec: p.Spec, Status: p.Status})
	}
	for _, t := range c.Clocks {
		h.Clocks = append(h.Clocks, &v1alpha1.TestClock{ObjectMeta: trimMeta(t.ObjectMeta), Spec: t.Spec})
	}
	for i := range departed {
		h.Departed = append(h.Departed, trimInvoice(&departed[i]))
	}
	slices.SortFunc(h.Products, func(a, b *v1alpha1.SeatProduct) int { return byName(a, b) })
	slices.SortFunc(h.Policies, func(a, b *v1alpha1.ProrationPolicy) int { return byName(a, b) })
	slices.SortFunc(h.ClusterPolicies, func(a, b *v1alpha1.ClusterProrationPolicy) int { return byName(a, b) })
	slices.SortFunc(h.Clocks, func(a, b *v1alpha1.TestClock) int { return byName(a, b) })
	slices.SortFunc(h.Departed, func(a, b v1alpha1.Invoice) int { return byName(&a, &b) })
	return h
}

// named is an object with a name.
type named interface {
	GetNamespace() string
	GetName() string
}

func byName(a, b named) int {
	return cmp.Or(cmp.Compare(a.GetNamespace(), b.GetNamespace()), cmp.Compare(a.GetName(), b.GetName()))
}

// trimCase keeps everything that the amounts of a subscription depend on.
func trimCase(of offline.Case) offline.Case {
	kept := offline.Case{
		Subscription: trimSubscription(of.Subscription), Finished: of.Finished, FinishedSpecs: of.FinishedSpecs, Obstacle: of.Obstacle,
	}
	for i := range of.Updates {
		kept.Updates = append(kept.Updates, trimUpdate(offline.WithoutReason(&of.Updates[i])))
	}
	for i := range of.Assignments {
		kept.Assignments = append(kept.Assignments, trimAssignment(&of.Assignments[i]))
	}
	return kept
}
