#!/usr/bin/env bash
# Copyright 2026 The Seatplane Authors.
# SPDX-License-Identifier: Apache-2.0
#
# Provides a real Prometheus for the tests and prints its path; what is said on the way goes to stderr.
# In this order:
#
#   1. SEATPLANE_PROMETHEUS, when it is set;
#   2. prometheus in PATH;
#   3. bin/prometheus/prometheus, from the last time;
#   4. the package of Debian or Ubuntu, unpacked into bin/prometheus: nothing is installed or started.
#
# Where none of these works it prints nothing and says what to do: the tests that want it then skip,
# and fail under CI=true.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
binary=$root/bin/prometheus/prometheus

say() { printf 'prometheus: %s\n' "$*" >&2; }

unpack() {
  local folder
  command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || return 1
  folder=$(mktemp -d)
  # shellcheck disable=SC2064 # the folder is known now
  trap "rm -rf '$folder'" EXIT
  say "unpacking the distribution's package, once"
  (cd "$folder" && apt-get download prometheus) >/dev/null 2>&1 || return 1
  dpkg-deb -x "$folder"/prometheus_*.deb "$folder/tree" || return 1
  mkdir -p "${binary%/*}"
  # Whoever runs at the same time sees a whole binary or none.
  cp "$folder/tree/usr/bin/prometheus" "$binary.$$" && mv -f "$binary.$$" "$binary"
}

if [[ -n ${SEATPLANE_PROMETHEUS:-} ]]; then
  echo "$SEATPLANE_PROMETHEUS"
elif command -v prometheus; then
  :
elif [[ -x $binary ]] || unpack; then
  echo "$binary"
else
  say "there is none, and apt-get has none to offer: install Prometheus so that it is in PATH, or set SEATPLANE_PROMETHEUS to its path"
fi
