// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

// Edit is an update to be created for an edit of the spec. It changes the quantity of one item, or
// everything else.
type Edit struct {
	// Item is the item whose quantity changes to Quantity. It is empty if the list of items
	// changes.
	Item     string
	Quantity int64
	// Items is the list as the spec declares it, or nil if one quantity changes.
	Items []TermsItem
}

// Edits compares the spec with the one last acted on. It returns an update for each item whose
// quantity is all that changed, in the order of the spec, and then one for everything else
// (billing.md#6-items and billing.md#7-schedules). What the edit did not touch stays the same, even
// if an update has changed it since.
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

// quantityEdited reports whether the edit changed only the quantity of an item.
func quantityEdited(s State, t Terms, item TermsItem) bool {
	acted, found := s.ActedOn.item(item.Name)
	switch {
	case !found, item.Quantity == nil, acted.Generation >= t.Generation, !acted.sameButQuantity(item):
		return false
	default:
		return acted.Quantity == nil || *acted.Quantity != *item.Quantity
	}
}

// listEdited reports whether an item was added, removed, or changed in anything except its
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

// hasEdit reports whether the update for an edit exists already. An empty item means the update of
// the list.
func hasEdit(open []Update, item string, generation int64) bool {
	for i := range open {
		c := open[i].Cause
		if open[i].Origin == OriginSpec && c.Item == item && c.Generation == generation {
			return true
		}
	}
	return false
}
