// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package crash

// scenarios is the table. Every plan applies to every entry.
var scenarios = []Scenario{
	// How many seats: quantities_test.go and schedules_test.go.
	renewal, upAndDown, invoicedAtOnce, twoItemsEdited, quantityToZero, twoAtOnce, invalidBetweenValid,
	eachCalculation, eachPayment, atTheVeryBoundary, boundaryMeetsUpdate, withdrawnWhilePending,
	policyAndPriceEdited, effectsOwed,
	// Which items and plans: items_test.go.
	planRetained, planReset, planResetByEdit, chargedAnewBeforeItIsDue, itemsBought, editThatWaits, previewedFirst,
	// From the start to the end: lives_test.go and trials_test.go.
	cancelledNow, cancelledAtPeriodEnd, suspended, deletion, deletedBeforeItsStart, abandoned, recreated,
	inArrears, trialEndedByChange, trialOnly,
	// What EventSinks are told: sinks_test.go.
	renewalTold, deletionTold, heldTold, scheduledTold,
	// What a source counts: refreshes_test.go and meters_test.go.
	refreshOfThreeInTen, firstCounts, sameCountAgain, heldAndApproved, refreshRacesUpdate, appliedWithTheRefresh,
	meteredOverBoundary, meterReplaced,
	// What is settled, and what comes back: settled_test.go.
	unitsSettled, creditedPredecessor, trialLeavesTrace, trialMoved, invoiceAhead, parkedReplay,
	// What a cache never showed, and what a person lets go on: comesback_test.go and parked_test.go.
	comesBackAtOnce, parkedThenUnparked,
	// Who has a seat, and how long records are kept: seats_test.go and records_test.go.
	seatsHeld, recordsNotKept,
}
