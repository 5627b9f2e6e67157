// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package transfer moves the objects of Seatplane from one cluster to another, with their statuses.
//
// [Export] reads all of them as they were at one instant, and writes a file. [Import] creates them again in an empty
// cluster. The UID, the age and the generation that an object had are kept in status.imported, where internal/facts
// reads them, so that billing continues as if nothing had happened.
//
// An import creates everything before any controller acts. Every object that a controller acts on is created with the
// annotation billing.seatplane.dev/importing. The import removes the annotations at the end, after all objects and all
// statuses are in place. If an import was killed, run it again with the same file: until the first annotation is
// removed, it continues to create objects, and after that it only removes annotations.
package transfer
