// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// Types of conditions.
const (
	// ConditionReady reports whether the spec of the object is in effect. Every kind except Invoice has it.
	ConditionReady = "Ready"

	// ConditionReconciling is True while the object is not Ready, but will be without an edit of it; absent otherwise.
	ConditionReconciling = "Reconciling"

	// ConditionStalled is True while a person has to act before the object can be Ready; absent otherwise.
	ConditionStalled = "Stalled"

	// ConditionLoaded reports how the last refresh of a SeatProduct went.
	ConditionLoaded = "Loaded"

	// ConditionInSync reports whether what is in force for a Subscription is what its spec declares.
	ConditionInSync = "InSync"

	// ConditionSeatsWithinLimits reports whether the quantities of a Subscription are within its plans' seats.
	ConditionSeatsWithinLimits = "SeatsWithinLimits"

	// ConditionSeatsCurrent reports whether the counts of a Subscription are those of the last refresh. It
	// is False only when this subscription's own key failed.
	ConditionSeatsCurrent = "SeatsCurrent"

	// ConditionUsageWithinLimits reports whether the usage of a Subscription is within its limits.
	ConditionUsageWithinLimits = "UsageWithinLimits"

	// ConditionApplied reports whether a SubscriptionUpdate has taken effect.
	ConditionApplied = "Applied"

	// ConditionAssigned reports whether the assignee of a SeatAssignment has a seat.
	ConditionAssigned = "Assigned"

	// ConditionPaid is set on an Invoice by the system that collects payments.
	ConditionPaid = "Paid"

	// ConditionVoid is set on an Invoice, by the system that collects payments, if it does not collect the Invoice.
	ConditionVoid = "Void"

	// ConditionArchived is set on an Invoice by the system that archives. Retention deletes only archived
	// Invoices.
	ConditionArchived = "Archived"
)

// Reasons that several kinds share.
const (
	// ReasonReconciled means that the spec of the object is in effect.
	ReasonReconciled = "Reconciled"

	// ReasonProgressing means that the operator is working on it.
	ReasonProgressing = "Progressing"

	// ReasonSecretNotFound means that a Secret, or its key, does not exist.
	ReasonSecretNotFound = "SecretNotFound"

	// ReasonSecretNotAllowed means that a Secret is not released for this use or for this server.
	ReasonSecretNotAllowed = "SecretNotAllowed"

	// ReasonSuspended means that a person stopped it.
	ReasonSuspended = "Suspended"

	// ReasonBelowMinimum means that a quantity is below the plan's minimum.
	ReasonBelowMinimum = "BelowMinimum"

	// ReasonAboveMaximum means that a quantity is above the plan's maximum.
	ReasonAboveMaximum = "AboveMaximum"

	// ReasonSeatsAssigned means that a quantity would be below the number of assigned seats.
	ReasonSeatsAssigned = "SeatsAssigned"

	// ReasonScheduled means that a change waits for its time.
	ReasonScheduled = "Scheduled"

	// ReasonSubscriptionNotFound means that there is no Subscription with that name, or no longer one with
	// that UID.
	ReasonSubscriptionNotFound = "SubscriptionNotFound"

	// ReasonUnknownItem means that the subscription does not have an item with that name.
	ReasonUnknownItem = "UnknownItem"

	// ReasonWithinLimits means that no limit is exceeded.
	ReasonWithinLimits = "WithinLimits"

	// ReasonBadCounts means that counts were negative, fractional, unparsable, implausible or ambiguous.
	ReasonBadCounts = "BadCounts"
)

// Reasons of the condition Loaded of a SeatProduct.
const (
	// ReasonRefreshed means that the last refresh succeeded.
	ReasonRefreshed = "Refreshed"

	// ReasonSourceUnreachable means that the source did not answer.
	ReasonSourceUnreachable = "SourceUnreachable"

	// ReasonSourceError means that the source answered with an error.
	ReasonSourceError = "SourceError"

	// ReasonEmptyResult means that the answer had no rows although customers have seats.
	ReasonEmptyResult = "EmptyResult"

	// ReasonInvalidSchedule means that the schedule or its time zone cannot be parsed.
	ReasonInvalidSchedule = "InvalidSchedule"

	// ReasonInvalidExpression means that an expression cannot be compiled or evaluated.
	ReasonInvalidExpression = "InvalidExpression"
)

// Reasons of the condition Ready of a proration policy.
const (
	// ReasonExternalRefConflict means that an older policy has the same externalRef.
	ReasonExternalRefConflict = "ExternalRefConflict"
)

// Reasons of the condition Ready of a Subscription.
const (
	// ReasonProductNotFound means that an item's product does not exist.
	ReasonProductNotFound = "ProductNotFound"

	// ReasonPlanNotFound means that an item's product does not have a plan with that name.
	ReasonPlanNotFound = "PlanNotFound"

	// ReasonPolicyNotReady means that a proration policy does not exist or is not Ready.
	ReasonPolicyNotReady = "PolicyNotReady"

	// ReasonMixedCurrency means that the items' plans differ in currency.
	ReasonMixedCurrency = "MixedCurrency"

	// ReasonMixedInterval means that the items' plans differ in interval.
	ReasonMixedInterval = "MixedInterval"

	// ReasonInvalidTimeZone means that the time zone is not in the IANA database.
	ReasonInvalidTimeZone = "InvalidTimeZone"

	// ReasonInvalidTrial means that the trial does not fit the subscription.
	ReasonInvalidTrial = "InvalidTrial"

	// ReasonWaitingForSeats means that a loaded item has no count yet.
	ReasonWaitingForSeats = "WaitingForSeats"

	// ReasonClockNotFound means that the TestClock does not exist.
	ReasonClockNotFound = "ClockNotFound"

	// ReasonStartTimeInPast means that the start is more than a whole period in the past, and billedUntil is
	// not set.
	ReasonStartTimeInPast = "StartTimeInPast"

	// ReasonPredecessorFound means that there are invoices of an earlier subscription with this name and
	// customer, and that billedUntil is unset or earlier than the end of what was billed.
	ReasonPredecessorFound = "PredecessorFound"

	// ReasonDuplicateKey means that an older subscription, or an earlier item, takes the same key of the
	// same product.
	ReasonDuplicateKey = "DuplicateKey"

	// ReasonCanceled means that the subscription has ended.
	ReasonCanceled = "Canceled"

	// ReasonParked means that the subscription waits for a person to resume it with the annotation
	// billing.seatplane.dev/unpark.
	ReasonParked = "Parked"

	// ReasonBilledUntilTooLate means that billedUntil is more than one billing period from now, or later than
	// the end of what an earlier subscription with this name and customer was billed for.
	ReasonBilledUntilTooLate = "BilledUntilTooLate"

	// ReasonBilledUntilNotABoundary means that billedUntil is not a boundary of the billing periods.
	ReasonBilledUntilNotABoundary = "BilledUntilNotABoundary"

	// ReasonAmountTooLarge means that an amount would have more than 15 digits before the decimal point.
	ReasonAmountTooLarge = "AmountTooLarge"

	// ReasonTooManyLines means that a document, or the lines that wait for one, would have too many lines.
	ReasonTooManyLines = "TooManyLines"

	// ReasonCommitRefused means that the API server refused a write that the subscription or the archive needs, or a write
	// or a read that a refresh of a SeatProduct needs.
	ReasonCommitRefused = "CommitRefused"

	// ReasonEffectsOwed means that an update or an invoice from the last commit could not be written yet.
	ReasonEffectsOwed = "EffectsOwed"

	// ReasonInvoiceNameTaken means that another object has the name of an invoice that is due.
	ReasonInvoiceNameTaken = "InvoiceNameTaken"

	// ReasonImporting means that the import that created the subscription is not finished, or was finished a moment
	// ago.
	ReasonImporting = "Importing"

	// ReasonForeignStatus means that a tool restored the status of an earlier subscription with this name, or that the
	// status cannot be read.
	ReasonForeignStatus = "ForeignStatus"

	// ReasonUpdateNameTaken means that other objects have every name that the SubscriptionUpdate of an edit or
	// of a count could have.
	ReasonUpdateNameTaken = "UpdateNameTaken"
)

// Reasons of the condition InSync of a Subscription, in addition to the reason of an edit that cannot
// apply.
const (
	// ReasonInSync means that the items in force are those that the spec declares.
	ReasonInSync = "InSync"

	// ReasonChangedByUpdate means that an update changed on purpose what the spec declares.
	ReasonChangedByUpdate = "ChangedByUpdate"
)

// Reasons of the conditions SeatsCurrent and UsageWithinLimits of a Subscription.
const (
	// ReasonCurrent means that the counts are those of the last refresh.
	ReasonCurrent = "Current"

	// ReasonKeyMissing means that the answer has no row for this subscription's key.
	ReasonKeyMissing = "KeyMissing"

	// ReasonSoftLimitReached means that usage reached the soft limit.
	ReasonSoftLimitReached = "SoftLimitReached"

	// ReasonTrialUsageLimitReached means that usage reached the trial limit.
	ReasonTrialUsageLimitReached = "TrialUsageLimitReached"

	// ReasonHardLimitReached means that usage reached the hard limit and is capped there.
	ReasonHardLimitReached = "HardLimitReached"

	// ReasonReadingWentBack means that a reading was lower than the one before and was counted from zero.
	ReasonReadingWentBack = "ReadingWentBack"

	// ReasonNotMetered means that limits on a licensed item are ignored.
	ReasonNotMetered = "NotMetered"
)

// Reasons of the condition Applied of a SubscriptionUpdate.
const (
	// ReasonApplied means that the change has taken effect.
	ReasonApplied = "Applied"

	// ReasonAwaitingApproval means that the change is Held until spec.approved is true.
	ReasonAwaitingApproval = "AwaitingApproval"

	// ReasonNotStarted means that the subscription, or the item, is not in force yet: the change waits
	// for it.
	ReasonNotStarted = "NotStarted"

	// ReasonPreviewed means that the change was computed and nothing was changed.
	ReasonPreviewed = "Previewed"

	// ReasonDeclaredInSpec means that the spec declares the item's quantity, so that the spec is where to
	// change it.
	ReasonDeclaredInSpec = "DeclaredInSpec"

	// ReasonLoadedFromSource means that the product's data loader counts the item.
	ReasonLoadedFromSource = "LoadedFromSource"

	// ReasonEffectiveTimeInClosedPeriod means that the effective time is before the current period.
	ReasonEffectiveTimeInClosedPeriod = "EffectiveTimeInClosedPeriod"

	// ReasonEffectiveTimeAfterPeriod means that the effective time is at or after the period's end.
	ReasonEffectiveTimeAfterPeriod = "EffectiveTimeAfterPeriod"

	// ReasonEffectiveTimeBeforeLastChange means that the effective time is before the item's newest
	// applied change.
	ReasonEffectiveTimeBeforeLastChange = "EffectiveTimeBeforeLastChange"

	// ReasonIntervalChangeNeedsReset means that a change of interval needs renewalPolicy Reset.
	ReasonIntervalChangeNeedsReset = "IntervalChangeNeedsReset"

	// ReasonCurrencyChange means that the currency of a subscription cannot change.
	ReasonCurrencyChange = "CurrencyChange"

	// ReasonInvalidItems means that the items of the change are not valid.
	ReasonInvalidItems = "InvalidItems"

	// ReasonInvalidCause means that an update claims that the operator created it, and that cannot be true.
	ReasonInvalidCause = "InvalidCause"

	// ReasonSubscriptionCanceled means that the subscription has ended.
	ReasonSubscriptionCanceled = "SubscriptionCanceled"

	// ReasonPreviewOutdated means that the outcome would differ from the preview that expectedHash names.
	ReasonPreviewOutdated = "PreviewOutdated"

	// ReasonSupersededBySpec means that a newer edit of the subscription's spec replaced it.
	ReasonSupersededBySpec = "SupersededBySpec"

	// ReasonSupersededByRefresh means that a newer count replaced it.
	ReasonSupersededByRefresh = "SupersededByRefresh"
)

// Reasons of the condition Assigned of a SeatAssignment.
const (
	// ReasonAssigned means that the assignee has a seat.
	ReasonAssigned = "Assigned"

	// ReasonWaitingForSeat means that no seat is free yet.
	ReasonWaitingForSeat = "WaitingForSeat"

	// ReasonDuplicateHolder means that an older assignment of the same assignee is for the same item.
	ReasonDuplicateHolder = "DuplicateHolder"
)

// Reasons of the condition Ready of an EventSink.
const (
	// ReasonDelivering means that events are delivered as they happen.
	ReasonDelivering = "Delivering"

	// ReasonDeliveryFailing means that an event could not be delivered and is tried again.
	ReasonDeliveryFailing = "DeliveryFailing"

	// ReasonDeadLettered means that an event could not be delivered in ten attempts, and that the later events of its
	// subscription wait for it. It is tried again once a day.
	ReasonDeadLettered = "DeadLettered"

	// ReasonTooManySinks means that the namespace has more than 16 EventSinks, and that 16 others are older.
	ReasonTooManySinks = "TooManySinks"

	// ReasonBadSigningKey means that a signing key is not base64 of 24 to 64 bytes.
	ReasonBadSigningKey = "BadSigningKey"

	// ReasonHostNotAllowed means that the operator's flags do not allow the address of the sink.
	ReasonHostNotAllowed = "HostNotAllowed"

	// ReasonInvalidURL means that events cannot be posted to the address of the sink.
	ReasonInvalidURL = "InvalidURL"

	// ReasonDisabled means that no event could be delivered for five days. Nothing is sent until a person acts.
	ReasonDisabled = "Disabled"

	// ReasonGone means that the receiver answered that it is gone for good (410). Nothing is sent until a person acts.
	ReasonGone = "Gone"
)

// Reasons of the condition Ready of an Archive.
const (
	// ReasonArchiving means that finished records are copied to the database as they finish.
	ReasonArchiving = "Archiving"

	// ReasonDatabaseUnreachable means that the database cannot be reached.
	ReasonDatabaseUnreachable = "DatabaseUnreachable"

	// ReasonDatabaseError means that the database refused a statement or a record.
	ReasonDatabaseError = "DatabaseError"

	// ReasonRecordDiffers means that a record in the database differs from the one in the cluster.
	ReasonRecordDiffers = "RecordDiffers"

	// ReasonInvalidSelector means that spec.subscriptionSelector is not a valid selector.
	ReasonInvalidSelector = "InvalidSelector"
)

// ReasonArchiveAhead is a reason of the condition Ready of a Subscription: an Archive holds a later invoice of
// the subscription than the cluster, or another one under the same number.
const ReasonArchiveAhead = "ArchiveAhead"

// ReasonArchived is the reason of the condition Archived of an Invoice that an Archive has read back from its
// database.
const ReasonArchived = "Archived"
