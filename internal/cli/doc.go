// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package cli is the kubectl plugin: its commands, flags, output and exit codes.
//
// Each command has a short file. It reads objects, passes them to a pure package that computes the result, and prints the
// whole result or nothing. To add a command, write a file with a constructor and add it to commands.
package cli
