#!/usr/bin/env bash
# Copyright 2026 The Seatplane Authors.
# SPDX-License-Identifier: Apache-2.0
#
# Provides the database servers that tests run against: PostgreSQL and MariaDB, from the system's
# packages. Silent when they are there. Else it installs them with apt-get, as root or by sudo without
# a password, or says in one sentence what to install. The tests start servers of their own from
# them and leave alone any that run already.
set -euo pipefail

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

# The same places as in internal/testing/databases.
missing_packages() {
  found postgres /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql@*/bin || echo postgresql
  if ! found mariadbd /usr/sbin /usr/libexec /opt/homebrew/opt/mariadb/bin ||
    ! found mariadb-install-db /usr/bin /opt/homebrew/opt/mariadb/bin; then
    echo mariadb-server-core mariadb-client-core
  elif ! found my_print_defaults /usr/bin /opt/homebrew/opt/mariadb/bin; then
    # mariadb-install-db does not work without it.
    echo mariadb-client-core
  fi
}

# privileged COMMAND... runs it as root, or fails where it may not.
privileged() {
  if [[ $(id -u) == 0 ]]; then
    "$@"
  else
    sudo -n "$@"
  fi
}

install() {
  command -v apt-get >/dev/null || return 1
  privileged true 2>/dev/null || return 1
  printf '==> installing %s\n' "$*" >&2
  privileged env DEBIAN_FRONTEND=noninteractive apt-get update -q >/dev/null &&
    privileged env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@" >/dev/null
}

read -r -d "" -a packages < <(missing_packages) || true
((${#packages[@]} > 0)) || exit 0
if ! install "${packages[@]}" || [[ -n $(missing_packages) ]]; then
  printf 'The tests need database servers that could not be installed here: install the packages %s (as Debian calls them).\n' "${packages[*]}" >&2
  exit 1
fi
