-- Copyright 2026 The Seatplane Authors.
-- SPDX-License-Identifier: Apache-2.0
--
-- A role that can count and do nothing else. Run it in the application's database.
CREATE ROLE seatplane LOGIN PASSWORD 'choose-one' CONNECTION LIMIT 4;
ALTER ROLE seatplane SET default_transaction_read_only = on;
GRANT USAGE ON SCHEMA public TO seatplane;
GRANT SELECT (tenant, active) ON users TO seatplane;
