// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package english looks for phrases that make readers stumble, in everything that users read: pages, the
// descriptions of fields, the messages of validation rules, and the messages of the operator. It does not
// judge style. It finds the phrases that this project once used and that plain English says otherwise.
package english
