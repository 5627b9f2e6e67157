// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package money holds amounts: exact decimals, exact fractions and currencies.
//
// Arithmetic is exact, always. Money is rounded in one place, [Currency.Round],
// once a line, half away from zero, to the currency's minor unit
// (billing.md#3-rounding). There is no float in this package and none may enter
// it.
package money
