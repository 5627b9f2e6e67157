// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// Types of conditions.
const (
	// ConditionReady says whether the object is what its spec asks for. Every kind but Invoice has it.
	ConditionReady = "Ready"

	// ConditionReconciling is True while the operator, or what it waits for, is still on the way to
	// Ready; absent otherwise.
	ConditionReconciling = "Reconciling"

	// ConditionStalled is True while the operator cannot get to Ready by itself; absent otherwise.
	ConditionStalled = "Stalled"

	// ConditionLoaded says how the last refresh of a SeatProduct went.
	ConditionLoaded = "Loaded"

	// ConditionInSync says whether a Subscription is what its spec declares.
	ConditionInSync = "InSync"

	// ConditionSeatsWithinLimits says whether the quantities of a Subscription are within its plans' seats.
	ConditionSeatsWithinLimits = "SeatsWithinLimits"

	// ConditionSeatsCurrent says whether the counts of a Subscription are those of the last refresh. It
	// is False only when this subscription's own key failed.
	ConditionSeatsCurrent = "SeatsCurrent"

	// ConditionUsageWithinLimits says whether the usage of a Subscription is within its limits.
	ConditionUsageWithinLimits = "UsageWithinLimits"

	// ConditionApplied says whether a SubscriptionUpdate has taken effect.
	ConditionApplied = "Applied"

	// ConditionAssigned says whether the holder of a SeatAssignment has a seat.
	ConditionAssigned = "Assigned"

	// ConditionPaid is set on an Invoice by whoever collects.
	ConditionPaid = "Paid"

	// ConditionVoid is set on an Invoice by whoever collects.
	ConditionVoid = "Void"

	// ConditionArchived is set on an Invoice by whoever archives; retention deletes only what has it.
	ConditionArchived = "Archived"
)

// Reasons that several kinds share.
const (
	// ReasonReconciled says that all is as the spec asks for.
	ReasonReconciled = "Reconciled"

	// ReasonProgressing says that the operator is at work on it.
	ReasonProgressing = "Progressing"

	// ReasonSecretNotFound says that a Secret, or its key, does not exist.
	ReasonSecretNotFound = "SecretNotFound"

	// ReasonSecretNotAllowed says that a Secret does not carry the label that lets the operator read it.
	ReasonSecretNotAllowed = "SecretNotAllowed"

	// ReasonSuspended says that a person stopped it.
	ReasonSuspended = "Suspended"

	// ReasonBelowMinimum says that a quantity is below the plan's minimum.
	ReasonBelowMinimum = "BelowMinimum"

	// ReasonAboveMaximum says that a quantity is above the plan's maximum.
	ReasonAboveMaximum = "AboveMaximum"

	// ReasonSeatsAssigned says that a quantity would be below the seats that have a holder.
	ReasonSeatsAssigned = "SeatsAssigned"

	// ReasonScheduled says that a change waits for its time.
	ReasonScheduled = "Scheduled"

	// ReasonSubscriptionNotFound says that there is no Subscription of that name, or no longer one of
	// that UID.
	ReasonSubscriptionNotFound = "SubscriptionNotFound"

	// ReasonUnknownItem says that the subscription has no item of that name.
	ReasonUnknownItem = "UnknownItem"

	// ReasonWithinLimits says that no limit is exceeded.
	ReasonWithinLimits = "WithinLimits"

	// ReasonBadCounts says that counts were negative, fractional, unparsable, absurd or ambiguous.
	ReasonBadCounts = "BadCounts"
)

// Reasons of the condition Loaded of a SeatProduct.
const (
	// ReasonRefreshed says that the last refresh succeeded.
	ReasonRefreshed = "Refreshed"

	// ReasonSourceUnreachable says that the source did not answer.
	ReasonSourceUnreachable = "SourceUnreachable"

	// ReasonSourceError says that the source answered with an error.
	ReasonSourceError = "SourceError"

	// ReasonEmptyResult says that the answer had no rows although customers have seats.
	ReasonEmptyResult = "EmptyResult"

	// ReasonInvalidSchedule says that the schedule or its time zone cannot be parsed.
	ReasonInvalidSchedule = "InvalidSchedule"

	// ReasonInvalidExpression says that an expression cannot be compiled or evaluated.
	ReasonInvalidExpression = "InvalidExpression"
)

// Reasons of the condition Ready of a proration policy.
const (
	// ReasonExternalRefConflict says that an older policy has the same externalRef.
	ReasonExternalRefConflict = "ExternalRefConflict"
)

// Reasons of the condition Ready of a Subscription.
const (
	// ReasonProductNotFound says that an item's product does not exist.
	ReasonProductNotFound = "ProductNotFound"

	// ReasonPlanNotFound says that an item's product has no plan of that name.
	ReasonPlanNotFound = "PlanNotFound"

	// ReasonPolicyNotReady says that a proration policy does not exist or is not Ready.
	ReasonPolicyNotReady = "PolicyNotReady"

	// ReasonMixedCurrency says that the items' plans differ in currency.
	ReasonMixedCurrency = "MixedCurrency"

	// ReasonMixedInterval says that the items' plans differ in interval.
	ReasonMixedInterval = "MixedInterval"

	// ReasonInvalidTimeZone says that the time zone is not in the IANA database.
	ReasonInvalidTimeZone = "InvalidTimeZone"

	// ReasonInvalidTrial says that the trial does not fit the subscription.
	ReasonInvalidTrial = "InvalidTrial"

	// ReasonWaitingForSeats says that a loaded item has no count yet.
	ReasonWaitingForSeats = "WaitingForSeats"

	// ReasonClockNotFound says that the TestClock does not exist.
	ReasonClockNotFound = "ClockNotFound"

	// ReasonStartTimeInPast says that the start is more than a whole period in the past, without a
	// billedUntil.
	ReasonStartTimeInPast = "StartTimeInPast"

	// ReasonPredecessorFound says that there are invoices of an earlier subscription of this name and
	// customer, and that billedUntil is unset or lies before what that one was billed for.
	ReasonPredecessorFound = "PredecessorFound"

	// ReasonDuplicateKey says that an older subscription, or an earlier item, takes the same key of the
	// same product.
	ReasonDuplicateKey = "DuplicateKey"

	// ReasonCanceled says that the subscription has ended.
	ReasonCanceled = "Canceled"

	// ReasonParked says that the subscription waits for a person to let it go on, by the annotation
	// billing.seatplane.dev/unpark.
	ReasonParked = "Parked"

	// ReasonBilledUntilTooLate says that billedUntil lies more than one billing period after the present, or
	// after what an earlier subscription of this name and customer was billed for.
	ReasonBilledUntilTooLate = "BilledUntilTooLate"

	// ReasonBilledUntilNotABoundary says that billedUntil is not a boundary of the billing periods.
	ReasonBilledUntilNotABoundary = "BilledUntilNotABoundary"

	// ReasonAmountTooLarge says that an amount would have more than 15 digits before the decimal point.
	ReasonAmountTooLarge = "AmountTooLarge"

	// ReasonTooManyLines says that a document, or the lines that wait for one, would have too many lines.
	ReasonTooManyLines = "TooManyLines"

	// ReasonCommitRefused says that the API server refused a write that the subscription needs, or that a refresh of a
	// SeatProduct needs.
	ReasonCommitRefused = "CommitRefused"

	// ReasonEffectsOwed says that a write which the last commit owes could not be made yet.
	ReasonEffectsOwed = "EffectsOwed"

	// ReasonInvoiceNameTaken says that an object which is not this subscription's has the name of an
	// invoice that is owed.
	ReasonInvoiceNameTaken = "InvoiceNameTaken"

	// ReasonUpdateNameTaken says that other objects have every name that the SubscriptionUpdate of an edit or
	// of a count could have.
	ReasonUpdateNameTaken = "UpdateNameTaken"
)

// Reasons of the condition InSync of a Subscription, in addition to the reason of an edit that cannot
// apply.
const (
	// ReasonInSync says that what is in force is what the spec declares.
	ReasonInSync = "InSync"

	// ReasonChangedByUpdate says that an update changed on purpose what the spec declares.
	ReasonChangedByUpdate = "ChangedByUpdate"
)

// Reasons of the conditions SeatsCurrent and UsageWithinLimits of a Subscription.
const (
	// ReasonCurrent says that the counts are those of the last refresh.
	ReasonCurrent = "Current"

	// ReasonKeyMissing says that the answer has no row for this subscription's key.
	ReasonKeyMissing = "KeyMissing"

	// ReasonSoftLimitReached says that usage reached the soft limit.
	ReasonSoftLimitReached = "SoftLimitReached"

	// ReasonTrialUsageLimitReached says that usage reached the trial limit.
	ReasonTrialUsageLimitReached = "TrialUsageLimitReached"

	// ReasonHardLimitReached says that usage reached the hard limit and is capped there.
	ReasonHardLimitReached = "HardLimitReached"

	// ReasonReadingWentBack says that a reading was lower than the one before and was counted from zero.
	ReasonReadingWentBack = "ReadingWentBack"

	// ReasonNotMetered says that limits on a licensed item are ignored.
	ReasonNotMetered = "NotMetered"
)

// Reasons of the condition Applied of a SubscriptionUpdate.
const (
	// ReasonApplied says that the change has taken effect.
	ReasonApplied = "Applied"

	// ReasonAwaitingApproval says that the change is Held until spec.approved is true.
	ReasonAwaitingApproval = "AwaitingApproval"

	// ReasonNotStarted says that the subscription, or the item, is not in force yet: the change waits
	// for it.
	ReasonNotStarted = "NotStarted"

	// ReasonPreviewed says that the change was computed and nothing was changed.
	ReasonPreviewed = "Previewed"

	// ReasonDeclaredInSpec says that the spec declares the item's quantity, so that the spec is where to
	// change it.
	ReasonDeclaredInSpec = "DeclaredInSpec"

	// ReasonLoadedFromSource says that the product's data loader counts the item.
	ReasonLoadedFromSource = "LoadedFromSource"

	// ReasonEffectiveTimeInClosedPeriod says that the effective time lies before the current period.
	ReasonEffectiveTimeInClosedPeriod = "EffectiveTimeInClosedPeriod"

	// ReasonEffectiveTimeAfterPeriod says that the effective time lies at or after the period's end.
	ReasonEffectiveTimeAfterPeriod = "EffectiveTimeAfterPeriod"

	// ReasonEffectiveTimeBeforeLastChange says that the effective time lies before the item's newest
	// applied change.
	ReasonEffectiveTimeBeforeLastChange = "EffectiveTimeBeforeLastChange"

	// ReasonIntervalChangeNeedsReset says that a change of interval needs renewalPolicy Reset.
	ReasonIntervalChangeNeedsReset = "IntervalChangeNeedsReset"

	// ReasonCurrencyChange says that the currency of a subscription cannot change.
	ReasonCurrencyChange = "CurrencyChange"

	// ReasonInvalidItems says that the items of the change are not valid.
	ReasonInvalidItems = "InvalidItems"

	// ReasonInvalidCause says that an update claims to be the operator's and cannot be.
	ReasonInvalidCause = "InvalidCause"

	// ReasonSubscriptionCanceled says that the subscription has ended.
	ReasonSubscriptionCanceled = "SubscriptionCanceled"

	// ReasonPreviewOutdated says that the outcome would differ from the preview that expectedHash names.
	ReasonPreviewOutdated = "PreviewOutdated"

	// ReasonSupersededBySpec says that a newer edit of the subscription's spec took its place.
	ReasonSupersededBySpec = "SupersededBySpec"

	// ReasonSupersededByRefresh says that a newer count took its place.
	ReasonSupersededByRefresh = "SupersededByRefresh"
)

// Reasons of the condition Assigned of a SeatAssignment.
const (
	// ReasonAssigned says that the holder has a seat.
	ReasonAssigned = "Assigned"

	// ReasonWaitingForSeat says that no seat is free yet.
	ReasonWaitingForSeat = "WaitingForSeat"

	// ReasonDuplicateHolder says that an older assignment gives this holder a seat of the same item.
	ReasonDuplicateHolder = "DuplicateHolder"
)

// Reasons of the condition Ready of an EventSink.
const (
	// ReasonDelivering says that events are delivered as they come.
	ReasonDelivering = "Delivering"

	// ReasonDeliveryFailing says that an event could not be delivered and is tried again.
	ReasonDeliveryFailing = "DeliveryFailing"

	// ReasonDeadLettered says that events were given up.
	ReasonDeadLettered = "DeadLettered"
)
