// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// ArchivePostgres names a database and a schema in it.
//
// +kubebuilder:validation:XValidation:rule="(has(self.schema) ? self.schema : 'seatplane') == (has(oldSelf.schema) ? oldSelf.schema : 'seatplane')",message="the schema cannot be changed: create another Archive for another schema"
type ArchivePostgres struct {
	// The Secret that holds the connection string, such as
	// postgres://USER:PASSWORD@HOST:5432/DATABASE. It must have the label
	// billing.seatplane.dev/allow: archive, and list the server as host:port in the annotation
	// billing.seatplane.dev/allow-hosts.
	// +required
	DSNSecretRef SecretKeyReference `json:"dsnSecretRef"`

	// The Secret that holds the certificate, in PEM format, of the authority that signed the server's
	// certificate. Defaults to the authorities that the operator's system trusts.
	// +optional
	CASecretRef *SecretKeyReference `json:"caSecretRef,omitempty"`

	// The schema that has the tables, 1 to 63 characters: lower-case letters, digits and _. The operator
	// creates it if it does not exist. Defaults to seatplane. Immutable.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z_][a-z0-9_]*$') && !self.startsWith('pg_')",message="a schema has lower-case letters, digits and _ only, and begins neither with a digit nor with pg_: write one such as seatplane"
	Schema string `json:"schema,omitempty"`
}

// ArchiveSpec says which records are archived, and where.
//
// +kubebuilder:validation:XValidation:rule="(has(self.cell) ? self.cell : 'default') == (has(oldSelf.cell) ? oldSelf.cell : 'default')",message="the cell cannot be changed, because archived rows contain it: create another Archive"
type ArchiveSpec struct {
	// The database that records are copied to.
	// +required
	Postgres ArchivePostgres `json:"postgres"`

	// The name of this cluster in the archive. Every row has it. If several clusters share a database, give
	// each of them a different name. Defaults to default. Immutable.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",message="the name of a cell has lower-case letters, digits and - only, and begins and ends with a letter or a digit: write one such as eu-1"
	Cell string `json:"cell,omitempty"`

	// The subscriptions whose records are archived. Defaults to all subscriptions in the namespace.
	// +optional
	SubscriptionSelector *LabelSelector `json:"subscriptionSelector,omitempty"`
}

// ArchiveStatus is the observed state of an archive.
type ArchiveStatus struct {
	// The metadata.generation that this status describes; -1 until the operator has seen the archive.
	// +optional
	// +kubebuilder:validation:Minimum=-1
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// Ready, and Reconciling or Stalled while there is a problem.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// How many finished updates and invoices of the cluster are in the archive.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Archived *int64 `json:"archived,omitempty"`

	// How many finished updates and invoices of the cluster are not in the archive yet.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Pending *int64 `json:"pending,omitempty"`

	// When the oldest pending record was created. Absent if none is pending.
	// +optional
	OldestPendingTime *metav1.Time `json:"oldestPendingTime,omitempty"`

	// Why the last attempt failed, in one sentence, without secrets. Absent if it succeeded.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	LastError string `json:"lastError,omitempty"`

	// When a record was last archived.
	// +optional
	LastArchivedTime *metav1.Time `json:"lastArchivedTime,omitempty"`

	// The identity of the object in the cluster that it was exported from. Absent unless it was imported.
	// +optional
	Imported *Imported `json:"imported,omitempty"`
}

// Archive copies finished SubscriptionUpdates and Invoices, with the terms of their Subscriptions, into a
// PostgreSQL database. The copies outlive the cluster, and can be read with SQL. A record is written once
// and never overwritten.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=sparch,categories=seatplane
// +kubebuilder:printcolumn:name="Archived",type=integer,JSONPath=`.status.archived`
// +kubebuilder:printcolumn:name="Pending",type=integer,JSONPath=`.status.pending`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Cell",type=string,JSONPath=`.spec.cell`,priority=1
// +kubebuilder:printcolumn:name="Schema",type=string,JSONPath=`.spec.postgres.schema`,priority=1
// +kubebuilder:printcolumn:name="Last",type=date,JSONPath=`.status.lastArchivedTime`,priority=1
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type Archive struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// Which records are archived, and where.
	// +required
	Spec ArchiveSpec `json:"spec"`

	// The observed state of the archive.
	// +optional
	// +kubebuilder:default={"observedGeneration":-1}
	Status ArchiveStatus `json:"status,omitzero"`
}

// ArchiveList is a list of Archives.
//
// +kubebuilder:object:root=true
type ArchiveList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Archive `json:"items"`
}
