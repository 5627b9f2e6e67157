// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

// Edit is what an edit of the spec asks for: an update that is to be made for it,
// of the quantity of one item, or of all else.
type Edit struct {
	// Item whose quantity changes to Quantity; empty where the list of items does.
	Item     string
	Quantity int64
	// Items is the list as the spec declares it; nil where one quantity changes.
	Items []TermsItem
}

// Edits compares the spec with the one last acted on and returns an update for
// each item of which only the quantity changed, in the order of the spec, and
// then one for all else (billing.md#6-items and billing.md#7-schedules). What
// the edit did not touch stays, even where an update changed it since.
func Edits(s State, t Terms, open []Update) []Edit {
	if !s.Started() {
		return nil
	}
	var edits []Edit
	for _, item := range t.Items {
		if quantityEdited(s, t, item) && !hasEdit(open, item.Name, t.Generation) {
			edits = append(edits, Edit{Item: item.Name, Quantity: *item.Quantity})
		}
	}
	if listEdited(s, t) && !hasEdit(open, "", t.Generation) {
		edits = append(edits, Edit{Items: t.Items})
	}
	return edits
}

// quantityEdited reports whether an item's quantity was edited and nothing else of
// it.
func quantityEdited(s State, t Terms, item TermsItem) bool {
	acted, found := s.ActedOn.item(item.Name)
	switch {
	case !found, item.Quantity == nil, acted.Generation >= t.Generation, !acted.sameButQuantity(item):
		return false
	default:
		return acted.Quantity == nil || *acted.Quantity != *item.Quantity
	}
}

// listEdited reports whether an item came, went, or changed in anything but its
// quantity.
func listEdited(s State, t Terms) bool {
	if s.ActedOn.Generation >= t.Generation {
		return false
	}
	for _, item := range t.Items {
		acted, found := s.ActedOn.item(item.Name)
		if !found || !acted.sameButQuantity(item) {
			return true
		}
	}
	return len(s.ActedOn.Items) != len(t.Items)
}

// hasEdit reports whether the update for an edit is there already; item is empty
// for that of the list.
func hasEdit(open []Update, item string, generation int64) bool {
	for i := range open {
		c := open[i].Cause
		if open[i].Origin == OriginSpec && c.Item == item && c.Generation == generation {
			return true
		}
	}
	return false
}
