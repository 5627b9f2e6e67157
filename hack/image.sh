#!/usr/bin/env bash
# Copyright 2026 The Seatplane Authors.
# SPDX-License-Identifier: Apache-2.0
#
# Builds the manager and packs it into an OCI image, without a container engine, a registry or a base image:
#
#   image.tar                  the image IMAGE:VERSION, for all PLATFORMS: an archive of an OCI image layout
#   root-OS-ARCH               the files of the image for each platform, from which the Dockerfile builds the same image
#   sbom-OS-ARCH.spdx.json     what the manager was built from, for each platform; it is in the image too
#
#   hack/image.sh              writes all three
#   hack/image.sh --sbom       writes only the bills of materials
#
# The same commit, version and Go give the same bytes on every machine. DIST names another folder than dist/, and
# SOURCE_DATE_EPOCH another time than that of the commit.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

image=${IMAGE:?the name of the image} version=${VERSION:?its tag} dist=${DIST:-dist}
read -ra platforms <<<"${PLATFORMS:-linux/amd64 linux/arm64}"
created=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}

case ${1:-} in
'' | --sbom) ;;
*) sed -n '/^# Builds/,/^set/p' "$0" | sed '$d; s/^# \{0,1\}//' && exit 2 ;;
esac

staged=$(mktemp -d)
trap 'rm -rf "$staged"' EXIT

# What a developer set for their own builds must not change what others can reproduce.
export GOFLAGS= GOWORK=off GOEXPERIMENT= GOAMD64=v1 GOARM64=v8.0
unset GOOS GOARCH

binaries=()
for platform in "${platforms[@]}"; do
  if [[ $platform != linux/* ]]; then
    echo "image: $platform is not a platform that the manager runs on; name linux/amd64 or linux/arm64" >&2
    exit 1
  fi
  binary=$staged/${platform//\//-}
  CGO_ENABLED=0 GOOS=${platform%%/*} GOARCH=${platform#*/} go build -trimpath -buildvcs=false \
    -ldflags "-s -w -X main.version=$version" -o "$binary" ./cmd/manager
  binaries+=("$binary")
done

mkdir -p "$dist"
dist=$(cd "$dist" && pwd)
wanted=(--sboms="$dist")
[[ -n ${1:-} ]] || wanted+=(--archive="$dist/image.tar" --roots="$dist")
go build -C hack/image -o "$staged/image" .
"$staged/image" --name="$image" --version="$version" --created="$created" "${wanted[@]}" "${binaries[@]}"
