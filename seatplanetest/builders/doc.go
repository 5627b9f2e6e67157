// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package builders creates objects of Seatplane for tests: MakeX("name", "namespace").Field(value).Obj(). A field that no
// method sets stays empty, so a test only states what matters to it. With sets fields that have no
// method of their own. Leave the namespace empty for objects that seatplanetest creates: it fills in its own.
package builders
