// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package kubernetes

import (
	"k8s.io/apimachinery/pkg/labels"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/facts"
)

// selectorOf parses a label selector. Without one, every object counts. The error is a
// *dataloader.Failure.
func selectorOf(written *v1alpha1.LabelSelector) (labels.Selector, error) {
	read, err := facts.Selector(written)
	if err != nil {
		return nil, dataloader.Failf(dataloader.ReasonInvalidExpression, "labelSelector cannot be read: %s", err)
	}
	return read, nil
}
