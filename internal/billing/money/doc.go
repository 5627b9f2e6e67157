// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package money provides amounts: exact decimals, exact fractions and currencies.
//
// Arithmetic is always exact. Money is rounded in one place, [Currency.Round]: once for each line,
// half away from zero, to the currency's minor unit (billing.md#3-rounding). This package uses no
// floats, and none may be added.
package money
