// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package flux applies the example repository with Flux's own code: with the library that kustomize-controller applies
// with, and with kustomize-controller itself. It is a module of its own, because Seatplane does not depend on Flux.
package flux
