// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package crash stops the operator before and after every write that it makes, lies to it and refuses its
// writes, and compares the result with an undisturbed run (consistency.md#4-tests).
//
// A Scenario is a table entry: objects, a prelude and steps. A run combines a scenario with a plan of
// faults, in a separate namespace on a real API server. All reconcilers are called synchronously, one after
// another, until none of them has anything to do. A crashed one is replaced by a new generation without
// memory. Every run is judged by the five criteria of the design, from the events of an independent watch.
// Reads are answered from the API server's responses to the writes of the run, and the watch has to show the
// same.
//
// To extend it, add an entry to scenarios (scenarios_test.go lists which file contains what). Every existing
// plan then applies to it. Updates with the same time are ordered by name, and the names that the operator
// gives depend on UIDs. So let the clock move between two counts or two edits whose order matters. A step
// that depends on more of the earlier steps than that the clock's time was processed is takenUp. To add a
// kind of plan, add a planner. The subset that runs by default is chosen in crash_test.go;
// SEATPLANE_CRASH=all runs everything.
//
// TestYear causes no crashes. It refreshes one subscription every hour of a year, and checks the size and
// the books of every version.
package crash
