// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package image

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
)

// The types below are those of the OCI image specification that the tests look at. The packer uses other code.
type (
	descriptor struct {
		MediaType    string            `json:"mediaType"`
		Digest       string            `json:"digest"`
		Size         int64             `json:"size"`
		Annotations  map[string]string `json:"annotations"`
		ArtifactType string            `json:"artifactType"`
		Platform     struct {
			OS           string `json:"os"`
			Architecture string `json:"architecture"`
		} `json:"platform"`
	}
	index struct {
		MediaType string       `json:"mediaType"`
		Manifests []descriptor `json:"manifests"`
	}
	manifest struct {
		Config  descriptor   `json:"config"`
		Layers  []descriptor `json:"layers"`
		Subject *descriptor  `json:"subject"`
	}
	configuration struct {
		OS           string `json:"os"`
		Architecture string `json:"architecture"`
		Created      string `json:"created"`
		Config       struct {
			Entrypoint []string          `json:"Entrypoint"`
			User       string            `json:"User"`
			Labels     map[string]string `json:"Labels"`
		} `json:"config"`
		RootFS struct {
			DiffIDs []string `json:"diff_ids"`
		} `json:"rootfs"`
	}
)

// entry is a file or a folder in a layer.
type entry struct {
	mode     int64
	isFolder bool
	content  []byte
}

// layout is an image layout that was read from an archive.
type layout struct {
	*testing.T
	files map[string]entry
}

// open reads an archive of an image layout.
func open(t *testing.T, archive []byte) layout {
	t.Helper()
	l := layout{t, untar(t, bytes.NewReader(archive))}
	if got := string(l.files["oci-layout"].content); !strings.Contains(got, `"imageLayoutVersion"`) {
		t.Fatalf("the archive is not an image layout: oci-layout is %q", got)
	}
	return l
}

func untar(t *testing.T, from io.Reader) map[string]entry {
	t.Helper()
	files := map[string]entry{}
	archive := tar.NewReader(from)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		if header.Uid != 0 || header.Gid != 0 || header.Uname != "" {
			t.Errorf("%s belongs to %d:%d %q, want root", header.Name, header.Uid, header.Gid, header.Uname)
		}
		content, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		files[header.Name] = entry{header.Mode, header.Typeflag == tar.TypeDir, content}
	}
}

// blob returns the content that a descriptor describes, and requires that it is that content.
func (l layout) blob(of descriptor) []byte {
	l.Helper()
	content := l.files["blobs/"+strings.Replace(of.Digest, ":", "/", 1)].content
	if digestOf(content) != of.Digest || int64(len(content)) != of.Size {
		l.Fatalf("%s has %d bytes of digest %s; its descriptor says %d", of.Digest, len(content), digestOf(content), of.Size)
	}
	return content
}

func digestOf(content []byte) string {
	sum := sha256.Sum256(content)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// named returns the one entry of the layout, which has the image's name, and what it leads to.
func (l layout) named() (descriptor, index) {
	l.Helper()
	top := parse[index](l.T, l.files["index.json"].content)
	if len(top.Manifests) != 1 {
		l.Fatalf("the layout has %d images, want 1", len(top.Manifests))
	}
	return top.Manifests[0], parse[index](l.T, l.blob(top.Manifests[0]))
}

// forPlatform returns the image for a platform.
func (l layout) forPlatform(os, architecture string) (descriptor, manifest) {
	l.Helper()
	_, all := l.named()
	for _, each := range all.Manifests {
		if each.Platform.OS == os && each.Platform.Architecture == architecture {
			return each, parse[manifest](l.T, l.blob(each))
		}
	}
	l.Fatalf("there is no image for %s/%s", os, architecture)
	return descriptor{}, manifest{}
}

// unpacked returns the files of an image, and requires that its layer is what its configuration says.
func (l layout) unpacked(m manifest) map[string]entry {
	l.Helper()
	if len(m.Layers) != 1 {
		l.Fatalf("the image has %d layers, want 1", len(m.Layers))
	}
	compressed, err := gzip.NewReader(bytes.NewReader(l.blob(m.Layers[0])))
	if err != nil {
		l.Fatal(err)
	}
	content, err := io.ReadAll(compressed)
	if err != nil {
		l.Fatal(err)
	}
	config := parse[configuration](l.T, l.blob(m.Config))
	if got := config.RootFS.DiffIDs; len(got) != 1 || got[0] != digestOf(content) {
		l.Errorf("the configuration has the layers %v, want %s", got, digestOf(content))
	}
	return untar(l.T, bytes.NewReader(content))
}

func parse[T any](t *testing.T, content []byte) T {
	t.Helper()
	var parsed T
	if err := json.Unmarshal(content, &parsed); err != nil {
		t.Fatalf("%v in %.200s", err, content)
	}
	return parsed
}
