// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package documents reads what the documentation says and tries it: manifests on a real API server,
// values with the chart, links on the files that they lead to, and the pages of the kinds on the
// conditions that the API has.
//
// A fenced block of YAML is whole manifests, or says after the word yaml what it is instead: status is
// an object as kubectl shows it, values are values of the Helm chart.
package documents
