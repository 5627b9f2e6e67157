// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package dataloader

import (
	"math"
	"strconv"
)

// maxExactFloat is the largest number up to which a double represents every whole number: 2^53.
const maxExactFloat = 1 << 53

// FloatKey formats a floating-point number that is a key. A whole number of at most 2^53 is written in
// digits, such as 1234567. Any other number does not identify a customer exactly, so the error is a *Failure.
func FloatKey(value float64) (string, error) {
	if math.Trunc(value) != value || math.Abs(value) > maxExactFloat {
		return "", Failf(ReasonSourceError,
			"a key is the number %s, which a floating-point number does not hold exactly: have the source answer with keys that are texts or integers",
			strconv.FormatFloat(value, 'g', -1, 64))
	}
	// The conversion to an integer turns minus zero into zero.
	return strconv.FormatInt(int64(value), 10), nil
}
