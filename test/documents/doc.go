// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package documents tests what the documentation says: manifests on a real API server, values with the
// chart, links, and the pages of the kinds against the conditions of the API.
//
// A fenced block of YAML is a list of complete manifests, unless a word after yaml says otherwise:
// status is an object as kubectl shows it, and values are values of the Helm chart.
package documents
