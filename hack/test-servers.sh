#!/usr/bin/env bash
# Copyright 2026 The Seatplane Authors.
# SPDX-License-Identifier: Apache-2.0
#
# Provides the servers that tests run against: PostgreSQL, MariaDB and Prometheus; and jq, which the jobs in
# examples/ci use. Silent when they are there. Otherwise it installs the distribution's packages with apt-get, as root
# or by sudo without a password. If that is not allowed, or there is no apt-get, it fails with one sentence that says
# what to install.
#
# Prometheus, with promtool, is unpacked into bin/prometheus and not installed: the package would start it
# for good. The tests start servers of their own from all of these, and leave alone any that run already.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# found NAME FOLDER... succeeds when a program is in PATH or in one of the folders.
found() {
  local name=$1 folder
  shift
  command -v "$name" >/dev/null && return 0
  for folder in "$@"; do
    [[ ! -x $folder/$name ]] || return 0
  done
  return 1
}

# The same places as in internal/testing/databases and internal/testing/prometheus.
missing_packages() {
  found postgres /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql@*/bin || echo postgresql
  if ! found mariadbd /usr/sbin /usr/libexec /opt/homebrew/opt/mariadb/bin ||
    ! found mariadb-install-db /usr/bin /opt/homebrew/opt/mariadb/bin; then
    echo mariadb-server-core
    echo mariadb-client-core
  elif ! found my_print_defaults /usr/bin /opt/homebrew/opt/mariadb/bin; then
    # mariadb-install-db does not work without it.
    echo mariadb-client-core
  fi
  if ! { [[ -n ${SEATPLANE_PROMETHEUS:-} ]] || found prometheus bin/prometheus; } || ! found promtool bin/prometheus; then
    echo prometheus
  fi
  found jq || echo jq
}

# privileged COMMAND... runs it as root, or fails where it may not.
privileged() {
  if [[ $(id -u) == 0 ]]; then
    "$@"
  else
    sudo -n "$@"
  fi
}

update_once() {
  [[ -z ${updated:-} ]] || return 0
  updated=yes
  privileged apt-get update -q >/dev/null
}

install() {
  privileged true 2>/dev/null || return 1
  printf '==> installing %s\n' "$*" >&2
  update_once && privileged env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@" >/dev/null
}

# unpack_prometheus takes the server and promtool out of their package, which needs no privilege where the
# lists of packages are there already.
unpack_prometheus() {
  local folder program
  command -v dpkg-deb >/dev/null || return 1
  folder=$(mktemp -d)
  # shellcheck disable=SC2064 # the folder is known now
  trap "rm -rf '$folder'" EXIT
  printf '==> unpacking prometheus and promtool into bin/prometheus\n' >&2
  (cd "$folder" && apt-get download -q prometheus) >/dev/null 2>&1 ||
    { update_once && (cd "$folder" && apt-get download -q prometheus) >/dev/null; } || return 1
  dpkg-deb -x "$folder"/prometheus_*.deb "$folder/tree" || return 1
  mkdir -p bin/prometheus
  # Whoever runs at the same time sees a whole program or none.
  for program in prometheus promtool; do
    cp "$folder/tree/usr/bin/$program" "bin/prometheus/$program.$$" &&
      mv -f "bin/prometheus/$program.$$" "bin/prometheus/$program" || return 1
  done
}

provide() {
  local package installed=() status=0
  command -v apt-get >/dev/null || return 1
  for package in "$@"; do
    if [[ $package == prometheus ]]; then
      unpack_prometheus || status=1
    else
      installed+=("$package")
    fi
  done
  ((${#installed[@]} == 0)) || install "${installed[@]}" || status=1
  return "$status"
}

mapfile -t packages < <(missing_packages)
((${#packages[@]} > 0)) || exit 0
provide "${packages[@]}" || true
mapfile -t packages < <(missing_packages)
if ((${#packages[@]} > 0)); then
  printf 'The tests need servers that could not be had here: install the packages %s (as Debian calls them), so that their programs are in PATH.\n' "${packages[*]}" >&2
  exit 1
fi
