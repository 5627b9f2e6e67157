#!/usr/bin/env bash
# Copyright 2026 The Seatplane Authors.
# SPDX-License-Identifier: Apache-2.0

# Fuzzes every fuzz target of internal, one after the other: for a number of
# inputs each (20000x), or for a time (10s). What is found is written to testdata/fuzz next to the target,
# where every later `go test` tries it again. CI counts inputs: on a loaded machine Go can report the end of
# the time itself as a failure ("context deadline exceeded"). The lexers of SQL are compared with real
# servers, which `make test-servers` installs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

amount=${1:-20000x}
targets=0
while IFS=: read -r file name; do
  package=./$(dirname "$file")
  echo "==> fuzzing $name in $package, $amount"
  go test "$package" -run '^$' -fuzz "^$name\$" -fuzztime "$amount" | grep -vE '^(PASS|fuzz: elapsed: [0-9]+s, gathering)' || {
    echo "fuzz: FAILED: $name in $package"
    exit 1
  }
  targets=$((targets + 1))
done < <(grep -rHoE '^func (Fuzz[A-Za-z]+)' --include='*_test.go' internal | sed 's/func //')
echo "fuzz: $targets targets, $amount each, nothing found"
