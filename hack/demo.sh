#!/usr/bin/env bash
# Copyright 2026 The Seatplane Authors.
# SPDX-License-Identifier: Apache-2.0
#
# Plays two months of billing on a real API server: what `make demo` runs, after it built bin/manager.
set -euo pipefail
trap "exit 130" INT # also while Go builds
cd "$(dirname "${BASH_SOURCE[0]}")/.."

KUBEBUILDER_ASSETS=${KUBEBUILDER_ASSETS:-$(hack/control-plane.sh)}
export KUBEBUILDER_ASSETS
CGO_ENABLED=0 go build -buildvcs=false -o bin/demo ./hack/demo
exec bin/demo "$@"
