#!/usr/bin/env bash
# Copyright 2026 The Seatplane Authors.
# SPDX-License-Identifier: Apache-2.0
#
# Regenerates what is generated, then checks without changing anything further. Every check runs;
# the end names those that failed.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

linter=${GOLANGCI_LINT:-bin/tools/golangci-lint}
generated=(api/v1alpha1/zz_generated.deepcopy.go api/applyconfiguration config/crd/bases config/rbac/role.yaml docs/reference charts/seatplane/files)
failed=()

# check SENTENCE COMMAND...
check() {
  local sentence=$1
  shift
  printf '==> %s\n' "$sentence"
  "$@" || failed+=("$sentence")
}

# sources prints the Go files that people write, one a line.
sources() {
  find . -name '*.go' -not -name 'zz_generated.*' -not -path './bin/*' -not -path './dist/*' -not -path './.git/*'
}

# Comparing with a copy, and not with a commit, works in a tree with changes, and without commits.
generated_is_current() {
  local before entry differing=()
  before=$(mktemp -d)
  for entry in "${generated[@]}"; do
    mkdir -p "$before/$(dirname "$entry")"
    [[ ! -e $entry ]] || cp -R "$entry" "$before/$entry"
  done
  # A make of its own, not a part of the one that may run this.
  if ! env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make generate manifests; then
    rm -rf "$before"
    return 1
  fi
  for entry in "${generated[@]}"; do
    [[ -e $entry || -e $before/$entry ]] || continue
    diff -ruN "$before/$entry" "$entry" || differing+=("$entry")
  done
  rm -rf "$before"
  ((${#differing[@]} == 0)) && return 0
  echo "These were not what 'make generate manifests' makes, and now are; commit them: ${differing[*]}"
  return 1
}

# A clean checkout stays clean, or some generated or test output is missing from the commit.
checkout_is_clean() {
  local changed
  changed=$(git status --porcelain --untracked-files=all) || return 1
  [[ -z $changed ]] && return 0
  printf 'These files differ from the commit:\n%s\n' "$changed"
  return 1
}

formatted() { "$linter" fmt --diff; }

vetted() { go vet ./...; }

# Modules with code of their own, next to the product's.
modules=(hack/image examples/envtest test/flux)

linted() {
  local module root=$PWD
  "$linter" run --allow-parallel-runners || return 1
  for module in "${modules[@]}"; do
    (cd "$module" && "$root/$linter" run --allow-parallel-runners --config "$root/.golangci.yml") || return 1
  done
}

# Generated code and build constraints may come first; the header is within the first lines.
headers_present() {
  local file bare=()
  while IFS= read -r file; do
    head -n 5 "$file" | grep -qxF '// SPDX-License-Identifier: Apache-2.0' || bare+=("$file")
  done < <(sources)
  ((${#bare[@]} == 0)) && return 0
  echo "These files lack the header of hack/boilerplate.go.txt: ${bare[*]}"
  return 1
}

api_follows_conventions() {
  local output
  output=$(go test ./api/... -run Conventions -v 2>&1) || {
    echo "$output"
    return 1
  }
  # A renamed test would match nothing and pass.
  grep -q '^=== RUN .*Conventions' <<<"$output" && return 0
  echo "No test under ./api matches 'Conventions'."
  return 1
}

# A make of its own, as above.
picture_is_current() { env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make picture-check; }

comment_is_current() { env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make preview-comment-check; }

modules_are_tidy() {
  local module
  go mod tidy -diff || return 1
  for module in "${modules[@]}"; do
    (cd "$module" && GOWORK=off go mod tidy -diff) || return 1
  done
}

check "generated files are current" generated_is_current
check "code is formatted (make fmt)" formatted
check "go vet" vetted
check "golangci-lint" linted
check "files carry the license header" headers_present
check "the API follows its conventions" api_follows_conventions
check "the README's picture shows what the demo prints" picture_is_current
check "the README's comment shows what the preview prints" comment_is_current
check "go.mod and those of the other modules are tidy (go mod tidy)" modules_are_tidy
[[ ${CI:-} != true ]] || check "the checkout is as committed" checkout_is_clean

if ((${#failed[@]} > 0)); then
  printf 'verify: failed: %s\n' "${failed[@]}"
  exit 1
fi
echo "verify: everything is as it should be"
