// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// InvoiceType is a type of document.
//
// +kubebuilder:validation:Enum=Invoice;CreditNote
type InvoiceType string

const (
	// TypeInvoice is a document that charges.
	TypeInvoice InvoiceType = "Invoice"

	// TypeCreditNote is a document that gives money back.
	TypeCreditNote InvoiceType = "CreditNote"
)

// InvoiceReason says why a document exists.
//
// +kubebuilder:validation:Enum=Initial;Renewal;Update;Custom;Final
type InvoiceReason string

const (
	// InvoiceInitial is the document of the start.
	InvoiceInitial InvoiceReason = "Initial"

	// InvoiceRenewal is the document of a boundary.
	InvoiceRenewal InvoiceReason = "Renewal"

	// InvoiceUpdate is the document of changes that are billed at once.
	InvoiceUpdate InvoiceReason = "Update"

	// InvoiceCustom is the document of changes that are billed at a billAt.
	InvoiceCustom InvoiceReason = "Custom"

	// InvoiceFinal is the document of the end.
	InvoiceFinal InvoiceReason = "Final"
)

// InvoiceSpec is the whole content of a document. It is written once, by the operator.
type InvoiceSpec struct {
	// The Subscription that the document is for.
	// +required
	SubscriptionRef SubscriptionReference `json:"subscriptionRef"`

	// The customer, as in the subscription when the document was issued.
	// +required
	Customer Customer `json:"customer"`

	// Invoice, or CreditNote.
	// +required
	Type InvoiceType `json:"type"`

	// Why the document exists: Initial (the start), Renewal (a boundary), Update (changes billed at
	// once), Custom (changes billed at their billAt) or Final (the end).
	// +required
	Reason InvoiceReason `json:"reason"`

	// The number of the document within its subscription, from 1, without gaps.
	// +required
	// +kubebuilder:validation:Minimum=1
	Sequence int64 `json:"sequence"`

	// When the document was issued, on the subscription's clock.
	// +required
	// +kubebuilder:validation:XValidation:rule="self.getMilliseconds() == 0",message="write instants in whole seconds, such as 2026-04-16T00:00:00Z"
	// +kubebuilder:validation:XValidation:rule="self >= timestamp('1970-01-01T00:00:00Z') && self < timestamp('2200-01-01T00:00:00Z')",message="write an instant between 1970 and 2200"
	IssueTime metav1.Time `json:"issueTime"`

	// The start of the billing period that the document belongs to.
	// +optional
	// +kubebuilder:validation:XValidation:rule="self.getMilliseconds() == 0",message="write instants in whole seconds, such as 2026-04-16T00:00:00Z"
	// +kubebuilder:validation:XValidation:rule="self >= timestamp('1970-01-01T00:00:00Z') && self < timestamp('2200-01-01T00:00:00Z')",message="write an instant between 1970 and 2200"
	PeriodStart *metav1.Time `json:"periodStart,omitempty"`

	// The end of the billing period that the document belongs to. The end itself is not part of the
	// period.
	// +optional
	// +kubebuilder:validation:XValidation:rule="self.getMilliseconds() == 0",message="write instants in whole seconds, such as 2026-04-16T00:00:00Z"
	// +kubebuilder:validation:XValidation:rule="self >= timestamp('1970-01-01T00:00:00Z') && self < timestamp('2200-01-01T00:00:00Z')",message="write an instant between 1970 and 2200"
	PeriodEnd *metav1.Time `json:"periodEnd,omitempty"`

	// The billedUntil of a subscription that ended before that instant. Charges that fell due before it
	// were invoiced elsewhere, and a later subscription with this name and customer counts as billed up to
	// it. Left out on all other documents.
	// +optional
	// +kubebuilder:validation:XValidation:rule="self.getMilliseconds() == 0",message="write instants in whole seconds, such as 2026-04-16T00:00:00Z"
	// +kubebuilder:validation:XValidation:rule="self >= timestamp('1970-01-01T00:00:00Z') && self < timestamp('2200-01-01T00:00:00Z')",message="write an instant between 1970 and 2200"
	BilledUntil *metav1.Time `json:"billedUntil,omitempty"`

	// The currency of all amounts, as an ISO 4217 code.
	// +required
	Currency Currency `json:"currency"`

	// What is charged and given back, at most 1000 lines. Empty on a final document that only pays out
	// the credit balance.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=1000
	Lines []Line `json:"lines,omitempty"`

	// The number of the event about the document for EventSinks. Absent if no sink asked for it.
	// +optional
	// +kubebuilder:validation:Minimum=0
	EventSequence int64 `json:"eventSequence,omitempty"`

	// The document before this one. Absent on the first.
	// +optional
	Previous ObjectName `json:"previous,omitempty"`

	// The credit balance after the document, in major units.
	// +required
	CreditBalanceAfter Amount `json:"creditBalanceAfter"`

	// The signed sum of the lines, in major units.
	// +required
	Subtotal Amount `json:"subtotal"`

	// The amount taken from the credit balance, in major units. A negative amount is added to the
	// balance.
	// +required
	CreditApplied Amount `json:"creditApplied"`

	// The subtotal minus the credit applied, in major units. A negative amount is paid out to the
	// customer.
	// +required
	AmountDue Amount `json:"amountDue"`
}

// InvoiceStatus belongs to the systems that collect or archive, not to the operator.
type InvoiceStatus struct {
	// Paid, Void and Archived. Retention deletes only Invoices that are Archived.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// The identity of the object in the cluster that it was exported from. Absent unless it was imported.
	// +optional
	Imported *Imported `json:"imported,omitempty"`
}

// Invoice is an issued document: an invoice or a credit note. It never changes, and it outlives its
// subscription.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=spinv,categories=seatplane
// +kubebuilder:selectablefield:JSONPath=`.spec.subscriptionRef.name`
// +kubebuilder:selectablefield:JSONPath=`.spec.customer.id`
// +kubebuilder:printcolumn:name="Subscription",type=string,JSONPath=`.spec.subscriptionRef.name`
// +kubebuilder:printcolumn:name="Customer",type=string,JSONPath=`.spec.customer.id`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.spec.reason`
// +kubebuilder:printcolumn:name="Issued",type=string,JSONPath=`.spec.issueTime`
// +kubebuilder:printcolumn:name="Total",type=string,JSONPath=`.spec.subtotal`
// +kubebuilder:printcolumn:name="Due",type=string,JSONPath=`.spec.amountDue`
// +kubebuilder:printcolumn:name="Currency",type=string,JSONPath=`.spec.currency`
// +kubebuilder:printcolumn:name="Type",type=string,JSONPath=`.spec.type`,priority=1
// +kubebuilder:printcolumn:name="From",type=string,JSONPath=`.spec.periodStart`,priority=1
// +kubebuilder:printcolumn:name="To",type=string,JSONPath=`.spec.periodEnd`,priority=1
// +kubebuilder:printcolumn:name="Paid",type=string,JSONPath=`.status.conditions[?(@.type=="Paid")].status`,priority=1
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type Invoice struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// The content of the document. Immutable.
	// +required
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="an issued document never changes: change the subscription, and another document corrects it"
	Spec InvoiceSpec `json:"spec"`

	// The state of collection and archiving, written by the systems that collect and archive.
	// +optional
	Status InvoiceStatus `json:"status,omitzero"`
}

// InvoiceList is a list of Invoices.
//
// +kubebuilder:object:root=true
type InvoiceList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Invoice `json:"items"`
}
