// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package event

import "encoding/json"

// The data of events. The schemas in docs/reference/events are made from these types: the tag doc is a field's
// description, enum its values. A pointer without omitempty can be null, and a field with omitempty can be absent.

// instant is a time in UTC, in whole seconds: "2026-04-16T00:00:00Z".
type instant string

// decimal is an amount in major units: "31.25".
type decimal string

// subscriptionIdentity says which subscription an event is about. It has nothing that can change.
type subscriptionIdentity struct {
	Namespace string `json:"namespace" doc:"The namespace of the Subscription."`
	Name      string `json:"name" doc:"The name of the Subscription."`
	UID       string `json:"uid" doc:"The UID of the Subscription. A later Subscription with the same name has another one."`
}

// canceledData is the data of subscription.canceled.
type canceledData struct {
	Subscription subscriptionIdentity `json:"subscription" doc:"The subscription."`
}

// parkedData is the data of subscription.parked.
type parkedData struct {
	Subscription subscriptionIdentity `json:"subscription" doc:"The subscription."`
	Message      string               `json:"message,omitempty" doc:"Why the subscription is parked, in a sentence."`
}

// periodData is the data of subscription.started and subscription.renewed.
type periodData struct {
	Subscription subscriptionIdentity `json:"subscription" doc:"The subscription."`
	PeriodStart  instant              `json:"period_start,omitempty" doc:"When the new period starts. The instant itself is part of it."`
	PeriodEnd    instant              `json:"period_end,omitempty" doc:"When the new period, or the trial, ends. The instant itself is not part of it. Absent if the subscription ends at once."`
}

// trialEndingData is the data of subscription.trial-ending.
type trialEndingData struct {
	Subscription subscriptionIdentity `json:"subscription" doc:"The subscription."`
	TrialEndTime instant              `json:"trial_end_time" doc:"When the trial ends."`
}

// limitData is the data of seats.* and usage.* events.
type limitData struct {
	Subscription subscriptionIdentity `json:"subscription" doc:"The subscription."`
	Item         string               `json:"item" doc:"The name of the item of the subscription."`
	Threshold    int32                `json:"threshold" doc:"The percentage of the limit that was reached: 75, 90 or 100." enum:"75,90,100"`
	Quantity     int64                `json:"quantity" doc:"The seats or the units of usage at that time."`
}

// updateIdentity says which update an event is about.
type updateIdentity struct {
	Name    string `json:"name" doc:"The name of the SubscriptionUpdate."`
	UID     string `json:"uid" doc:"The UID of the SubscriptionUpdate."`
	Origin  string `json:"origin" doc:"Who found the change: a user, an edit of the subscription's spec, or a refresh of its counts." enum:"user,spec,refresh"`
	Summary string `json:"summary,omitempty" doc:"A summary of the change, such as editors 2 → 7."`
	Reason  string `json:"reason,omitempty" doc:"The reason that the creator of the change gave, cut to 1,000 bytes."`
}

// requestedChange is what an update asks for.
type requestedChange struct {
	Item      string `json:"item,omitempty" doc:"The item whose quantity changes. Absent if the update does not name it, and on a change of items."`
	Increment *int64 `json:"increment,omitempty" doc:"How many units are added."`
	Decrement *int64 `json:"decrement,omitempty" doc:"How many units are removed."`
	Count     *int64 `json:"count,omitempty" doc:"How many units there are after the change."`
	Items     int    `json:"items,omitempty" doc:"On a change of items: how many items the subscription has after it."`
}

// waitingData is the data of subscription-update.scheduled and subscription-update.held.
type waitingData struct {
	Subscription subscriptionIdentity `json:"subscription" doc:"The subscription."`
	Update       updateIdentity       `json:"update" doc:"The update."`
	Requested    requestedChange      `json:"requested" doc:"What the update asks for."`
	ApplyAt      instant              `json:"apply_at,omitempty" doc:"When the change will apply, if that was known when the event happened."`
}

// droppedData is the data of subscription-update.rejected and subscription-update.superseded.
type droppedData struct {
	Subscription subscriptionIdentity `json:"subscription" doc:"The subscription."`
	Update       updateIdentity       `json:"update" doc:"The update."`
	Requested    requestedChange      `json:"requested" doc:"What the update asked for."`
	Cause        string               `json:"cause" doc:"The reason of the update's condition Applied, such as AboveMaximum."`
	Message      string               `json:"message" doc:"The message of that condition: what happened, and what to do. Cut to 4,000 bytes."`
}

// appliedData is the data of subscription-update.applied.
type appliedData struct {
	Subscription     subscriptionIdentity `json:"subscription" doc:"The subscription."`
	Update           updateIdentity       `json:"update" doc:"The update."`
	AppliedTime      instant              `json:"applied_time" doc:"When the change took effect."`
	EffectiveTime    instant              `json:"effective_time,omitempty" doc:"The instant from which the change is charged."`
	Currency         string               `json:"currency,omitempty" doc:"The currency of all amounts, as an ISO 4217 code."`
	AdjustmentAmount *decimal             `json:"adjustment_amount_decimal" doc:"The signed sum of all lines of the change, in major units. Null if the change is not charged."`
	Invoice          string               `json:"invoice,omitempty" doc:"The Invoice that was issued when the update applied. Absent if the update is billed later."`
	Changes          []change             `json:"changes" doc:"One object for each item that changed."`
	ChangesOmitted   int                  `json:"changes_omitted,omitempty" doc:"How many more items changed, for which there was no room. The SubscriptionUpdate has all of them."`
}

// change is what an update did to one item, in the terms of the API that the project is compared with.
type change struct {
	ID                      string       `json:"id" doc:"The UID of the SubscriptionUpdate."`
	ApplicationSchedule     string       `json:"application_schedule" doc:"When the change takes effect." enum:"immediately,next_period,custom,scheduled"`
	ApplyAt                 instant      `json:"apply_at" doc:"The instant at which the change applied."`
	PaymentSchedule         string       `json:"payment_schedule" doc:"When the adjustment is billed." enum:"immediately,next_invoice,custom"`
	CalculationMethod       string       `json:"calculation_method" doc:"How the change is priced." enum:"pro_rata,pay_in_full,do_not_charge"`
	AdjustmentAmount        *json.Number `json:"adjustment_amount" doc:"The signed sum of the item's lines, in major units, as a number. Null if the change is not charged. Programs that read numbers as floats should read adjustment_amount_decimal."`
	AdjustmentAmountDecimal *decimal     `json:"adjustment_amount_decimal" doc:"The same amount as a decimal in a string."`
	SubscriptionID          string       `json:"subscription_id" doc:"The externalRef that the Subscription had when the change applied, or its name if it had none."`
	ProductID               string       `json:"product_id" doc:"The externalRef that the SeatProduct had when the change applied, or its name if it had none."`
	PreviousCount           int64        `json:"previous_count" doc:"The quantity before the change."`
	NewCount                int64        `json:"new_count" doc:"The quantity after the change."`
	NextRefreshDate         *instant     `json:"next_refresh_date" doc:"When the item's product is next refreshed. Null if it is refreshed on demand only."`
	Item                    string       `json:"item" doc:"The name of the item of the subscription."`
	Product                 string       `json:"product,omitempty" doc:"The name of the SeatProduct."`
	PreviousPlan            string       `json:"previous_plan,omitempty" doc:"The plan before the change. Absent if the item is new."`
	NewPlan                 string       `json:"new_plan,omitempty" doc:"The plan after the change. Absent if the item is removed."`
}

// invoiceData is the data of invoice.issued.
type invoiceData struct {
	Subscription       subscriptionIdentity `json:"subscription" doc:"The subscription."`
	Invoice            invoiceIdentity      `json:"invoice" doc:"The document."`
	Customer           customer             `json:"customer" doc:"The customer, as in the subscription when the document was issued."`
	IssueTime          instant              `json:"issue_time" doc:"When the document was issued."`
	PeriodStart        instant              `json:"period_start,omitempty" doc:"The start of the billing period that the document belongs to."`
	PeriodEnd          instant              `json:"period_end,omitempty" doc:"The end of that period. The instant itself is not part of it."`
	Currency           string               `json:"currency" doc:"The currency of all amounts, as an ISO 4217 code."`
	Subtotal           decimal              `json:"subtotal" doc:"The signed sum of the lines, in major units."`
	CreditApplied      decimal              `json:"credit_applied" doc:"What was taken from the credit balance, in major units. A negative amount was added to it."`
	AmountDue          decimal              `json:"amount_due" doc:"The subtotal minus the credit applied, in major units. A negative amount is paid out to the customer."`
	CreditBalanceAfter decimal              `json:"credit_balance_after" doc:"The credit balance after the document, in major units."`
	Lines              []line               `json:"lines" doc:"What is charged and given back."`
	LinesOmitted       int                  `json:"lines_omitted,omitempty" doc:"How many more lines the document has, for which there was no room. The Invoice has all of them."`
}

// invoiceIdentity says which document an event is about.
type invoiceIdentity struct {
	Name     string `json:"name" doc:"The name of the Invoice."`
	UID      string `json:"uid" doc:"The UID of the Invoice."`
	Type     string `json:"type" doc:"Whether the document charges or gives back." enum:"invoice,credit_note"`
	Reason   string `json:"reason" doc:"Why the document exists: the start, a boundary, changes billed at once, changes billed at their billAt, or the end." enum:"initial,renewal,update,custom,final"`
	Number   int64  `json:"number" doc:"The number of the document within its subscription, from 1, without gaps."`
	Previous string `json:"previous,omitempty" doc:"The document before this one. Absent on the first."`
}

// customer is who is billed.
type customer struct {
	ID                string      `json:"id" doc:"The ID of the customer in your own systems."`
	DisplayName       string      `json:"display_name,omitempty" doc:"The display name of the customer."`
	Email             string      `json:"email,omitempty" doc:"The email address of the customer."`
	Attributes        []attribute `json:"attributes,omitempty" doc:"Facts about the customer."`
	AttributesOmitted int         `json:"attributes_omitted,omitempty" doc:"How many more attributes the customer has, for which there was no room. The Invoice has all of them."`
}

// attribute is a fact about a customer.
type attribute struct {
	Name  string `json:"name" doc:"The name of the attribute."`
	Value string `json:"value" doc:"The value of the attribute."`
}

// line is a line of a document, without its arithmetic.
type line struct {
	Key         string  `json:"key" doc:"The key of the line, unique among all lines of the subscription."`
	Item        string  `json:"item" doc:"The name of the item of the subscription."`
	Product     string  `json:"product,omitempty" doc:"The name of the SeatProduct."`
	Plan        string  `json:"plan,omitempty" doc:"The plan by which the line is priced."`
	Kind        string  `json:"kind" doc:"Why the line is there." enum:"recurring,one_time,usage,debit,credit"`
	Description string  `json:"description,omitempty" doc:"The line in words."`
	Quantity    *int64  `json:"quantity,omitempty" doc:"How many units the line prices."`
	From        instant `json:"from,omitempty" doc:"The start of the time that the line covers."`
	To          instant `json:"to,omitempty" doc:"The end of that time. The instant itself is not part of it."`
	Amount      decimal `json:"amount" doc:"The rounded amount, signed, in major units. Positive is charged."`
	Update      string  `json:"update,omitempty" doc:"The SubscriptionUpdate that the line comes from. Absent if it does not come from one."`
}

// refreshFailedData is the data of product.refresh-failed.
type refreshFailedData struct {
	Product productIdentity `json:"product" doc:"The product."`
	Cause   string          `json:"cause" doc:"The reason of the failure, as in the product's condition Loaded, such as SourceUnreachable."`
	Message string          `json:"message" doc:"What happened, in a sentence, as in the message of that condition. Cut to 1,024 characters."`
}

// refreshRecoveredData is the data of product.refresh-recovered.
type refreshRecoveredData struct {
	Product productIdentity `json:"product" doc:"The product."`
}

// productIdentity says which product an event is about. It has nothing that can change.
type productIdentity struct {
	Namespace string `json:"namespace" doc:"The namespace of the SeatProduct."`
	Name      string `json:"name" doc:"The name of the SeatProduct."`
	UID       string `json:"uid" doc:"The UID of the SeatProduct."`
}
