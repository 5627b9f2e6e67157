-- Copyright 2026 The Seatplane Authors.
-- SPDX-License-Identifier: Apache-2.0
--
-- A stand-in for the application's own database.
CREATE TABLE users (tenant VARCHAR(64) NOT NULL, email VARCHAR(256) NOT NULL, active BOOLEAN NOT NULL);
INSERT INTO users VALUES ('acme', 'ada', true), ('acme', 'bob', true), ('acme', 'eve', false), ('globex', 'hank', true);
