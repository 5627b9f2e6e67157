// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package subscription

// Why a subscription cannot take its next step.
const (
	ProductNotFound  Reason = "ProductNotFound"
	PlanNotFound     Reason = "PlanNotFound"
	PolicyNotReady   Reason = "PolicyNotReady"
	MixedCurrency    Reason = "MixedCurrency"
	MixedInterval    Reason = "MixedInterval"
	InvalidTimeZone  Reason = "InvalidTimeZone"
	InvalidTrial     Reason = "InvalidTrial"
	WaitingForSeats  Reason = "WaitingForSeats"
	StartTimeInPast  Reason = "StartTimeInPast"
	PredecessorFound Reason = "PredecessorFound"
	ReasonParked     Reason = "Parked"
	ReasonSuspended  Reason = "Suspended"

	BilledUntilTooLate      Reason = "BilledUntilTooLate"
	BilledUntilNotABoundary Reason = "BilledUntilNotABoundary"
)

// What can be wrong with the usage of metered items.
const (
	SoftLimitReached       Reason = "SoftLimitReached"
	TrialUsageLimitReached Reason = "TrialUsageLimitReached"
	HardLimitReached       Reason = "HardLimitReached"
	ReadingWentBack        Reason = "ReadingWentBack"
	NotMetered             Reason = "NotMetered"
)

// Why an update waits, or what its result was. BelowMinimum and AboveMaximum also keep a
// subscription from starting.
const (
	ReasonApplied                 Reason = "Applied"
	ReasonScheduled               Reason = "Scheduled"
	AwaitingApproval              Reason = "AwaitingApproval"
	ReasonPreviewed               Reason = "Previewed"
	NotStarted                    Reason = "NotStarted"
	UnknownItem                   Reason = "UnknownItem"
	DeclaredInSpec                Reason = "DeclaredInSpec"
	LoadedFromSource              Reason = "LoadedFromSource"
	BelowMinimum                  Reason = "BelowMinimum"
	AboveMaximum                  Reason = "AboveMaximum"
	SeatsAssigned                 Reason = "SeatsAssigned"
	EffectiveTimeInClosedPeriod   Reason = "EffectiveTimeInClosedPeriod"
	EffectiveTimeAfterPeriod      Reason = "EffectiveTimeAfterPeriod"
	EffectiveTimeBeforeLastChange Reason = "EffectiveTimeBeforeLastChange"
	InvalidItems                  Reason = "InvalidItems"
	InvalidCause                  Reason = "InvalidCause"
	AmountTooLarge                Reason = "AmountTooLarge"
	TooManyLines                  Reason = "TooManyLines"
	CurrencyChange                Reason = "CurrencyChange"
	IntervalChangeNeedsReset      Reason = "IntervalChangeNeedsReset"
	PreviewOutdated               Reason = "PreviewOutdated"
	ChangedByUpdate               Reason = "ChangedByUpdate"
	SubscriptionCanceled          Reason = "SubscriptionCanceled"
	SupersededBySpec              Reason = "SupersededBySpec"
	SupersededByRefresh           Reason = "SupersededByRefresh"
)

// AppliedMessage is the message of an update that was applied, next to ReasonApplied.
const AppliedMessage = "Applied."

// WaitsByItself reports whether the reason concerns one update alone. Such an update is rejected,
// or waits if it was created for the spec, and blocks nothing else. Any other reason concerns
// another object; once that object exists again, everything is replayed in order
// (billing.md#13-time).
func (r Reason) WaitsByItself() bool {
	switch r {
	case UnknownItem, DeclaredInSpec, LoadedFromSource, BelowMinimum, AboveMaximum, SeatsAssigned,
		EffectiveTimeInClosedPeriod, EffectiveTimeAfterPeriod, EffectiveTimeBeforeLastChange,
		InvalidItems, InvalidCause, AmountTooLarge, TooManyLines, CurrencyChange, IntervalChangeNeedsReset, WaitingForSeats,
		PreviewOutdated:
		return true
	default:
		return false
	}
}

// NeedsPerson reports whether a fault of a subscription persists until somebody edits the
// subscription. Other faults end when another object appears or changes.
func (r Reason) NeedsPerson() bool {
	switch r {
	case MixedCurrency, MixedInterval, InvalidTimeZone, InvalidTrial, StartTimeInPast, PredecessorFound,
		BilledUntilTooLate, BilledUntilNotABoundary, BelowMinimum, AboveMaximum, AmountTooLarge, TooManyLines,
		ReasonParked:
		return true
	default:
		return false
	}
}
