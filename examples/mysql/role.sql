-- Copyright 2026 The Seatplane Authors.
-- SPDX-License-Identifier: Apache-2.0
--
-- A user who can count and do nothing else. Run it in the application's database.
CREATE USER seatplane IDENTIFIED BY 'choose-one' WITH MAX_USER_CONNECTIONS 4;
GRANT SELECT (tenant, active) ON users TO seatplane;
