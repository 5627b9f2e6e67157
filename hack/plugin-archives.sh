#!/usr/bin/env bash
# Copyright 2026 The Seatplane Authors.
# SPDX-License-Identifier: Apache-2.0
#
# Builds the plugin's archives for all platforms and the manifest for krew in dist/plugin: what `make dist-plugin` runs.
#
# VERSION, PLUGIN_URL: the version, and where the archives will be published.
# PLATFORMS: which platforms, as OS/ARCH.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

version=${VERSION:?}
url=${PLUGIN_URL:-https://github.com/seatplane/seatplane/releases/download/$version}
platforms=${PLATFORMS:-linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64}
out=dist/plugin
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT

rm -rf "$out"
mkdir -p "$out"
for platform in $platforms; do
  os=${platform%/*} arch=${platform#*/} suffix=
  [[ $os != windows ]] || suffix=.exe
  rm -rf "${stage:?}"/*
  CGO_ENABLED=0 GOOS=$os GOARCH=$arch go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=$version" \
    -o "$stage/kubectl-seatplane$suffix" ./cmd/kubectl-seatplane
  cp LICENSE cmd/kubectl-seatplane/kubectl_complete-seatplane "$stage/"
  tar -C "$stage" -czf "$out/kubectl-seatplane_${os}_$arch.tar.gz" .
done
go run ./hack/krew "$version" "$url" "$out" >"$out/seatplane.yaml"
printf '    %s\n' "$out"/*
