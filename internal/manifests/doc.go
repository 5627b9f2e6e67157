// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package manifests reads manifests from files, and checks them as the API server would: unknown fields, defaults, the
// schema and the CEL rules of config/crd. It asks no API server.
//
// What depends on a cluster is not checked: the admission policies of config/admission, quotas, and who may write what.
package manifests
