// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

// krew finds an archive for each platform, with its checksum.
func TestManifest(t *testing.T) {
	files := fstest.MapFS{
		"kubectl-seatplane_linux_amd64.tar.gz":   {Data: []byte("a")},
		"kubectl-seatplane_windows_arm64.tar.gz": {Data: []byte("b")},
		"notes.txt":                              {},
	}
	text, err := manifest("v1.2.3", "https://example.com/v1.2.3/", files)
	if err != nil {
		t.Fatal(err)
	}
	var got plugin
	if err := yaml.UnmarshalStrict(text, &got); err != nil {
		t.Fatal(err)
	}
	want := []platform{{
		Selector: map[string]map[string]string{"matchLabels": {"os": "linux", "arch": "amd64"}},
		URI:      "https://example.com/v1.2.3/kubectl-seatplane_linux_amd64.tar.gz",
		SHA256:   "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb", Bin: "kubectl-seatplane",
	}, {
		Selector: map[string]map[string]string{"matchLabels": {"os": "windows", "arch": "arm64"}},
		URI:      "https://example.com/v1.2.3/kubectl-seatplane_windows_arm64.tar.gz",
		SHA256:   "3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d", Bin: "kubectl-seatplane.exe",
	}}
	if diff := cmp.Diff(want, got.Spec.Platforms); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	const most = 50 // krew's index accepts no longer one
	if got.Metadata["name"] != "seatplane" || got.Spec.Version != "v1.2.3" || len(got.Spec.ShortDescription) > most {
		t.Errorf("the manifest is\n%s", text)
	}
}

func TestManifestRefuses(t *testing.T) {
	if _, err := manifest("v1.2.3", "u", fstest.MapFS{}); err == nil {
		t.Error("a folder without archives passes")
	}
	if _, err := manifest("1.2.3", "u", fstest.MapFS{"kubectl-seatplane_linux_amd64.tar.gz": {}}); err == nil {
		t.Error("a version without v passes")
	}
}
