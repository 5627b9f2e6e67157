// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package crash stops the operator before and after every write that it makes, lies to it and refuses
// its writes, and compares what it leaves behind with an undisturbed run (consistency.md#4-tests).
//
// A Scenario is a table entry: objects, a prelude and steps. A run is a scenario times a plan of
// faults, in a namespace of its own on a real API server. All reconcilers are called synchronously,
// one after the other, until they are at rest; one that crashed is replaced by a new generation that
// remembers nothing. Every run is judged by the five criteria of the design, from what an independent
// watch has seen. Reads are answered by what the API server answered to the writes of the run; the watch has
// to show the same.
//
// To widen it: add an entry to scenarios (scenarios_test.go says which file tells what); every plan there
// is applies to it at once. Updates of one instant go by their names, and the names that the operator gives
// hang on UIDs: let the clock move between two counts or two edits of which the order matters. A step that
// depends on what was done before, besides that the clock's time was taken up, is takenUp. To add a kind of
// plan, add a planner. The slice that runs by default is chosen in crash_test.go; SEATPLANE_CRASH=all runs
// everything.
//
// TestYear lets nothing crash: it refreshes one subscription every hour of a year, and judges every version
// by its size and by the same books.
package crash
