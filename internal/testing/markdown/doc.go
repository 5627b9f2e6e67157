// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package markdown parses the project's documentation as far as tests need it: fenced blocks, links,
// the anchors of headings, and the scripts that a page hides from its readers.
package markdown
