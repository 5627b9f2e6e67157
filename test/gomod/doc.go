// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package gomod uses Seatplane as other modules do: it publishes the working tree as a version on a module proxy in a
// folder, and imports and installs that version.
package gomod
