// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package ci

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/seatplane/seatplane/internal/manifests"
	"github.com/seatplane/seatplane/internal/offline"
	"github.com/seatplane/seatplane/internal/snapshot"
	"github.com/seatplane/seatplane/internal/testing/controlplane"
)

// ghStub keeps comments as GitHub does: it lists them through jq, adds one, and replaces one.
const ghStub = `#!/usr/bin/env bash
set -eu
[ "$1" = api ]; shift
[ -n "$GH_TOKEN" ]
method=GET path= filter=. body=
while [ $# -gt 0 ]; do
  case $1 in
    --silent | --paginate) ;;
    --method) method=$2; shift ;;
    --jq) filter=$2; shift ;;
    -F) body=${2#body=@}; shift ;;
    *) path=$1 ;;
  esac
  shift
done
case "$method $path" in
  "GET repos/acme/prices/issues/7/comments") jq -r "$filter" "$COMMENTS" ;;
  "POST repos/acme/prices/issues/7/comments")
    jq --rawfile body "$body" '. + [{id: (length + 100), user: {login: "github-actions[bot]"}, body: $body}]' "$COMMENTS" >"$COMMENTS.new"
    mv "$COMMENTS.new" "$COMMENTS" ;;
  "PATCH repos/acme/prices/issues/comments/"*)
    jq --rawfile body "$body" --argjson id "${path##*/}" 'map(if .id == $id then .body = $body else . end)' "$COMMENTS" >"$COMMENTS.new"
    mv "$COMMENTS.new" "$COMMENTS" ;;
  *) echo "gh: no such request: $method $path" >&2; exit 1 ;;
esac
`

// curlStub keeps notes as GitLab does.
const curlStub = `#!/usr/bin/env bash
set -eu
method=GET url= body= token=
while [ $# -gt 0 ]; do
  case $1 in
    --fail | --silent | --show-error) ;;
    --header) token=$2; shift ;;
    --output) shift ;;
    --request) method=$2; shift ;;
    --data-urlencode) body=${2#body@}; shift ;;
    *) url=$1 ;;
  esac
  shift
done
[ "$token" = "PRIVATE-TOKEN: secret" ]
notes=https://gitlab.example/api/v4/projects/3/merge_requests/7/notes
case "$method $url" in
  "GET $notes?per_page=100&sort=asc") cat "$COMMENTS" ;;
  "POST $notes")
    jq --rawfile body "$body" '. + [{id: (length + 100), body: $body}]' "$COMMENTS" >"$COMMENTS.new"
    mv "$COMMENTS.new" "$COMMENTS" ;;
  "PUT $notes/"*)
    jq --rawfile body "$body" --argjson id "${url##*/}" 'map(if .id == $id then .body = $body else . end)' "$COMMENTS" >"$COMMENTS.new"
    mv "$COMMENTS.new" "$COMMENTS" ;;
  *) echo "curl: no such request: $method $url" >&2; exit 22 ;;
esac
`

// checkout is a repository of manifests that a job runs in.
type checkout struct {
	*testing.T
	folder, bin string
	env         []string
}

// newCheckout is a repository whose manifests are what its snapshot has, with stubs on the PATH.
func newCheckout(t *testing.T, stub, content string, env ...string) *checkout {
	t.Helper()
	if _, err := exec.LookPath("jq"); err != nil {
		t.Fatal("install jq: the stubs of gh and curl need it")
	}
	root, err := controlplane.Root()
	if err != nil {
		t.Fatal(err)
	}
	c := &checkout{T: t, folder: t.TempDir(), bin: t.TempDir()}
	c.write(filepath.Join(c.bin, stub), content, 0o700)
	build := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-o", filepath.Join(c.bin, "kubectl-seatplane"), "./cmd/kubectl-seatplane")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	// The same as kubectl does: the plugin by its name on the PATH.
	c.write(filepath.Join(c.bin, "kubectl"), "#!/bin/sh\nplugin=$1; shift; exec kubectl-$plugin \"$@\"\n", 0o700)
	c.write(filepath.Join(c.folder, "comments.json"), `[{"id": 1, "user": {"login": "ada"}, "body": "Looks good. <!-- seatplane-preview --> is what I like."}]`, 0o600)
	c.env = append(os.Environ(), append(env, "PATH="+c.bin+":"+os.Getenv("PATH"), "COMMENTS="+filepath.Join(c.folder, "comments.json"),
		"KUBECONFIG=/dev/null", "GITHUB_OUTPUT="+filepath.Join(c.folder, "output"))...)
	c.push("before")
	c.takeSnapshot()
	return c
}

func (c *checkout) write(path, content string, mode os.FileMode) {
	c.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		c.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		c.Fatal(err)
	}
}

// push makes the manifests those of one side of examples/ci/price-of-a-change, with edits: pairs of what is replaced.
func (c *checkout) push(side string, edits ...string) {
	c.Helper()
	root, err := controlplane.Root()
	if err != nil {
		c.Fatal(err)
	}
	for _, name := range []string{"catalog.yaml", "customers.yaml"} {
		text, err := os.ReadFile(filepath.Join(root, "examples", "ci", "price-of-a-change", side, name))
		if err != nil {
			c.Fatal(err)
		}
		c.write(filepath.Join(c.folder, "manifests", name), strings.NewReplacer(edits...).Replace(string(text)), 0o600)
	}
}

func (c *checkout) takeSnapshot() {
	c.Helper()
	schemas, err := manifests.LoadSchemas()
	if err != nil {
		c.Fatal(err)
	}
	documents, err := manifests.Read(filepath.Join(c.folder, "manifests"), nil)
	if err != nil {
		c.Fatal(err)
	}
	noon := time.Date(2026, time.April, 16, 0, 0, 0, 0, time.UTC)
	source, err := offline.FromManifests(c.Context(), "manifests", schemas, documents, "billing", noon)
	if err != nil {
		c.Fatal(err)
	}
	var text bytes.Buffer
	if _, err := snapshot.Write(c.Context(), &text, source, nil); err != nil {
		c.Fatal(err)
	}
	c.write(filepath.Join(c.folder, "snapshot.json"), text.String(), 0o600)
}

// runs executes a script in one shell, and returns the exit code of the first that fails.
func (c *checkout) runs(script string, env ...string) int {
	c.Helper()
	command := exec.CommandContext(c.Context(), "bash", "-eo", "pipefail", "-c", script)
	command.Dir, command.Env = c.folder, slices.Concat(c.env, env)
	out, err := command.CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		c.Logf("the job prints:\n%s", out)
		return exit.ExitCode()
	}
	if err != nil {
		c.Fatal(err)
	}
	return 0
}

// comments are what the forge shows.
func (c *checkout) comments() []string {
	c.Helper()
	text, err := os.ReadFile(filepath.Join(c.folder, "comments.json"))
	if err != nil {
		c.Fatal(err)
	}
	var all []struct{ Body string }
	if err := json.Unmarshal(text, &all); err != nil {
		c.Fatal(err)
	}
	var bodies []string
	for _, each := range all {
		bodies = append(bodies, each.Body)
	}
	return bodies
}

// example reads a job.
func example[T any](t *testing.T, path string) T {
	t.Helper()
	root, err := controlplane.Root()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "examples", "ci", path))
	if err != nil {
		t.Fatal(err)
	}
	var job T
	if err := yaml.Unmarshal(text, &job); err != nil {
		t.Fatal(err)
	}
	return job
}

// pushes are what a pull request goes through: each is a push, the code that the job ends with, and what the one comment
// says then.
func (c *checkout) pushes(job func() int) {
	c.Helper()
	acme := "quantity: 8"
	for _, push := range []struct {
		reason string
		side   string
		edits  []string
		code   int
		says   string
	}{
		{"the first push creates the comment", "before", []string{acme, "quantity: 9"}, 0, "+12.00 EUR a month"},
		{"the next one replaces it", "before", []string{"quantity: 25", "quantity: 27"}, 0, "+24.00 EUR a month"},
		{"above the limit the job fails, and the comment says why", "before", []string{"12.00", "24.00"}, 4, "Limit exceeded"},
		{"what is invalid fails too", "before", []string{acme, "quantity: -1"}, 2, "should be greater than or equal to 0"},
		{"where nothing changes any more, the comment says so", "before", nil, 0, "No amount changes."},
	} {
		c.push(push.side, push.edits...)
		if code := job(); code != push.code {
			c.Errorf("%s: the job ends with %d, not %d", push.reason, code, push.code)
		}
		comments := c.comments()
		if len(comments) != 2 || !strings.HasPrefix(comments[0], "Looks good.") || !strings.Contains(comments[1], push.says) {
			c.Errorf("%s: the comments are %q", push.reason, comments)
		}
	}
}

func TestGitHub(t *testing.T) {
	type step struct {
		Run string
		Env map[string]string
	}
	workflow := example[struct {
		Permissions map[string]string
		Jobs        map[string]struct{ Steps []step }
	}](t, "github/seatplane-preview.yaml")
	if workflow.Permissions["pull-requests"] != "write" {
		t.Error("the job may not write comments")
	}
	c := newCheckout(t, "gh", ghStub, "GITHUB_REPOSITORY=acme/prices")
	c.pushes(func() int {
		_ = os.Remove(filepath.Join(c.folder, "output"))
		for _, s := range workflow.Jobs["preview"].Steps {
			if s.Run == "" {
				continue
			}
			output, _ := os.ReadFile(filepath.Join(c.folder, "output"))
			var env []string
			for name, value := range s.Env {
				env = append(env, name+"="+strings.NewReplacer("${{ github.token }}", "token", "${{ github.event.pull_request.number }}", "7",
					"${{ steps.price.outputs.code }}", strings.TrimPrefix(strings.TrimSpace(string(output)), "code=")).Replace(value))
			}
			if code := c.runs(s.Run, env...); code != 0 {
				return code
			}
		}
		return 0
	})
}

func TestGitLab(t *testing.T) {
	jobs := example[map[string]struct{ Script []string }](t, "gitlab/seatplane-preview.yaml")
	c := newCheckout(t, "curl", curlStub, "CI_API_V4_URL=https://gitlab.example/api/v4", "CI_PROJECT_ID=3", "CI_MERGE_REQUEST_IID=7", "PREVIEW_TOKEN=secret")
	c.pushes(func() int { return c.runs(strings.Join(jobs["price of this change"].Script, "\n")) })
}
