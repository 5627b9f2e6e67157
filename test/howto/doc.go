// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package howto runs the pages of docs/how-to as their readers would: in a terminal, in a namespace of the page's
// own, against the real manager and a real API server.
//
// How a page is written:
//
//   - Blocks of sh run in order, by bash, in a folder that holds the files of docs/how-to. A variable of one block
//     is there in the next. What a block leaves in the background ends with the block.
//   - A block of text right after one of sh is what it prints, all of it. Three dots stand for anything within a
//     line; a line of three dots stands for any number of lines. Runs of spaces are equal, empty lines do not
//     count, and an age at the end of a line, such as 3s, equals every other age.
//   - A block of sh must succeed, unless what it prints begins a line with kubectl's words for an error.
//   - A block that changes nothing is repeated until it prints what is expected. One that changes something runs
//     once: have it wait with kubectl wait.
//   - Any other block is written to the file that the line before it names, as in: This goes into `acme.yaml`:
//   - A comment that begins with "test:" holds sh that readers need not see: what the page takes for granted, and
//     the moves of its TestClock.
package howto
