// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package manifests_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seatplane/seatplane/internal/manifests"
)

const clock = "apiVersion: billing.seatplane.dev/v1alpha1\nkind: TestClock\nmetadata: {name: %s}\nspec: {now: 2026-04-01T00:00:00Z}\n"

// folder writes files below a folder, by their names.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestReadDirectory(t *testing.T) {
	dir := folder(t, map[string]string{
		"b.yaml":          fmt.Sprintf(clock, "b1") + "---\n# nothing\n---\n" + fmt.Sprintf(clock, "b2"),
		"a/deep/c.yml":    fmt.Sprintf(clock, "c"),
		"list.json":       `{"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "d"}}]}`,
		"README.md":       "not a manifest",
		".git/config.yml": "a: [",
		".hidden.yaml":    "a: [",
	})
	documents, err := manifests.Read(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range documents {
		got = append(got, strings.TrimPrefix(d.Place(), dir+"/")+": "+d.Object.GetKind()+" "+d.Object.GetName())
	}
	want := []string{"a/deep/c.yml: TestClock c", "b.yaml: TestClock b1", "b.yaml, document 3: TestClock b2", "list.json: ConfigMap d"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// kubectl apply -R reads files whose names begin with a dot. What they declare must not be applied without a preview.
func TestHiddenManifests(t *testing.T) {
	cases := map[string]struct{ reason, file, content, want string }{
		"a file":           {"a manifest of Seatplane's", ".more.yaml", fmt.Sprintf(clock, "c"), "/.more.yaml has a TestClock, and files whose names begin with a dot are left out: rename it, or move it elsewhere"},
		"a folder":         {"in a folder", ".more/deep/c.yaml", fmt.Sprintf(clock, "c"), "/.more/deep/c.yaml has a TestClock, and files whose names begin with a dot are left out: rename it, or move it elsewhere"},
		"another kind":     {"what others declare costs nothing", ".github/config.yml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: d}\n", ""},
		"no manifest":      {"the configuration of a tool", ".golangci.yml", "version: 2", ""},
		"a worktree":       {"where Git has a file of that name", ".git", "gitdir: elsewhere\n", ""},
		"Git's own folder": {"no tool applies it", ".git/refs/heads/c.yaml", fmt.Sprintf(clock, "c"), ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			dir := folder(t, map[string]string{c.file: c.content, "d.yaml": fmt.Sprintf(clock, "d")})
			documents, err := manifests.Read(dir, nil)
			if c.want == "" && (err != nil || len(documents) != 1) || c.want != "" && (err == nil || err.Error() != dir+c.want) {
				t.Errorf("%s: %d documents, %v", c.reason, len(documents), err)
			}
		})
	}
}

// A mounted ConfigMap has its files in a folder whose name begins with dots, and links to them.
func TestMountedManifests(t *testing.T) {
	dir := folder(t, map[string]string{"..2026/c.yaml": fmt.Sprintf(clock, "c")})
	for link, target := range map[string]string{"..data": "..2026", "c.yaml": "..data/c.yaml"} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	documents, err := manifests.Read(dir, nil)
	if err != nil || len(documents) != 1 {
		t.Errorf("%d documents, %v", len(documents), err)
	}
}

func TestWhatDoesNotParse(t *testing.T) {
	cases := map[string]struct{ reason, text, want string }{
		"brackets":  {reason: "the line is named", text: "kind: [", want: "standard input does not parse: yaml: line 1: did not find expected node content"},
		"twice":     {reason: "a key that stands twice is a mistake", text: "kind: A\nkind: B\n", want: `standard input does not parse: yaml: unmarshal errors: line 2: key "kind" already set in map`},
		"a list":    {reason: "a list is not an object", text: "- a\n", want: "standard input does not parse: it is not an object: a manifest begins with apiVersion and kind"},
		"no kind":   {reason: "values of a chart are not a manifest", text: "replicas: 1\n", want: "standard input does not parse: it has no apiVersion and kind, so it is not a manifest: complete it, or move it elsewhere"},
		"dots":      {reason: "what follows the end of a document is not left out", text: fmt.Sprintf(clock, "a") + "...\n" + fmt.Sprintf(clock, "b"), want: `standard input does not parse: it has content after the end of an object: begin each document with the line "---"`},
		"objects":   {reason: "objects in one stream, as jq writes them", text: `{"apiVersion": "v1", "kind": "A"}` + "\n" + `{"apiVersion": "v1", "kind": "B"}`, want: `standard input does not parse: it has content after the end of an object: begin each document with the line "---"`},
		"item":      {reason: "an item of a list is a manifest", text: "apiVersion: v1\nkind: List\nitems:\n- metadata: {name: a}\n", want: "standard input does not parse: item 1: it has no apiVersion and kind, so it is not a manifest: complete it, or move it elsewhere"},
		"number":    {reason: "an item of a list is an object", text: "apiVersion: v1\nkind: List\nitems: [5]\n", want: "standard input does not parse: item 1 is not an object: a manifest begins with apiVersion and kind"},
		"items":     {reason: "the items are a list", text: "apiVersion: v1\nkind: List\nitems: 5\n", want: "standard input does not parse: its items are not a list: write one manifest for each item"},
		"escape":    {reason: "a kind does not control the terminal", text: "apiVersion: v1\nkind: \"A\\e[31m\"\n", want: "standard input does not parse: its apiVersion or kind has control or format characters: remove them"},
		"the third": {reason: "which document it is, is said", text: "---\n" + fmt.Sprintf(clock, "a") + "---\na: [\n", want: "standard input, document 2 does not parse: yaml: line 1: did not find expected node content"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := manifests.Read(manifests.Stdin, strings.NewReader(c.text))
			if got := fmt.Sprint(err); got != c.want {
				t.Errorf("%s: got %q", c.reason, got)
			}
		})
	}
}

// A directory is read whole, or not at all.
func TestReadLinks(t *testing.T) {
	dir := folder(t, map[string]string{"real/a.yaml": fmt.Sprintf(clock, "a"), "other/b.yaml": fmt.Sprintf(clock, "b")})
	link := filepath.Join(dir, "link")
	if err := os.Symlink(filepath.Join(dir, "real"), link); err != nil {
		t.Fatal(err)
	}
	documents, err := manifests.Read(link, nil)
	if err != nil || len(documents) != 1 {
		t.Errorf("through a link, it reads %d objects, and the error is %v", len(documents), err)
	}
	_, err = manifests.Read(dir, nil)
	if want := link + " is a symbolic link to a directory, which is not followed: choose that directory with -f instead"; fmt.Sprint(err) != want {
		t.Errorf("got %v", err)
	}
}

// No object is left out of a report because of where it stands.
func TestEveryObjectIsRead(t *testing.T) {
	one := `{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}`
	cases := map[string]struct {
		reason, text string
		want         int
	}{
		"a list in a list": {reason: "as several lists are put together", text: "{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: List, items: [" + one + "]}, " + one + "]}", want: 2},
		"no items":         {reason: "as kubectl prints a list of nothing", text: "{apiVersion: v1, kind: List, items: null}"},
		"a field items":    {reason: "an object of another kind may have such a field", text: "{apiVersion: v1, kind: ConfigMap, items: []}", want: 1},
		"an end marker":    {reason: "nothing but comments follows it", text: one + "\n...\n# the end\n---\n" + one, want: 2},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			documents, err := manifests.Read(manifests.Stdin, strings.NewReader(c.text))
			if err != nil || len(documents) != c.want {
				t.Errorf("%s: got %d objects, not %d, and the error %v", c.reason, len(documents), c.want, err)
			}
		})
	}
}

// Defaults of the schema are set, as the API server sets them, and a status is dropped.
func TestAdmit(t *testing.T) {
	schemas, err := manifests.LoadSchemas()
	if err != nil {
		t.Fatal(err)
	}
	documents, err := manifests.Read(manifests.Stdin, strings.NewReader(`
apiVersion: billing.seatplane.dev/v1alpha1
kind: ProrationPolicy
metadata: {name: by-day, namespace: billing}
spec: {displayName: By day, rounding: Up}
status: {subscriptions: 7}
`))
	if err != nil {
		t.Fatal(err)
	}
	admitted, err := schemas.Admit(t.Context(), documents[0].Object, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"displayName": "By day", "rounding": "Up"}
	if diff := cmp.Diff(want, admitted.Object["spec"]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if status, _ := admitted.Object["status"].(map[string]any); status["subscriptions"] != nil {
		t.Errorf("the status is %v", status)
	}
}
