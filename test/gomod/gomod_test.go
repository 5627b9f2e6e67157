// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package gomod

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seatplane/seatplane/internal/testing/controlplane"
)

const module = "github.com/seatplane/seatplane"

// proxy is a module proxy in a folder, which has one version of Seatplane.
type proxy struct {
	version string
	env     []string
}

// publish publishes the working tree. The version's name follows from its content and the process, because a version
// leaves Go's module cache when the test ends, and another process may be using the same content.
func publish(t *testing.T) *proxy {
	t.Helper()
	root := controlplane.FromRoot(t)
	files := filesOf(t, root)
	digest := sha256.New()
	for _, name := range files {
		fmt.Fprintln(digest, name)
		copyFile(t, digest, filepath.Join(root, name))
	}
	p := &proxy{version: fmt.Sprintf("v0.0.1-test.h%s.p%d", hex.EncodeToString(digest.Sum(nil))[:12], os.Getpid())}
	folder := filepath.Join(t.TempDir(), filepath.FromSlash(module), "@v")
	if err := os.MkdirAll(folder, 0o750); err != nil {
		t.Fatal(err)
	}
	gomod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"list": p.version + "\n", p.version + ".mod": string(gomod),
		p.version + ".info": fmt.Sprintf(`{"Version":%q,"Time":"2026-04-01T00:00:00Z"}`, p.version),
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	writeZip(t, filepath.Join(folder, p.version+".zip"), root, module+"@"+p.version, files)

	cache := goCommand(t, root, nil, "env", "GOMODCACHE")
	t.Cleanup(func() { forget(t, cache, p.version) })
	served := strings.TrimSuffix(folder, filepath.Join(filepath.FromSlash(module), "@v"))
	// What Seatplane requires is in the module cache, which has the layout of a proxy.
	p.env = []string{
		"GOPROXY=file://" + filepath.Clean(served) + ",file://" + filepath.Join(cache, "cache", "download") + "," + goCommand(t, root, nil, "env", "GOPROXY"),
		"GOSUMDB=off", "GONOPROXY=none", "GOPRIVATE=", "GOFLAGS=-modcacherw", "GOWORK=off",
	}
	return p
}

// forget removes a version from the module cache.
func forget(t *testing.T, cache, version string) {
	t.Helper()
	downloads, err := filepath.Glob(filepath.Join(cache, "cache", "download", filepath.FromSlash(module), "@v", version+".*"))
	if err != nil {
		t.Error(err)
	}
	for _, path := range append(downloads, filepath.Join(cache, filepath.FromSlash(module)+"@"+version)) {
		if err := os.RemoveAll(path); err != nil {
			t.Error(err)
		}
	}
}

// filesOf returns the files of the module, as a release has them: without what Git ignores, and without the modules in
// folders of their own.
func filesOf(t *testing.T, root string) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		switch {
		case entry.IsDir() && name != "." && isApart(path, name):
			return fs.SkipDir
		case entry.Type().IsRegular() && name != ".git":
			files = append(files, filepath.ToSlash(name))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func isApart(path, name string) bool {
	_, err := os.Stat(filepath.Join(path, "go.mod"))
	return err == nil || slices.Contains([]string{".git", "bin", "dist"}, name)
}

func copyFile(t *testing.T, to io.Writer, path string) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := io.Copy(to, file); err != nil {
		t.Fatal(err)
	}
}

func writeZip(t *testing.T, path, root, prefix string, files []string) {
	t.Helper()
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	archive := zip.NewWriter(file)
	for _, name := range files {
		entry, err := archive.Create(prefix + "/" + name)
		if err != nil {
			t.Fatal(err)
		}
		copyFile(t, entry, filepath.Join(root, name))
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
}

// goCommand runs the go command in a folder and returns what it prints.
func goCommand(t *testing.T, folder string, env []string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir, cmd.Env = folder, append(os.Environ(), env...)
	var complaint strings.Builder
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, complaint.String())
	}
	return strings.TrimSpace(string(out))
}

// consumer makes a module that consists of one file, and gets a package of Seatplane.
func consumer(t *testing.T, p *proxy, code, get string) string {
	t.Helper()
	folder := t.TempDir()
	for name, content := range map[string]string{"go.mod": "module example.com/consumer\n\ngo 1.26\n", "main.go": code} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	goCommand(t, folder, p.env, "get", get+"@"+p.version)
	return folder
}

// typesNeed are the modules that the types of the API are compiled from, besides Seatplane's own.
var typesNeed = []string{
	"github.com/fxamacker/cbor/v2", "github.com/go-logr/logr", "github.com/json-iterator/go", "github.com/modern-go/concurrent",
	"github.com/modern-go/reflect2", "github.com/x448/float16", "go.yaml.in/yaml/v2", "golang.org/x/net", "golang.org/x/text",
	"gopkg.in/inf.v0", "k8s.io/apimachinery", "k8s.io/klog/v2", "k8s.io/kube-openapi", "k8s.io/utils", "sigs.k8s.io/json",
	"sigs.k8s.io/randfill", "sigs.k8s.io/structured-merge-diff/v6",
}

// A module that imports the types compiles apimachinery and what that needs, and nothing of the operator.
func TestTypesNeedLittle(t *testing.T) {
	p := publish(t)
	folder := consumer(t, p, `package main

import "github.com/seatplane/seatplane/api/v1alpha1"

func main() { println(v1alpha1.GroupName) }
`, module+"/api/v1alpha1")
	packages := strings.Fields(goCommand(t, folder, p.env, "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", "."))
	modules := strings.Fields(goCommand(t, folder, p.env, "list", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", "."))
	slices.Sort(modules)
	modules = slices.DeleteFunc(slices.Compact(modules), func(m string) bool { return m == module || m == "example.com/consumer" })
	if diff := cmp.Diff(typesNeed, modules); diff != "" {
		t.Errorf("modules (-want +got):\n%s", diff)
	}
	for _, each := range packages {
		if strings.HasPrefix(each, module+"/") && each != module+"/api/v1alpha1" {
			t.Errorf("the types import %s", each)
		}
	}
	sums, err := os.ReadFile(filepath.Join(folder, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	required := strings.Count(goCommand(t, folder, p.env, "mod", "edit", "-print"), "// indirect")
	t.Logf("%d packages of %d other modules are compiled; go.mod has %d indirect requirements, and go.sum %d lines",
		len(packages), len(modules), required, strings.Count(string(sums), "\n"))
	goCommand(t, folder, p.env, "vet", ".")
}

// `go install …@VERSION` works, because go.mod has no replace directive, and the program knows its version.
func TestInstallPlugin(t *testing.T) {
	p := publish(t)
	folder := t.TempDir()
	goCommand(t, folder, append(p.env, "GOBIN="+folder, "CGO_ENABLED=0"), "install", "-buildvcs=false", module+"/cmd/kubectl-seatplane@"+p.version)
	said, err := exec.CommandContext(t.Context(), filepath.Join(folder, "kubectl-seatplane"), "version").CombinedOutput()
	if err != nil || !strings.Contains(string(said), p.version) {
		t.Errorf("the plugin says %q, %v; its version is %s", said, err, p.version)
	}
}

// Everything that docs/stability.md calls public can be imported by another module.
func TestImportPublicPackages(t *testing.T) {
	p := publish(t)
	folder := consumer(t, p, `package main

import (
	_ "github.com/seatplane/seatplane/api/applyconfiguration/api/v1alpha1"
	_ "github.com/seatplane/seatplane/api/v1alpha1"
	_ "github.com/seatplane/seatplane/config/crd"
	_ "github.com/seatplane/seatplane/operator"
	_ "github.com/seatplane/seatplane/seatplanetest"
	_ "github.com/seatplane/seatplane/seatplanetest/builders"
)

func main() {}
`, module+"/seatplanetest")
	goCommand(t, folder, p.env, "list", "-deps", ".")
}
