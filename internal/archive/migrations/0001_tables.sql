-- Copyright 2026 The Seatplane Authors.
-- SPDX-License-Identifier: Apache-2.0

-- What was sold, and to whom: one row for each version of a subscription that was seen when a record was archived.
CREATE TABLE subscriptions (
	uid           text        NOT NULL,
	generation    bigint      NOT NULL,
	digest        text        NOT NULL,
	cell          text        NOT NULL,
	namespace     text        NOT NULL,
	name          text        NOT NULL,
	customer_id   text        NOT NULL,
	customer_name text,
	external_ref  text,
	test_clock    text,
	created_at    timestamptz NOT NULL,
	object        jsonb       NOT NULL,
	archived_at   timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (uid, generation, digest)
);
CREATE INDEX subscriptions_by_customer ON subscriptions (customer_id);

-- The newest version of each subscription.
CREATE VIEW current_subscriptions AS
SELECT DISTINCT ON (uid) * FROM subscriptions ORDER BY uid, generation DESC, archived_at DESC, digest;

-- Finished SubscriptionUpdates.
CREATE TABLE updates (
	uid               text        PRIMARY KEY,
	cell              text        NOT NULL,
	namespace         text        NOT NULL,
	name              text        NOT NULL,
	subscription_uid  text        NOT NULL,
	subscription_name text        NOT NULL,
	origin            text,
	state             text        NOT NULL,
	reason            text,
	summary           text,
	created_at        timestamptz NOT NULL,
	applied_at        timestamptz,
	effective_at      timestamptz,
	adjustment        numeric,
	currency          text,
	invoice           text,
	object            jsonb       NOT NULL,
	archived_at       timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX updates_by_subscription ON updates (subscription_uid, applied_at);
CREATE INDEX updates_by_time ON updates (applied_at);

-- What an update did to each item.
CREATE TABLE update_items (
	update_uid     text    NOT NULL REFERENCES updates ON DELETE CASCADE,
	position       integer NOT NULL,
	item           text    NOT NULL,
	product        text,
	product_ref    text,
	previous_plan  text,
	new_plan       text,
	previous_count bigint  NOT NULL,
	new_count      bigint  NOT NULL,
	adjustment     numeric,
	PRIMARY KEY (update_uid, position)
);

-- The priced lines of an update.
CREATE TABLE update_lines (
	update_uid       text    NOT NULL REFERENCES updates ON DELETE CASCADE,
	position         integer NOT NULL,
	key              text    NOT NULL,
	item             text    NOT NULL,
	product          text,
	plan             text,
	kind             text    NOT NULL,
	description      text,
	quantity         bigint,
	unit_amount      numeric,
	full_amount      numeric,
	from_at          timestamptz,
	to_at            timestamptz,
	units            text,
	units_in_period  text,
	unit             text,
	rounding         text,
	unrounded_amount text,
	carried          text,
	amount           numeric NOT NULL,
	update_name      text,
	count            bigint,
	first_update     text,
	last_update      text,
	PRIMARY KEY (update_uid, position)
);

-- Issued invoices and credit notes. No number of a subscription is issued twice.
CREATE TABLE invoices (
	uid                  text        PRIMARY KEY,
	cell                 text        NOT NULL,
	namespace            text        NOT NULL,
	name                 text        NOT NULL,
	subscription_uid     text        NOT NULL,
	subscription_name    text        NOT NULL,
	customer_id          text        NOT NULL,
	customer_name        text,
	type                 text        NOT NULL,
	reason               text        NOT NULL,
	sequence             bigint      NOT NULL,
	issued_at            timestamptz NOT NULL,
	period_start         timestamptz,
	period_end           timestamptz,
	currency             text        NOT NULL,
	subtotal             numeric     NOT NULL,
	credit_applied       numeric     NOT NULL,
	amount_due           numeric     NOT NULL,
	credit_balance_after numeric     NOT NULL,
	previous             text,
	created_at           timestamptz NOT NULL,
	object               jsonb       NOT NULL,
	archived_at          timestamptz NOT NULL DEFAULT now(),
	UNIQUE (subscription_uid, sequence)
);
CREATE INDEX invoices_by_customer ON invoices (customer_id, issued_at);
CREATE INDEX invoices_by_time ON invoices (issued_at);

-- The lines of an invoice.
CREATE TABLE invoice_lines (
	invoice_uid      text    NOT NULL REFERENCES invoices ON DELETE CASCADE,
	position         integer NOT NULL,
	key              text    NOT NULL,
	item             text    NOT NULL,
	product          text,
	plan             text,
	kind             text    NOT NULL,
	description      text,
	quantity         bigint,
	unit_amount      numeric,
	full_amount      numeric,
	from_at          timestamptz,
	to_at            timestamptz,
	units            text,
	units_in_period  text,
	unit             text,
	rounding         text,
	unrounded_amount text,
	carried          text,
	amount           numeric NOT NULL,
	update_name      text,
	count            bigint,
	first_update     text,
	last_update      text,
	PRIMARY KEY (invoice_uid, position)
);

-- Whether an invoice is paid or void, as its status last said. This is the only table whose rows change.
CREATE TABLE invoice_states (
	invoice_uid      text        PRIMARY KEY REFERENCES invoices ON DELETE CASCADE,
	resource_version text,
	paid             boolean     NOT NULL,
	paid_at          timestamptz,
	void             boolean     NOT NULL,
	void_at          timestamptz,
	seen_at          timestamptz NOT NULL DEFAULT now()
);
