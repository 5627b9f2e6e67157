// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

// Edit is what an edit of the spec asks of one item: an update that is to be
// made for it.
type Edit struct {
	Item     string
	Quantity int64
}

// Edits compares the spec with the one last acted on and returns an update for
// each item of which only the quantity changed, in the order of the spec
// (billing design, sections 6 and 7). What the edit did not touch stays, even
// where an update changed it since.
func Edits(s State, t Terms, open []Update) []Edit {
	if !s.Started() {
		return nil
	}
	var edits []Edit
	for _, item := range t.Items {
		acted, found := s.ActedOn.item(item.Name)
		if !found || item.Quantity == nil || acted.Generation >= t.Generation {
			continue
		}
		if acted.Quantity != nil && *acted.Quantity == *item.Quantity {
			continue
		}
		if !hasEdit(open, item.Name, t.Generation) {
			edits = append(edits, Edit{Item: item.Name, Quantity: *item.Quantity})
		}
	}
	return edits
}

// hasEdit reports whether the update for an item's edit is there already.
func hasEdit(open []Update, item string, generation int64) bool {
	for i := range open {
		c := open[i].Cause
		if open[i].Origin == OriginSpec && c.Item == item && c.Generation == generation {
			return true
		}
	}
	return false
}
