// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package english looks for phrases that make readers stumble, in everything that people read: pages, the
// descriptions of fields, the messages of validation rules, the messages of the operator, and the comments of its
// code. It does not judge style. It finds phrases that this project once used and that plain English puts differently.
package english
