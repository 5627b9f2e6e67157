#!/usr/bin/env bash
# Copyright 2026 The Seatplane Authors.
# SPDX-License-Identifier: Apache-2.0
#
# Provides what a node runs containers with, in bin/node: containerd with its shim and ctr, runc, and the CNI plugins
# bridge, host-local and loopback. Silent when they are there.
#
# Programs that the machine has are linked. The others are unpacked from the distribution's packages, and not
# installed: containerd's package would start it for good. Where that is not possible, it fails with one sentence that
# says what to install.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

node=bin/node
programs=(containerd containerd-shim-runc-v2 ctr runc)
plugins=(bridge host-local loopback)

complete() {
  local name
  for name in "${programs[@]/#/bin/}" "${plugins[@]/#/cni/}"; do
    [[ -x $node/$name ]] || return 1
  done
}

# link NAME KIND FOLDER... links a program to the first of the folders that has it.
link() {
  local name=$1 kind=$2 folder
  shift 2
  for folder in "$@"; do
    if [[ -x $folder/$name ]]; then
      ln -sfn "$folder/$name" "$node/$kind/$name"
      return 0
    fi
  done
}

# link_all ROOT links what is below a folder, which is empty for the machine itself.
link_all() {
  local name
  for name in "${programs[@]}"; do
    link "$name" bin "$1/usr/bin" "$1/usr/sbin" "$1/usr/local/bin" "$1/usr/local/sbin"
  done
  for name in "${plugins[@]}"; do
    link "$name" cni "$1/usr/lib/cni" "$1/opt/cni/bin" "$1/usr/libexec/cni"
  done
}

# download FOLDER fetches the packages, with new lists if the present ones are missing or old.
download() {
  local packages=(containerd runc containernetworking-plugins)
  (cd "$1" && apt-get download -q "${packages[@]}") >/dev/null 2>&1 && return 0
  if [[ $(id -u) == 0 ]]; then apt-get update -q >/dev/null; else sudo -n apt-get update -q >/dev/null; fi
  (cd "$1" && apt-get download -q "${packages[@]}") >/dev/null
}

unpack() {
  local folder package tree
  command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || return 1
  printf '==> unpacking containerd, runc and CNI plugins into %s\n' "$node" >&2
  tree=$PWD/$node/packages
  folder=$(mktemp -d)
  # shellcheck disable=SC2064 # the folder is known now
  trap "rm -rf '$folder'" EXIT
  download "$folder" || return 1
  for package in "$folder"/*.deb; do
    dpkg-deb -x "$package" "$tree" || return 1
  done
  link_all "$tree"
}

if [[ $(uname -s) != Linux ]]; then
  echo "node: containers need Linux" >&2
  exit 1
fi
complete && exit 0
mkdir -p "$node/bin" "$node/cni"
link_all ""
complete || unpack || true
if ! complete; then
  echo "node: install containerd, runc and the CNI plugins (Debian's packages are containerd, runc and containernetworking-plugins)" >&2
  exit 1
fi
