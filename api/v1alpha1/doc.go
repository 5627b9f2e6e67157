// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package v1alpha1 is the contract between Seatplane and its users: the kinds of the API group
// billing.seatplane.dev in version v1alpha1, what each field means, and what is refused at admission.
//
// It holds types, markers and constants, and no logic. What one object can prove wrong alone is
// refused by the schema and the CEL rules here; what depends on another object, on the clock or on
// parsing is a condition that the operator reports.
//
// +kubebuilder:object:generate=true
// +kubebuilder:ac:generate=true
// +kubebuilder:ac:output:package="../applyconfiguration"
// +groupName=billing.seatplane.dev
package v1alpha1
