// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package markdown

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseFindsBlocks(t *testing.T) {
	cases := map[string]struct {
		reason, text string
		want         []Block
	}{
		"a fenced block": {
			"the line before it may name its file",
			"In `a.yaml`:\n\n```yaml\na: 1\n```\n",
			[]Block{{Line: 4, Language: "yaml", Code: "a: 1\n", Before: "In `a.yaml`:"}},
		},
		"two blocks in a row": {
			"what stands before the first block is not about the second",
			"First:\n```yaml status\na: 1\n```\n```text\nb\n```\n",
			[]Block{
				{Line: 3, Language: "yaml", Word: "status", Code: "a: 1\n", Before: "First:"},
				{Line: 6, Language: "text", Code: "b\n"},
			},
		},
		"in a list": {
			"the margin of a list is not part of the code",
			"- see\n\n  ```sh\n  ls\n  ```\n",
			[]Block{{Line: 4, Language: "sh", Code: "ls\n", Before: "- see"}},
		},
		"a hidden line": {
			"a page has something run that its readers need not see",
			"Text\n<!-- test: ls -->\n",
			[]Block{{Line: 2, Language: "sh", Code: " ls \n", Before: "Text", Hidden: true}},
		},
		"a hidden script": {
			"a script of several lines keeps them",
			"<!-- test:\nls\npwd\n-->\n```sh\nid\n```\n",
			[]Block{
				{Line: 1, Language: "sh", Code: "\nls\npwd\n\n", Hidden: true},
				{Line: 6, Language: "sh", Code: "id\n"},
			},
		},
		"another comment": {"it is for people", "<!-- a note -->\n", nil},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, Parse("a.md", tc.text).Blocks); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}
