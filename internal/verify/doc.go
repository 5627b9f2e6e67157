// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package verify recomputes the amounts of updates and invoices from their own records, with the arithmetic of the
// engine. It reads no cluster: an export is enough.
package verify
