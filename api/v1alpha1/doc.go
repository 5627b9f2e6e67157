// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package v1alpha1 is the contract between Seatplane and its users: the kinds of the API group
// billing.seatplane.dev in version v1alpha1, what each field means, and what is refused at admission.
//
// It has types, markers and constants, and no logic. The schema and the CEL rules here refuse what is wrong
// regardless of anything else. If something depends on another object, on the clock or on parsing, the
// operator reports it in a condition.
//
// +kubebuilder:object:generate=true
// +kubebuilder:ac:generate=true
// +kubebuilder:ac:output:package="../applyconfiguration"
// +groupName=billing.seatplane.dev
package v1alpha1
