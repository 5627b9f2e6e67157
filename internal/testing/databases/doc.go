// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package databases runs real database servers for tests: PostgreSQL and MariaDB, each on a free
// loopback port, with TLS and a temporary folder. They come from the system's packages, which
// hack/test-servers.sh installs if it may.
//
// Servers refuse to run as root, so under root they run as the user nobody. They contain nothing worth
// keeping: they do not sync to the disk, and they are stopped by killing them.
package databases
