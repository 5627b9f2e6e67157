// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package loading holds the rules by which seats are counted. Each rule is stated once, for every
// controller that needs it:
//
//	connection.go  which items a product's data loader counts, under which key, and who owns a key
//	schedule.go    when a product's refreshes are due, and when the next one is
//	due.go         what is due on which clock, and for which token
//	attempts.go    when a load that is due may begin: backoff, spacing, answers that can be told apart
//	findings.go    what an answer means for each item
//
// The package is pure. It takes plain values, which internal/record reads off API objects, and it reads no
// clock, no cluster and no source.
package loading
