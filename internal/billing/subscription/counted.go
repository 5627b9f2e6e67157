// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

// Counting holds the facts that decide whether a data loader counts an item
// (billing.md#12-refreshes).
type Counting struct {
	// InForce means that the subscription currently has the item.
	InForce bool
	// Metered means that its usage is read. The plan in force decides, or the declared plan of an
	// item that is not in force.
	Metered bool
	// Declared means that the spec lists the item, HasQuantity that it declares its quantity.
	Declared, HasQuantity bool
	// ActedOn means that the spec's item took effect before. If it is not in force now, it was
	// removed since.
	ActedOn bool
}

// CountingOf returns the facts about an item of a subscription in the given state.
func CountingOf(s *State, in *Input, name string) Counting {
	declared, inSpec := in.Terms.item(name)
	_, actedOn := s.ActedOn.item(name)
	counting := Counting{Declared: inSpec, HasQuantity: declared.Quantity != nil, ActedOn: actedOn}
	if item := s.item(name); item != nil {
		counting.InForce, counting.Metered = true, item.Metered
		return counting
	}
	counting.Metered = in.Products[declared.Product].Plans[declared.Plan].Metered && declared.Recurring
	return counting
}

// Connected reports whether the item is counted or read: it is in force or about to be added, and
// the spec does not set its quantity. The quantity of a metered item does not matter.
func (c Counting) Connected() bool {
	exists := c.InForce || c.Declared && !c.ActedOn
	return exists && (c.Metered || !c.Declared || !c.HasQuantity)
}

// SetsQuantity reports whether a loaded count becomes the item's quantity.
func (c Counting) SetsQuantity() bool { return c.Connected() && !c.Metered }
