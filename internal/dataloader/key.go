// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package dataloader

import (
	"math"
	"strconv"
)

// maxExactFloat is the largest number up to which a double represents every whole number: 2^53.
const maxExactFloat = 1 << 53

// FloatKey writes a floating-point number that is a key. A whole number of at most 2^53 in size is written in
// digits, such as 1234567. Any other number does not identify a customer exactly, so it is a *Failure.
func FloatKey(value float64) (string, error) {
	if math.Trunc(value) != value || math.Abs(value) > maxExactFloat {
		return "", Failf(ReasonSourceError,
			"a key is the number %s, which a floating-point number does not hold exactly: have the source answer with keys that are texts or integers",
			strconv.FormatFloat(value, 'g', -1, 64))
	}
	// Through an integer, so that minus zero is zero.
	return strconv.FormatInt(int64(value), 10), nil
}
