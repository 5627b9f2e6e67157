// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package preview computes what manifests would cost before they are applied: it computes every subscription that they
// affect twice, as it is and as it would be, and reports the difference.
//
// It is pure: it reads no cluster, no file and no clock.
package preview

// SchemaVersion is the version of the report's format. It is raised when a field is removed or its meaning changes.
const SchemaVersion = "1"

// Kind distinguishes a report from other JSON.
const Kind = "PreviewReport"

// Report describes what a set of manifests would cost. Amounts are decimals of major units, in strings. All formats of a
// preview are made from the report alone.
type Report struct {
	SchemaVersion string `json:"schemaVersion"`
	Kind          string `json:"kind"`
	// Time is the instant for which the report is computed, and Against is what the manifests are compared with.
	Time    string `json:"time"`
	Against string `json:"against"`
	// StateTime is when the state and the counts of the subscriptions were read.
	StateTime string `json:"stateTime"`
	// Result summarizes the report.
	Result Result `json:"result"`
	// Hash is the fingerprint of everything that changes. If only one update changes anything, it is the hash for its
	// expectedHash. Empty if nothing changes.
	Hash string `json:"hash,omitempty"`
	// Counts of subscriptions.
	Counts Counts `json:"counts"`
	// Totals of everything that changes, one for each currency. There are none if anything is invalid, refused or not
	// examined.
	Totals []Total `json:"totals,omitempty"`
	// Invalid manifests would be refused by the API server.
	Invalid []Problem `json:"invalid,omitempty"`
	// Refused changes would be accepted by the API server, and then refused by the operator.
	Refused []Problem `json:"refused,omitempty"`
	// NotExamined is what could not be computed. It may change.
	NotExamined []Problem `json:"notExamined,omitempty"`
	// Changes of subscriptions that the manifests themselves name.
	Changes []Change `json:"changes,omitempty"`
	// Catalogue is the effect of edits of products, policies and clocks on all other subscriptions that use them.
	Catalogue []Effect `json:"catalogue,omitempty"`
	// Warnings never change the exit code.
	Warnings []string `json:"warnings,omitempty"`
	// Ignored counts the objects that are not Seatplane's, or do not affect amounts.
	Ignored []Ignored `json:"ignored,omitempty"`
	// Limits that were exceeded.
	Limits []string `json:"limits,omitempty"`
}

// Result summarizes a report.
type Result string

// The results.
const (
	// Unchanged: no amount changes.
	Unchanged Result = "Unchanged"
	// Changed: amounts change, or may.
	Changed Result = "Changed"
	// Rejected: a manifest is invalid, or the operator would refuse its change.
	Rejected Result = "Rejected"
	// LimitExceeded: amounts change by more than a limit allows.
	LimitExceeded Result = "LimitExceeded"
)

// Counts counts subscriptions.
type Counts struct {
	// Subscriptions is the number of all subscriptions, including those that the manifests create.
	Subscriptions int `json:"subscriptions"`
	Unchanged     int `json:"unchanged"`
	Up            int `json:"up"`
	Down          int `json:"down"`
	Refused       int `json:"refused"`
	NotExamined   int `json:"notExamined"`
	Created       int `json:"created"`
	Removed       int `json:"removed"`
}

// Money is an amount as it is and as it would be.
type Money struct {
	Before string `json:"before"`
	After  string `json:"after"`
	// Difference is After − Before.
	Difference string `json:"difference"`
}

// Horizons are the amounts at the three times at which a change has an effect. They are never added up.
type Horizons struct {
	// DueNow is what is invoiced at once.
	DueNow Money `json:"dueNow"`
	// NextInvoice is the amount due of the next invoice after that.
	NextInvoice Money `json:"nextInvoice"`
	// PerMonth and PerYear are the recurring amount once the next invoice is issued.
	PerMonth Money `json:"perMonth"`
	PerYear  Money `json:"perYear"`
}

// Total is the sum of the changes in one currency.
type Total struct {
	Currency string `json:"currency"`
	Horizons
	// IncreasePercent is the increase of the recurring amount of the subscriptions that existed before, rounded
	// up to one decimal place. Empty if there was no recurring amount.
	IncreasePercent string `json:"increasePercent,omitempty"`
	// IncreaseFromZero means that these subscriptions recurred for nothing and would recur for something, which is more
	// than any percentage.
	IncreaseFromZero bool `json:"increaseFromZero,omitempty"`
}

// Problem is something that cannot be done or computed, and what to do about it.
type Problem struct {
	// Where names the manifest, or the object.
	Where string `json:"where"`
	// Reason is a word for programs; empty for the API server's refusals.
	Reason  string `json:"reason,omitempty"`
	Message string `json:"message"`
	// Count is the number of subscriptions with the same problem, of which Where names one; 0 stands for one.
	Count int `json:"count,omitempty"`
}

// Action is what the manifests do with a subscription.
type Action string

// The actions.
const (
	Create Action = "Create"
	Edit   Action = "Edit"
	Remove Action = "Remove"
)

// Direction is whether a subscription costs more or less.
type Direction string

// The directions.
const (
	Up   Direction = "Up"
	Down Direction = "Down"
	Same Direction = "Same"
)

// Change is what happens to one subscription.
type Change struct {
	Namespace string    `json:"namespace"`
	Name      string    `json:"name"`
	Customer  string    `json:"customer"`
	Action    Action    `json:"action"`
	Direction Direction `json:"direction"`
	Currency  string    `json:"currency,omitempty"`
	Horizons
	// NextInvoiceTime is when the next invoice is due; empty if there is none.
	NextInvoiceTime string `json:"nextInvoiceTime,omitempty"`
	// Outcomes are the outcomes of the updates that the change makes.
	Outcomes []Outcome `json:"outcomes,omitempty"`
	// Documents are issued at once.
	Documents []Document `json:"documents,omitempty"`
	// Notes are additional information for readers.
	Notes []string `json:"notes,omitempty"`
}

// Outcome is the outcome of an update.
type Outcome struct {
	// Update is the name of the SubscriptionUpdate; empty for an edit of the subscription's spec.
	Update  string `json:"update,omitempty"`
	Summary string `json:"summary"`
	// State is the state in the update's status, such as Applied or Scheduled.
	State string `json:"state"`
	// Adjustment is the sum of its lines; empty if nothing is computed.
	Adjustment string `json:"adjustment,omitempty"`
	// ApplyTime is when it takes effect, and EffectiveTime from when it is charged.
	ApplyTime     string `json:"applyTime,omitempty"`
	EffectiveTime string `json:"effectiveTime,omitempty"`
	// Hash is the value for the expectedHash of an update.
	Hash  string `json:"hash,omitempty"`
	Lines []Line `json:"lines,omitempty"`
	// Message explains what an update waits for that does not apply at once.
	Message string `json:"message,omitempty"`
}

// Document is an invoice or a credit note.
type Document struct {
	Type      string `json:"type"`
	Reason    string `json:"reason"`
	AmountDue string `json:"amountDue"`
	Lines     []Line `json:"lines,omitempty"`
}

// Line is one amount, in words.
type Line struct {
	Item        string `json:"item"`
	Description string `json:"description"`
	Amount      string `json:"amount"`
}

// Effect is the effect of edits of catalogue objects on the subscriptions that use exactly these.
type Effect struct {
	// Objects that are edited, as "Kind/name".
	Objects []string `json:"objects"`
	// Edits describe the edits of these objects that affect amounts.
	Edits       []string `json:"edits,omitempty"`
	Unchanged   int      `json:"unchanged"`
	Up          int      `json:"up"`
	Down        int      `json:"down"`
	Refused     int      `json:"refused"`
	NotExamined int      `json:"notExamined"`
	// Totals are the sums for those that change, one for each currency.
	Totals []Total `json:"totals,omitempty"`
	// Largest are the subscriptions with the largest changes of the recurring amount, at most five.
	Largest []Change `json:"largest,omitempty"`
}

// Ignored counts objects of one kind.
type Ignored struct {
	Kind  string `json:"kind"`
	Count int    `json:"count"`
}
