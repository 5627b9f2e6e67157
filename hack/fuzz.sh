#!/usr/bin/env bash
# Copyright 2026 The Seatplane Authors.
# SPDX-License-Identifier: Apache-2.0

# Fuzzes every fuzz target of internal/billing, one after the other, for a time each. What is found
# is written to testdata/fuzz beside the target, where every later `go test` tries it again.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

time=${1:-10s}
targets=0
while IFS=: read -r file name; do
  package=./$(dirname "$file")
  echo "==> fuzzing $name in $package for $time"
  go test "$package" -run '^$' -fuzz "^$name\$" -fuzztime "$time" | grep -vE '^(PASS|fuzz: elapsed: [0-9]+s, gathering)' || {
    echo "fuzz: FAILED: $name in $package"
    exit 1
  }
  targets=$((targets + 1))
done < <(grep -rHoE '^func (Fuzz[A-Za-z]+)' --include='*_test.go' internal/billing | sed 's/func //')
echo "fuzz: $targets targets, $time each, nothing found"
