// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package record translates between API objects and the plain values that internal/billing and internal/loading work
// on. It reads no cluster and no clock.
//
//   - read_*.go turn specs, statuses and records into plain values, one file per kind of object or part of a status.
//   - write_*.go turn plain values into statuses and into the content of records.
//   - names.go names the objects that Seatplane creates.
//   - cause.go says whether an object that bears such a name is one that Seatplane created.
//   - amounts.go and times.go have what both directions share.
package record
