#!/usr/bin/env bash
# Copyright 2026 The Seatplane Authors.
# SPDX-License-Identifier: Apache-2.0
#
# Provides a real control plane: etcd, kube-apiserver, kubectl, kube-controller-manager, kube-scheduler, kubelet.
#
#   hack/control-plane.sh [--all | --node]
#
# The last line of stdout is the directory that holds the binaries, which is what
# KUBEBUILDER_ASSETS wants; everything said on the way goes to stderr. In this order:
#
#   1. KUBEBUILDER_ASSETS, when it is set and complete;
#   2. bin/k8s, when it is complete at the versions pinned in hack/control-plane/**/go.mod;
#   3. setup-envtest's download, given up after SEATPLANE_DOWNLOAD_TIMEOUT seconds (30);
#      0 skips it;
#   4. a build from Go modules, verified by go.sum: about six minutes on two cores, once.
#
# kube-controller-manager is provided only with --all: suites about garbage collection and namespace
# deletion need it, and make demo and make dev do not. It is built in any case, for it is not among the downloads.
# With --node, kube-scheduler and kubelet are provided too: test/node runs pods.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
bin=$root/bin/k8s
lock=$root/bin/k8s.lock
modules=$root/hack/control-plane
basics=(etcd kube-apiserver kubectl)
child=

say() { printf 'control plane: %s\n' "$*" >&2; }

# pinned MODFILE MODULE prints the version that a go.mod requires.
pinned() { awk -v module="$2" '$1 == "require" { sub(/^require /, "") } $1 == module { print $2; exit }' "$1"; }

kubernetes=$(pinned "$modules/go.mod" k8s.io/kubernetes)
etcd=$(pinned "$modules/etcd/go.mod" go.etcd.io/etcd/server/v3)

version_of() { if [[ $1 == etcd ]]; then echo "$etcd"; else echo "$kubernetes"; fi; }

# absent_from DIR NAME... prints the names that DIR does not hold as executables.
absent_from() {
  local dir=$1 name
  shift
  for name in "$@"; do
    [[ -f $dir/$name && -x $dir/$name ]] || printf '%s ' "$name"
  done
}

# pinned_in_bin NAME... succeeds when bin/k8s holds each at its pinned version.
pinned_in_bin() {
  local name
  for name in "$@"; do
    [[ -x $bin/$name && $(cat "$bin/.$name.version" 2>/dev/null) == "$(version_of "$name")" ]] || return 1
  done
}

own_bin_is_complete() { pinned_in_bin "${wanted[@]}"; }

use_existing_assets() {
  local dir=${KUBEBUILDER_ASSETS:-} absent
  [[ -n $dir && $dir != "$bin" ]] || return 1
  absent=$(absent_from "$dir" "${wanted[@]}")
  if [[ -n $absent ]]; then
    say "KUBEBUILDER_ASSETS=$dir has no ${absent% }; using $bin instead"
    return 1
  fi
  (cd "$dir" && pwd)
}

# install_binary FILE NAME puts a finished file in its place; readers see the old one or the new
# one, never a half.
install_binary() {
  chmod 0755 "$1"
  mv -f "$1" "$bin/$2"
  version_of "$2" >"$bin/.$2.version"
}

# in_background COMMAND... runs it in a process group of its own, so that stopping it also stops
# what it started.
in_background() {
  set -m
  "$@" </dev/null &
  child=$!
  set +m
}

stop_child() {
  [[ -n $child ]] || return 0
  kill -TERM -- "-$child" 2>/dev/null || true
  wait "$child" 2>/dev/null || true
  child=
}

running() { kill -0 "$child" 2>/dev/null; }

download() {
  local limit=${SEATPLANE_DOWNLOAD_TIMEOUT:-30} log=$bin/.download.log began=$SECONDS dir name
  [[ $limit != 0 ]] || return 1
  say "trying setup-envtest's download, for at most $limit s"
  in_background fetch "$log"
  while running && ((SECONDS - began < limit)); do sleep 0.5; done
  if running; then
    stop_child
    say "no download within $limit s"
    return 1
  fi
  if ! wait "$child"; then
    child=
    say "no download: $(tail -n 1 "$log" | cut -c -200)"
    return 1
  fi
  child=
  dir=$(cat "$bin/.download.path")
  [[ -z $(absent_from "$dir" "${basics[@]}") ]] || return 1
  for name in "${basics[@]}"; do
    cp "$dir/$name" "$bin/.$name.$$" || return 1
    install_binary "$bin/.$name.$$" "$name"
  done
  chmod -R u+w "$bin/.envtest" && rm -rf "$bin/.envtest"
  say "downloaded ${basics[*]} in $((SECONDS - began)) s"
}

# fetch LOG leaves the directory of the downloaded set in .download.path.
fetch() {
  local numbers=${kubernetes#v}
  cd "$root"
  go tool -modfile=go.tools.mod setup-envtest use "${numbers%.*}.x" \
    --bin-dir "$bin/.envtest" -p path >"$bin/.download.path" 2>"$1"
}

# Without a version, kube-apiserver reports v0.0.0, and clients and feature gates misbehave.
kubernetes_ldflags() {
  local major minor _ package flags="-s -w"
  IFS=. read -r major minor _ <<<"${kubernetes#v}"
  for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
    flags+=" -X $package.gitVersion=$kubernetes -X $package.gitTreeState=clean"
    flags+=" -X $package.gitMajor=$major -X $package.gitMinor=$minor"
  done
  echo "$flags"
}

# compile NAME FOLDER PACKAGE LDFLAGS FILE
compile() {
  cd "$2"
  # What the caller may have set for the product's own build has no business here.
  env -u GOOS -u GOARCH GOWORK=off CGO_ENABLED=0 \
    go build -v -trimpath -ldflags "$4" -o "$5" "$3"
}

# count_stale FOLDER PACKAGE LDFLAGS prints how many packages are still to be compiled.
count_stale() {
  cd "$1"
  env -u GOOS -u GOARCH GOWORK=off CGO_ENABLED=0 \
    go list -deps -trimpath -ldflags "$3" -f '{{if .Stale}}{{.ImportPath}}{{end}}' "$2" 2>/dev/null | grep -c .
}

# progress NAME SECONDS LOG TOTAL says how far a build is: one line that is written over on a terminal, else
# a line every 15 s.
progress() {
  local downloaded compiled line
  downloaded=$(grep -c '^go: downloading' "$3" || true)
  compiled=$(grep -vc '^go: ' "$3" || true)
  line="  $1: $2 s, $downloaded modules downloaded, $compiled of $4 packages compiled"
  if [[ -t 2 ]]; then
    printf '\rcontrol plane: %s\033[K' "$line" >&2
  elif (($2 % 15 == 0)); then
    say "$line"
  fi
}

# build NAME FOLDER PACKAGE LDFLAGS HINT builds one binary and shows how far it is.
build() {
  local name=$1 log=$bin/.$1.log file=$bin/.$1.$$ began=$SECONDS told=$SECONDS total
  pinned_in_bin "$name" && return 0
  say "building $name $(version_of "$name") from Go modules ($5)"
  total=$(count_stale "$2" "$3" "$4" || true)
  in_background compile "$name" "$2" "$3" "$4" "$file" 2>"$log"
  while running; do
    sleep 0.2
    ((SECONDS > told)) || continue
    told=$SECONDS
    progress "$name" $((SECONDS - began)) "$log" "$total"
  done
  [[ ! -t 2 ]] || printf '\r\033[K' >&2
  if ! wait "$child"; then
    child=
    rm -f "$file"
    grep -v '^go: downloading' "$log" | tail -n 20 >&2 || true
    say "building $name failed; a Go module proxy must be reachable the first time (GOPROXY=$(go env GOPROXY))"
    return 1
  fi
  child=
  rm -f "$log"
  install_binary "$file" "$name"
  say "built $name in $((SECONDS - began)) s"
}

build_missing() {
  local flags name hint
  flags=$(kubernetes_ldflags)
  for name in "${wanted[@]}"; do
    case $name in
    etcd)
      build etcd "$modules/etcd" go.etcd.io/etcd/server/v3 "-s -w" "under a minute on two cores"
      continue
      ;;
    kube-apiserver) hint="3 to 5 minutes on two cores" ;;
    kubectl) hint="under a minute" ;;
    *) hint="one minute, four when alone" ;;
    esac
    build "$name" "$modules" "k8s.io/kubernetes/cmd/$name" "$flags" "$hint"
  done
}

# A lock whose owner is gone is taken over. Should two processes ever do that at the same instant,
# both build and the later rename wins: wasteful, never wrong.
take_lock() {
  local owner waited=no
  mkdir -p "$bin"
  until mkdir "$lock" 2>/dev/null; do
    owner=$(cat "$lock/pid" 2>/dev/null || true)
    # Without an owner after a second, it died before it could sign.
    if [[ -z $owner && $waited == yes ]] || { [[ -n $owner ]] && ! kill -0 "$owner" 2>/dev/null; }; then
      rm -rf "$lock"
      continue
    fi
    [[ $waited == yes ]] || say "waiting for process ${owner:-?}, which is providing it already"
    waited=yes
    sleep 1
  done
  echo $$ >"$lock/pid"
}

finish() {
  stop_child
  rm -rf "$lock"
  rm -f "$bin"/.*."$$" "$bin"/.download.*
}

provide() {
  own_bin_is_complete && return 0
  take_lock
  trap finish EXIT
  trap 'exit 130' INT TERM HUP
  own_bin_is_complete && return 0 # another process may have finished it while this one waited
  if ! command -v go >/dev/null; then
    say "the Go toolchain is missing: install the version that go.mod names"
    return 1
  fi
  pinned_in_bin "${basics[@]}" || download || true
  own_bin_is_complete || build_missing
  say "ready in $bin"
}

wanted=("${basics[@]}")
case ${1:-} in
'') ;;
--all) wanted+=(kube-controller-manager) ;;
--node) wanted+=(kube-controller-manager kube-scheduler kubelet) ;;
*) sed -n '/^# Provides/,/^set/p' "$0" | sed '$d; s/^# \{0,1\}//' && exit 2 ;;
esac

use_existing_assets && exit 0
provide
echo "$bin"
