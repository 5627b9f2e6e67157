// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// LoaderKey says what the key of a loaded row means.
//
// +kubebuilder:validation:Enum=CustomerID;SubscriptionName;ExternalRef
type LoaderKey string

const (
	// KeyCustomerID is the subscription's spec.customer.id.
	KeyCustomerID LoaderKey = "CustomerID"

	// KeySubscriptionName is the subscription's metadata.name.
	KeySubscriptionName LoaderKey = "SubscriptionName"

	// KeyExternalRef is the subscription's spec.externalRef.
	KeyExternalRef LoaderKey = "ExternalRef"
)

// SQLDriver is a kind of SQL database.
//
// +kubebuilder:validation:Enum=Postgres;MySQL;SQLite
type SQLDriver string

const (
	// DriverPostgres is PostgreSQL.
	DriverPostgres SQLDriver = "Postgres"

	// DriverMySQL is MySQL or MariaDB.
	DriverMySQL SQLDriver = "MySQL"

	// DriverSQLite is SQLite, in a folder that a flag of the operator names.
	DriverSQLite SQLDriver = "SQLite"
)

// QueryKeys says which keys a query returns.
//
// +kubebuilder:validation:Enum=All;Bound
type QueryKeys string

const (
	// QueryAll is a query without a parameter that returns every key.
	QueryAll QueryKeys = "All"

	// QueryBound is a query that gets the keys that are needed as its only parameter.
	QueryBound QueryKeys = "Bound"
)

// SQLSource counts seats with a query. Its first column is the key, its second the count.
type SQLSource struct {
	// The kind of database: Postgres, MySQL (also for MariaDB) or SQLite.
	// +required
	Driver SQLDriver `json:"driver"`

	// The Secret that holds the connection string. It must have the label
	// billing.seatplane.dev/allow: loader-dsn and, for a database server, list the server as host:port in
	// the annotation billing.seatplane.dev/allow-hosts. It is read again at each refresh.
	// +required
	DSNSecretRef SecretKeyReference `json:"dsnSecretRef"`

	// The Secret that holds the certificates, in PEM format, of the authorities that the database server's
	// certificate may come from. It must have the label billing.seatplane.dev/allow: loader-ca, or be the
	// Secret of the connection string. Defaults to the authorities of the operator's system. Not allowed
	// with SQLite.
	// +optional
	CASecretRef *SecretKeyReference `json:"caSecretRef,omitempty"`

	// The query, up to 16384 characters. It returns one row for each key: the key, then its count. It
	// runs in a read-only transaction.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=16384
	Query string `json:"query"`

	// The keys that the query returns. All: every key. Bound: only the keys that are needed, which the query
	// gets as its only parameter. Defaults to All.
	// +optional
	Keys QueryKeys `json:"keys,omitempty"`

	// How long the query may take, 1 to 300 seconds. Defaults to 30.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=300
	TimeoutSeconds *int32 `json:"timeoutSeconds,omitempty"`
}

// HTTPMethod is a method of HTTP.
//
// +kubebuilder:validation:Enum=GET;POST
type HTTPMethod string

const (
	// MethodGet asks for all keys.
	MethodGet HTTPMethod = "GET"

	// MethodPost sends the keys that are needed.
	MethodPost HTTPMethod = "POST"
)

// HTTPSource counts seats with a request whose answer is JSON.
//
// +kubebuilder:validation:XValidation:rule="!has(self.maxPages) || has(self.next)",message="maxPages has no effect without next: set next to an expression that yields the next page's URL"
type HTTPSource struct {
	// The URL to request, beginning with http:// or https://, up to 2048 characters. It must use https and
	// its server must have a public address, unless the operator's flags --loader-allow-plain-http and
	// --loader-allowed-networks allow more.
	// +required
	// +kubebuilder:validation:MaxLength=2048
	// +kubebuilder:validation:XValidation:rule="self.matches('^https?://.+$')",message="an address begins with http:// or https://: write it in full"
	URL string `json:"url"`

	// The HTTP method. GET asks for all keys. POST sends {"keys": [...]} with the keys that are needed, in
	// batches of up to 10,000. Defaults to GET.
	// +optional
	Method HTTPMethod `json:"method,omitempty"`

	// The Secret that holds a bearer token. It must have the label billing.seatplane.dev/allow: loader-token,
	// and its annotation billing.seatplane.dev/allow-hosts must list the server as host:port. Defaults to no
	// token.
	// +optional
	BearerTokenSecretRef *SecretKeyReference `json:"bearerTokenSecretRef,omitempty"`

	// The Secret that holds the certificates, in PEM format, that the server is verified with. It must have
	// the label billing.seatplane.dev/allow: loader-ca or loader-token. Defaults to the certificates of the
	// operator's system.
	// +optional
	CASecretRef *SecretKeyReference `json:"caSecretRef,omitempty"`

	// A CEL expression over response, the decoded answer. It yields the list of rows. Example: response.data.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	Rows string `json:"rows"`

	// A CEL expression over row. It yields the row's key. Example: row.tenant.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	RowKey string `json:"rowKey"`

	// A CEL expression over row. It yields the row's count. Example: int(row.active). Unlike elsewhere in
	// CEL, int() of a number that is not whole is an error.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	RowCount string `json:"rowCount"`

	// A CEL expression that yields the URL of the next page, or null on the last page. It sees response,
	// headers (the answer's headers by name in lower case) and links (the URLs of the answer's Link header by
	// relation). The URL may be relative. It must have the same scheme, host and port as url. Examples:
	// response.?next, links.?next. Defaults to no next page; an answer whose Link header names one then fails.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	Next string `json:"next,omitempty"`

	// How many pages an answer may have, 1 to 10000. An answer with more pages fails. With POST, it is the
	// limit for each batch of keys. Defaults to 100.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=10000
	MaxPages *int32 `json:"maxPages,omitempty"`

	// How long the whole load may take, with all batches and pages, 1 to 300 seconds. Defaults to 10.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=300
	TimeoutSeconds *int32 `json:"timeoutSeconds,omitempty"`
}

// PrometheusSource counts seats with an instant query: one sample per key.
type PrometheusSource struct {
	// The URL of the server, beginning with http:// or https://, up to 2048 characters. It must use https and
	// its server must have a public address, unless the operator's flags --loader-allow-plain-http and
	// --loader-allowed-networks allow more.
	// +required
	// +kubebuilder:validation:MaxLength=2048
	// +kubebuilder:validation:XValidation:rule="self.matches('^https?://.+$')",message="an address begins with http:// or https://: write it in full"
	URL string `json:"url"`

	// The PromQL query, up to 16384 characters. It yields a vector.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=16384
	Query string `json:"query"`

	// The label of a sample that holds its key.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	KeyLabel string `json:"keyLabel"`

	// The Secret that holds a bearer token. It must have the label billing.seatplane.dev/allow: loader-token,
	// and its annotation billing.seatplane.dev/allow-hosts must list the server as host:port. Defaults to no
	// token.
	// +optional
	BearerTokenSecretRef *SecretKeyReference `json:"bearerTokenSecretRef,omitempty"`

	// The Secret that holds the certificates, in PEM format, that the server is verified with. It must have
	// the label billing.seatplane.dev/allow: loader-ca or loader-token. Defaults to the certificates of the
	// operator's system.
	// +optional
	CASecretRef *SecretKeyReference `json:"caSecretRef,omitempty"`

	// How long the whole load may take, 1 to 300 seconds. Defaults to 30.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=300
	TimeoutSeconds *int32 `json:"timeoutSeconds,omitempty"`
}

// KubernetesSource counts objects in the product's namespace. The operator needs permission to list them,
// from a ClusterRole with the label billing.seatplane.dev/aggregate-to-loader: "true".
type KubernetesSource struct {
	// The group and version of the objects, such as v1 or apps/v1.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=317
	APIVersion string `json:"apiVersion"`

	// The kind of the objects, such as Pod.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Kind string `json:"kind"`

	// The objects to count. Defaults to all objects of the kind.
	// +optional
	LabelSelector *LabelSelector `json:"labelSelector,omitempty"`

	// The label of an object that holds its key.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=317
	KeyLabel string `json:"keyLabel"`
}

// SeatAssignmentsSource counts the SeatAssignments in the product's namespace. It has no settings.
type SeatAssignmentsSource struct{}

// DataLoader is the query that counts the units of a product for its customers.
//
// +kubebuilder:validation:XValidation:rule="[has(self.sql), has(self.http), has(self.prometheus), has(self.kubernetes), has(self.configMap), has(self.seatAssignments)].exists_one(x, x)",message="a data loader has exactly one source: set one of sql, http, prometheus, kubernetes, configMap and seatAssignments"
type DataLoader struct {
	// What the key of a row means: CustomerID, SubscriptionName or ExternalRef of a subscription.
	// Defaults to CustomerID. Has no effect with seatAssignments.
	// +optional
	Key LoaderKey `json:"key,omitempty"`

	// Counts with a SQL query.
	// +optional
	SQL *SQLSource `json:"sql,omitempty"`

	// Counts with an HTTP request.
	// +optional
	HTTP *HTTPSource `json:"http,omitempty"`

	// Counts with a Prometheus query.
	// +optional
	Prometheus *PrometheusSource `json:"prometheus,omitempty"`

	// Counts objects in this namespace.
	// +optional
	Kubernetes *KubernetesSource `json:"kubernetes,omitempty"`

	// Reads the counts from a ConfigMap in this namespace, whose data maps keys to integers.
	// +optional
	ConfigMap *LocalReference `json:"configMap,omitempty"`

	// Counts the SeatAssignments in this namespace.
	// +optional
	SeatAssignments *SeatAssignmentsSource `json:"seatAssignments,omitempty"`
}

// OnMissing says what happens if a key is missing from an answer.
//
// +kubebuilder:validation:Enum=Keep;Zero;Fail
type OnMissing string

const (
	// OnMissingKeep keeps the count.
	OnMissingKeep OnMissing = "Keep"

	// OnMissingZero counts zero.
	OnMissingZero OnMissing = "Zero"

	// OnMissingFail fails that key.
	OnMissingFail OnMissing = "Fail"
)

// Guard makes implausibly large changes wait until a person approves them. An item's first count is never
// guarded.
type Guard struct {
	// The largest increase, as a percentage of the current quantity, that applies without approval. From
	// a quantity of 0, every increase needs approval. Defaults to no guard on increases.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000000
	MaxIncreasePercent *int32 `json:"maxIncreasePercent,omitempty"`

	// The largest decrease, as a percentage of the current quantity, that applies without approval.
	// Defaults to no guard on decreases.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100
	MaxDecreasePercent *int32 `json:"maxDecreasePercent,omitempty"`

	// Changes are not guarded while both the old and the new count are below this number, up to 10
	// million. Defaults to 0.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=10000000
	FromSeats *int64 `json:"fromSeats,omitempty"`
}

// Refresh says when the data loader runs, and how its answer is used.
//
// +kubebuilder:validation:XValidation:rule="!(has(self.schedule) && has(self.every))",message="schedule and every are mutually exclusive: set one"
type Refresh struct {
	// When to refresh, as a cron expression of five fields, such as "0 2 * * *", in timeZone. If neither
	// schedule nor every is set, refreshes run on demand only.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	Schedule string `json:"schedule,omitempty"`

	// How often to refresh, in hours, minutes and seconds, such as 1h or 1h30m, from a minute to 366
	// days. A stable jitter spreads refreshes. If neither schedule nor every is set, refreshes run on
	// demand only.
	// +optional
	// +kubebuilder:validation:MinLength=2
	// +kubebuilder:validation:MaxLength=18
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]{1,5}h)?([0-9]{1,5}m)?([0-9]{1,5}s)?$')",message="an interval is written in hours, minutes and seconds: write one such as 1h30m"
	// +kubebuilder:validation:XValidation:rule="self.size() < 2 || !self.matches('^([0-9]{1,5}h)?([0-9]{1,5}m)?([0-9]{1,5}s)?$') || (duration(self) >= duration('1m') && duration(self) <= duration('8784h'))",message="a refresh runs at most once a minute and at least once in 366 days: choose an interval between 1m and 8784h"
	Every string `json:"every,omitempty"`

	// The IANA time zone of the schedule, such as Europe/Paris. Defaults to UTC.
	// +optional
	TimeZone TimeZone `json:"timeZone,omitempty"`

	// Stops scheduled refreshes while true. Requested refreshes still run. Defaults to false.
	// +optional
	Suspend bool `json:"suspend,omitempty"`

	// What happens if a key is missing from the answer: Keep its count, count Zero, or Fail that key.
	// With Keep, a customer whose row disappears keeps paying for the last count. A metered item keeps
	// its reading, even with Zero. Defaults to Keep.
	// +optional
	OnMissing OnMissing `json:"onMissing,omitempty"`

	// Accepts an answer without any rows even while customers have seats. Defaults to false: such an
	// answer is a failure.
	// +optional
	AllowEmpty bool `json:"allowEmpty,omitempty"`

	// Makes implausibly large changes wait for approval. Defaults to no guard.
	// +optional
	Guard *Guard `json:"guard,omitempty"`
}

// SeatProductSpec is what is sold, how it is priced, and how its seats are counted.
//
// +kubebuilder:validation:XValidation:rule="!has(self.refresh) || has(self.dataLoader)",message="refresh needs a dataLoader, which counts the seats: set dataLoader or remove refresh"
type SeatProductSpec struct {
	// The display name of the product, up to 1024 characters. Defaults to the object's name.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	// +kubebuilder:validation:XValidation:rule=`self.matches(r'^([^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|[\x{200C}\x{200D}])*$')`,message="displayName has control or format characters, such as a line break, which can corrupt terminals and reports: remove them"
	DisplayName string `json:"displayName,omitempty"`

	// The ID of the product in another system, 1 to 2048 characters. Events include it as product_id.
	// Defaults to the object's name.
	// +optional
	// +kubebuilder:validation:XValidation:rule=`self.matches(r'^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$')`,message="externalRef has control or format characters, such as a line break, which can corrupt terminals and reports: remove them"
	ExternalRef ExternalRef `json:"externalRef,omitempty"`

	// The ways to buy the product, 1 to 50, by name.
	// +required
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=50
	Plans []Plan `json:"plans"`

	// How the units of the product are counted. Defaults to no data loader: quantities come from the
	// subscriptions' specs or from updates.
	// +optional
	DataLoader *DataLoader `json:"dataLoader,omitempty"`

	// When the data loader runs, and how its answer is used. Defaults to refreshes on demand only.
	// +optional
	Refresh *Refresh `json:"refresh,omitempty"`

	// How an increase of one item's quantity applies, unless the update or the subscription says
	// otherwise.
	// +optional
	OnIncrease *QuantityChangePolicy `json:"onIncrease,omitempty"`

	// How a decrease of one item's quantity applies, unless the update or the subscription says
	// otherwise.
	// +optional
	OnDecrease *QuantityChangePolicy `json:"onDecrease,omitempty"`

	// The policy that rounds prorations, unless the update or the subscription names one. Defaults to no
	// policy: time is counted in seconds and not rounded.
	// +optional
	ProrationPolicyRef *ProrationPolicyReference `json:"prorationPolicyRef,omitempty"`
}

// RefreshStatus is the state of a product's refreshes on one clock.
type RefreshStatus struct {
	// The TestClock that these refreshes follow. Empty for the wall clock.
	// +required
	// +kubebuilder:validation:MaxLength=253
	Clock string `json:"clock"`

	// When a refresh of all seats last succeeded.
	// +optional
	LastRefreshTime *metav1.Time `json:"lastRefreshTime,omitempty"`

	// What triggered the last refresh: the time of its tick, or the value of the request.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	LastRefreshToken string `json:"lastRefreshToken,omitempty"`

	// When the next refresh is due. Absent when the product is refreshed on demand only.
	// +optional
	NextRefreshTime *metav1.Time `json:"nextRefreshTime,omitempty"`

	// When a refresh was last tried, whether it succeeded or failed. On a TestClock, the time at which its
	// query began.
	// +optional
	LastAttemptTime *metav1.Time `json:"lastAttemptTime,omitempty"`

	// How many attempts have failed since the last success.
	// +optional
	// +kubebuilder:validation:Minimum=0
	ConsecutiveFailures int64 `json:"consecutiveFailures,omitempty"`

	// When the next attempt is made, by the wall clock, while refreshes fail. Absent while they succeed.
	// +optional
	NextRetryTime *metav1.Time `json:"nextRetryTime,omitempty"`

	// The last value of the product's annotation billing.seatplane.dev/refresh-requested-at for which an
	// attempt ended on this clock, whether it succeeded or failed.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	LastHandledRefreshRequest string `json:"lastHandledRefreshRequest,omitempty"`

	// How many subscriptions the last refresh counted seats for.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Counted int64 `json:"counted,omitempty"`

	// How many items the last refresh found changed.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Changed int64 `json:"changed,omitempty"`

	// How many of these changes are waiting for approval.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Held int64 `json:"held,omitempty"`

	// How many keys had no usable count in the last refresh. Each of these subscriptions says why in its
	// condition SeatsCurrent.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Failed int64 `json:"failed,omitempty"`

	// How many keys were missing from the last refresh's answer and kept their counts, as
	// spec.refresh.onMissing asks for. Each of these subscriptions says since when in its condition
	// SeatsCurrent.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Kept int64 `json:"kept,omitempty"`

	// How long the last refresh took, from its query to the record of its answer, in milliseconds.
	// +optional
	// +kubebuilder:validation:Minimum=0
	DurationMillis int64 `json:"durationMillis,omitempty"`
}

// SeatProductStatus is the observed state of a product.
type SeatProductStatus struct {
	// The metadata.generation that this status describes; -1 until the operator has seen the product.
	// +optional
	// +kubebuilder:validation:Minimum=-1
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// Ready, Loaded (the last refresh), and Reconciling or Stalled while there is a problem.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// How many subscriptions have an item of the product.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Subscriptions *int64 `json:"subscriptions,omitempty"`

	// How many seats these subscriptions have.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Seats *int64 `json:"seats,omitempty"`

	// The state of the refreshes, one entry for each clock, the wall clock first.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=101
	Refreshes []RefreshStatus `json:"refreshes,omitempty"`

	// The next refresh of the first entry as kubectl shows it. Empty while refreshes fail: nextRetryTime then
	// says when the next attempt is made.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	NextRefreshText string `json:"nextRefreshText,omitempty"`

	// The last value of the annotation billing.seatplane.dev/refresh-requested-at for which an attempt ended
	// on every clock, whether it succeeded or failed. The condition Loaded says how it ended.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	LastHandledRefreshRequest string `json:"lastHandledRefreshRequest,omitempty"`

	// When refreshes began to fail, by the wall clock. Absent once one succeeds.
	// +optional
	FailingSince *metav1.Time `json:"failingSince,omitempty"`

	// The number of the newest event of the product that was recorded for EventSinks.
	// +optional
	// +kubebuilder:validation:Minimum=0
	EventSequence int64 `json:"eventSequence,omitempty"`

	// The newest events of the product for EventSinks, in order. Usually there are at most 16. While a sink does not
	// receive them, there are more, up to 256.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=256
	Notifications []Notification `json:"notifications,omitempty"`

	// How far each EventSink has received the events of the product.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=16
	EventCursors []EventCursor `json:"eventCursors,omitempty"`

	// The identity of the object in the cluster that it was exported from. Absent unless it was imported.
	// +optional
	Imported *Imported `json:"imported,omitempty"`
}

// SeatProduct is something sold by the seat or by use: its plans, and how its units are counted.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=spprod,categories=seatplane
// +kubebuilder:printcolumn:name="Subscriptions",type=integer,JSONPath=`.status.subscriptions`
// +kubebuilder:printcolumn:name="Seats",type=integer,JSONPath=`.status.seats`
// +kubebuilder:printcolumn:name="Last refresh",type=string,JSONPath=`.status.refreshes[0].lastRefreshTime`
// +kubebuilder:printcolumn:name="Next refresh",type=string,JSONPath=`.status.nextRefreshText`
// +kubebuilder:printcolumn:name="Next retry",type=string,JSONPath=`.status.refreshes[0].nextRetryTime`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Loaded",type=string,JSONPath=`.status.conditions[?(@.type=="Loaded")].reason`,priority=1
// +kubebuilder:printcolumn:name="Failures",type=integer,JSONPath=`.status.refreshes[0].consecutiveFailures`,priority=1
// +kubebuilder:printcolumn:name="Held",type=integer,JSONPath=`.status.refreshes[0].held`,priority=1
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`,priority=1
type SeatProduct struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// What is sold, how it is priced, and how its seats are counted.
	// +required
	Spec SeatProductSpec `json:"spec"`

	// The observed state of the product.
	// +optional
	// +kubebuilder:default={"observedGeneration":-1}
	Status SeatProductStatus `json:"status,omitzero"`
}

// SeatProductList is a list of SeatProducts.
//
// +kubebuilder:object:root=true
type SeatProductList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []SeatProduct `json:"items"`
}
