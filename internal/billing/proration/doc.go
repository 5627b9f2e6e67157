// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package proration says what a change in mid-period costs and why.
//
// One file holds one rule of the billing design: share.go how much of a period
// a change covers (section 2), settle.go how a line is rounded without drift
// (section 3), charge.go what a period, a stub and usage cost (sections 1, 4,
// 11), quantity.go what a change of a quantity costs (section 5), items.go what
// a change of plans and items costs (section 6), arrears.go what an item in
// arrears owes when its period is cut short (section 8), explain.go how a line
// explains itself.
//
// Everything is a function of values: no clock, no I/O, no float.
package proration
