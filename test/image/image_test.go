// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package image

import (
	"bytes"
	"crypto/x509"
	"debug/buildinfo"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The image holds the manager and certificates, and nothing to run as anybody else.
func TestContents(t *testing.T) {
	l := open(t, pack(t, created, manager).archive)
	top, _ := l.named()
	want := map[string]string{
		"io.containerd.image.name": name + ":" + version, "org.opencontainers.image.ref.name": version,
	}
	if diff := cmp.Diff(want, top.Annotations); diff != "" {
		t.Errorf("who imports the archive finds no image of this name:\n%s", diff)
	}
	_, of := l.forPlatform(runtime.GOOS, runtime.GOARCH)
	config := parse[configuration](t, l.blob(of.Config))
	if got := config.Config.Entrypoint; !cmp.Equal(got, []string{"/manager"}) {
		t.Errorf("it starts %v", got)
	}
	if got := config.Config.User; got != "65532:65532" {
		t.Errorf("it runs as %s", got)
	}
	if got := config.OS + "/" + config.Architecture; got != runtime.GOOS+"/"+runtime.GOARCH {
		t.Errorf("it is for %s", got)
	}
	if got := config.Config.Labels["org.opencontainers.image.version"]; got != version {
		t.Errorf("its label says version %q", got)
	}
	if config.Created != "2026-04-01T00:00:00Z" {
		t.Errorf("it was created at %s", config.Created)
	}

	files := l.unpacked(of)
	modes := map[string]int64{}
	for path, each := range files {
		modes[path] = each.mode
	}
	wantModes := map[string]int64{
		"etc/": 0o755, "etc/ssl/": 0o755, "etc/ssl/certs/": 0o755, "etc/ssl/certs/ca-certificates.crt": 0o644, "manager": 0o755,
	}
	if diff := cmp.Diff(wantModes, modes); diff != "" {
		t.Errorf("files and their modes:\n%s", diff)
	}
	if !bytes.Equal(files["manager"].content, content(t, manager)) {
		t.Error("its manager is not the one that was packed")
	}
	requireRoots(t, files["etc/ssl/certs/ca-certificates.crt"].content)
}

// requireRoots requires certificates of authorities, as many as any distribution has.
func requireRoots(t *testing.T, bundle []byte) {
	t.Helper()
	const few = 100
	count := 0
	for block, rest := pem.Decode(bundle); block != nil; block, rest = pem.Decode(rest) {
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		if !certificate.IsCA {
			t.Errorf("%s is not an authority", certificate.Subject)
		}
		count++
	}
	if count < few {
		t.Errorf("there are %d root certificates, want at least %d", count, few)
	}
}

// Others can build the image again and compare its digest.
func TestSameBytes(t *testing.T) {
	first := pack(t, created, manager)
	// A copy elsewhere, which is newer.
	copied := filepath.Join(t.TempDir(), "copied")
	if err := os.WriteFile(copied, content(t, manager), 0o700); err != nil {
		t.Fatal(err)
	}
	second := pack(t, created, copied)
	if !bytes.Equal(first.archive, second.archive) || !bytes.Equal(first.sbom, second.sbom) {
		t.Error("packing the same manager twice gives different bytes")
	}
	if bytes.Equal(first.archive, pack(t, "0", manager).archive) {
		t.Error("the time of the image is not that which was given")
	}
}

// The bill of materials lists every module in the manager. It is attached to the image that it is about, and is not
// taken for an image.
func TestBillOfMaterials(t *testing.T) {
	p := pack(t, created, manager)
	bill := parse[struct {
		SPDXVersion  string `json:"spdxVersion"`
		CreationInfo struct{ Created time.Time }
		Packages     []struct {
			SPDXID, Name, VersionInfo string
			ExternalRefs              []struct{ ReferenceLocator string }
		}
		Relationships []struct{ SpdxElementID, RelationshipType, RelatedSpdxElement string }
	}](t, p.sbom)
	listed, related := map[string]string{}, map[string]bool{}
	for _, each := range bill.Relationships {
		related[each.RelatedSpdxElement] = true
	}
	for _, each := range bill.Packages {
		listed[each.Name] = each.VersionInfo
		if !related[each.SPDXID] {
			t.Errorf("%s is listed, but not said to be in anything", each.Name)
		}
		if got := each.ExternalRefs[0].ReferenceLocator; !strings.HasPrefix(got, "pkg:golang/") || strings.ContainsAny(got, "+ ") {
			t.Errorf("%s has the URL %s", each.Name, got)
		}
	}
	info, err := buildinfo.ReadFile(manager)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"github.com/seatplane/seatplane": version, "stdlib": strings.TrimPrefix(info.GoVersion, "go"),
		"golang.org/x/crypto/x509roots/fallback": listed["golang.org/x/crypto/x509roots/fallback"],
	}
	for _, each := range info.Deps {
		want[each.Path] = each.Version
	}
	if diff := cmp.Diff(want, listed); diff != "" || bill.SPDXVersion != "SPDX-2.3" || len(info.Deps) == 0 {
		t.Errorf("-in the manager +listed (%s):\n%s", bill.SPDXVersion, diff)
	}

	l := open(t, p.archive)
	image, _ := l.forPlatform(runtime.GOOS, runtime.GOARCH)
	attached, of := l.forPlatform("unknown", "unknown")
	if of.Subject == nil || of.Subject.Digest != image.Digest {
		t.Errorf("the bill of materials refers to %v, want %s", of.Subject, image.Digest)
	}
	if len(of.Layers) != 1 || !bytes.Equal(l.blob(of.Layers[0]), p.sbom) || attached.ArtifactType != "application/spdx+json" {
		t.Errorf("what is attached is not the bill of materials, but %s", attached.ArtifactType)
	}
}

// What would make an image that does not run, or one that says something else than what is in it, is refused.
func TestRefused(t *testing.T) {
	folder := t.TempDir()
	text := filepath.Join(folder, "text")
	if err := os.WriteFile(text, []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	valid := []string{"--name=" + name, "--version=" + version, "--sboms=" + folder}
	for name, c := range map[string]struct {
		reason, want string
		args         []string
	}{
		"no version":     {"an image needs a tag", "name the image, its version", []string{"--name=" + name, "--sboms=" + folder, manager}},
		"no binary":      {"there is nothing to pack", "at least one binary", valid},
		"a script":       {"it has no platform", "is not a binary that Go built", append(valid[:3:3], text)},
		"something else": {"it is not the manager", "was built from github.com/seatplane/seatplane/hack/image; build it from", append(valid[:3:3], packer)},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := exec.Command(packer, c.args...).CombinedOutput()
			if err == nil || !strings.Contains(string(out), c.want) {
				t.Errorf("%s: got %v %s, want %q", c.reason, err, out, c.want)
			}
		})
	}
}

// sources are what an image is built from.
var sources = []string{"go.mod", "go.sum", "api", "cmd", "internal", "operator", "hack/image", "hack/image.sh"}

// A commit gives the same image wherever it is checked out.
func TestBuiltTwice(t *testing.T) {
	long(t)
	var images [2][]byte
	for i := range images {
		folder := filepath.Join(t.TempDir(), "checkout")
		for _, each := range sources {
			to := filepath.Join(folder, each)
			if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
				t.Fatal(err)
			}
			if out, err := exec.Command("cp", "-R", filepath.Join(root, each), to).CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
		}
		cmd := exec.Command(filepath.Join(folder, "hack", "image.sh"))
		cmd.Env = append(os.Environ(), "IMAGE="+name, "VERSION="+version, "SOURCE_DATE_EPOCH="+created, "PLATFORMS=linux/"+runtime.GOARCH)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		images[i] = content(t, filepath.Join(folder, "dist", "image.tar"))
	}
	if !bytes.Equal(images[0], images[1]) {
		t.Errorf("two checkouts give images of the digests %s and %s", digestOf(images[0]), digestOf(images[1]))
	}
	open(t, images[0]).forPlatform("linux", runtime.GOARCH)
}
