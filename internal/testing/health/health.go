// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package health reads our objects as tools without any knowledge of them do (kubectl wait, Flux,
// Argo CD): by the rules of kstatus. Only tests use it.
package health

import (
	"fmt"

	kstatus "github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// The possible results.
const (
	// Current means that the object is in its desired state.
	Current = kstatus.CurrentStatus
	// InProgress means that it will be, without anyone editing the object.
	InProgress = kstatus.InProgressStatus
	// Failed means that it will not be until a person acts.
	Failed = kstatus.FailedStatus
)

// Of computes the kstatus of an object that the API server returned, from its conditions, its
// deletion, and whether its status is about its current generation.
func Of(object client.Object) (kstatus.Status, error) {
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object)
	if err != nil {
		return "", fmt.Errorf("read %T %s: %w", object, object.GetName(), err)
	}
	result, err := kstatus.Compute(&unstructured.Unstructured{Object: content})
	if err != nil {
		return "", fmt.Errorf("compute the health of %T %s: %w", object, object.GetName(), err)
	}
	return result.Status, nil
}
