#!/usr/bin/env bash
# Copyright 2026 The Seatplane Authors.
# SPDX-License-Identifier: Apache-2.0
#
# Renders what a release consists of, for the image IMAGE:VERSION, into dist/:
#
#   install.yaml              config/default, for `kubectl apply --server-side -f`
#   prometheus.yaml           config/prometheus, where the Prometheus operator is installed
#   seatplane-NUMBER.tgz      the chart. If VERSION is a version such as v1.2.3, it is the chart's version, with the
#                             number of commits since as build metadata. Otherwise the version is 0.0.0, with VERSION
#                             as build metadata
#
# KUBECTL and HELM name the programs. DIST names another folder than dist/.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

image=${IMAGE:?the name of the image} version=${VERSION:?its tag} dist=${DIST:-dist}
overlay=bin/overlay.$$ # kustomize wants the way to config/ to be relative
staged=$(mktemp -d)
trap 'rm -rf "$overlay" "$staged"' EXIT

# render FOLDER FILE renders a folder of config/, and sets only the image.
render() {
  mkdir -p "$overlay"
  cat >"$overlay/kustomization.yaml" <<OVERLAY
resources: [../../config/$1]
images:
- {name: seatplane/manager, newName: "$image", newTag: "$version"}
OVERLAY
  "$KUBECTL" kustomize "$overlay" >"$staged/$2"
  mv -f "$staged/$2" "$dist/$2"
  echo "    $dist/$2"
}

# Helm needs a semantic version, and a commit is not one.
chart_version() {
  local number=${version#v}
  # Commits after a tag come after it: -4-g1234567 as it stands would be a version before that tag's.
  if [[ $number =~ ^([0-9]+\.[0-9]+\.[0-9]+)-([0-9]+-g[0-9a-f]+.*)$ ]]; then
    echo "${BASH_REMATCH[1]}+${BASH_REMATCH[2]}"
  elif [[ $number =~ ^[0-9]+\.[0-9]+\.[0-9]+([-+][0-9A-Za-z.+-]+)?$ ]]; then
    echo "$number"
  else
    echo "0.0.0+${number//[^0-9A-Za-z-]/-}"
  fi
}

chart() {
  cp -R charts/seatplane "$staged/"
  sed -i.bak "s|^  repository: .*|  repository: $image|" "$staged/seatplane/values.yaml"
  rm -f "$staged/seatplane/values.yaml.bak" "$dist"/seatplane-*.tgz
  "$HELM" package "$staged/seatplane" --version "$(chart_version)" --app-version "$version" --destination "$dist" >/dev/null
  echo "    $(ls "$dist"/seatplane-*.tgz)"
}

mkdir -p "$dist"
render default install.yaml
render prometheus prometheus.yaml
chart
