// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package builders makes objects for tests: MakeX("name", "ns").Field(v).Obj(). What a builder leaves
// alone, the object leaves out; a test says what matters to it and no more. With reaches the fields
// that have no method of their own.
package builders
