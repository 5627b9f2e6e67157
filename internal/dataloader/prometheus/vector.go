// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package prometheus

import "github.com/seatplane/seatplane/internal/dataloader"

// vector collects the rows of a vector from its samples.
type vector struct {
	keyLabel string
	rows     []dataloader.Row
	// unlabeled is the number of samples without the label of the key.
	unlabeled int
	// odd means that an element was not a sample. It is reported at the end, because the elements of a
	// matrix or of a scalar are not samples either, and the type of the result may come after it.
	odd bool
}

// add reads one element of a result.
func (v *vector) add(element any) error {
	sample, isObject := element.(map[string]any)
	metric, isMetric := sample["metric"].(map[string]any)
	if !isObject || sample["metric"] != nil && !isMetric {
		v.odd = true
		return nil
	}
	if len(v.rows) == maxRows {
		return fail("the query yields more than %d samples: count in the query, with sum by (%s) (…)", maxRows, v.keyLabel)
	}
	label, has := metric[v.keyLabel]
	key, isText := label.(string)
	if has && !isText {
		v.odd = true
		return nil
	}
	if key == "" {
		// To Prometheus, an empty label is the same as no label.
		v.unlabeled++
	}
	v.rows = append(v.rows, dataloader.Row{Key: key, NullKey: key == "", Count: count(sample)})
	return nil
}

// finish returns the rows of a completely read vector.
func (v *vector) finish() ([]dataloader.Row, error) {
	switch {
	case v.odd:
		return nil, fail("the answer is not from the API of Prometheus: its vector cannot be read")
	case v.unlabeled > 0 && v.unlabeled == len(v.rows):
		return nil, fail("no sample of the answer has the label %q that keyLabel names: keep it in the query, as in sum by (%s) (…)", v.keyLabel, v.keyLabel)
	}
	return v.rows, nil
}

// count returns the number of a sample exactly as Prometheus wrote it. A value that is not a number is
// described, so that Judge refuses it. A value is a pair of the time and the number as a text.
func count(sample map[string]any) string {
	if sample["histogram"] != nil {
		return "a histogram"
	}
	pair, _ := sample["value"].([]any)
	if len(pair) != 2 {
		return "no value"
	}
	if text, ok := pair[1].(string); ok {
		return text
	}
	return "no value"
}
