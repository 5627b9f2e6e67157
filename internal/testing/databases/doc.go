// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package databases runs real database servers for tests: PostgreSQL and MariaDB, each on a free
// port of the loopback, with a folder of its own that is gone afterwards, and with TLS. They come from
// the system's packages; hack/test-servers.sh installs them where it may.
//
// Servers refuse to run as root, so under root they run as the user nobody. They hold nothing worth
// keeping: they do not wait for the disk, and they are stopped by killing them.
package databases
