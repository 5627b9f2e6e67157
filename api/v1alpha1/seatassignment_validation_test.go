// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1_test

import "testing"

func TestSeatAssignmentValidation(t *testing.T) {
	validate(t, "SeatAssignment", entryNames("spec.item", ""), objectNames("spec.subscriptionRef.name", ""),
		identifiers("spec.holder.id", "", "the holder's id"), identifiers("spec.holder.email", "", "email"),
		displayNames("spec.holder.displayName", "", "displayName"), map[string]row{
			"the least": {reason: "a subscription, an item and a holder are enough"},
			"another name of the holder": {
				reason: "people change their names and addresses",
				edit:   "{spec.holder.displayName: Ada, spec.holder.email: ada@acme.example}",
			},
			"without the name of the holder": {
				reason: "what may change may go",
				from:   "full/seatassignment",
				edit:   "{spec.holder.displayName: null, spec.holder.email: null}",
			},
			"another holder": {
				reason:  "who held the seat would be forgotten",
				edit:    "{spec.holder.id: u-78}",
				refused: "the holder of a seat is immutable: delete this SeatAssignment and create another",
			},
			"another item": {
				reason:  "a seat of one item is no seat of another",
				edit:    "{spec.item: viewers}",
				refused: "the item of a SeatAssignment is immutable: delete this SeatAssignment and create another",
			},
			"another subscription": {
				reason:  "a seat belongs to one subscription",
				edit:    "{spec.subscriptionRef.name: globex}",
				refused: "the subscription of a SeatAssignment is immutable: delete this SeatAssignment and create another",
			},
		})
}
