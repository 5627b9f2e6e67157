// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"bytes"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// file is a file of a tar archive. A folder has no content, and a name that ends with a slash.
type file struct {
	name    string
	mode    int64
	content []byte
}

func (f file) isFolder() bool { return strings.HasSuffix(f.name, "/") }

func (f file) permissions() fs.FileMode { return fs.FileMode(f.mode) & fs.ModePerm }

// contents are the files of the image: the manager, and the certificates of public authorities in the one place
// where Go looks first. Time zones are in the binary.
func contents(manager []byte) []file {
	return []file{
		{name: "etc/", mode: 0o755},
		{name: "etc/ssl/", mode: 0o755},
		{name: "etc/ssl/certs/", mode: 0o755},
		{name: "etc/ssl/certs/ca-certificates.crt", mode: 0o644, content: certificates()},
		{name: "manager", mode: 0o755, content: manager},
	}
}

// writeRoots writes the files of each program's image to a folder named after its platform, for who builds an image
// from files. Without a folder to write to, it does nothing.
func writeRoots(folder string, programs []program, out io.Writer) error {
	if folder == "" {
		return nil
	}
	for _, each := range programs {
		root := filepath.Join(folder, "root-"+each.platform())
		if err := os.RemoveAll(root); err != nil {
			return err
		}
		for _, item := range contents(each.content) {
			if err := item.write(root); err != nil {
				return err
			}
		}
		fmt.Fprintf(out, "    %s\n", root)
	}
	return nil
}

// write writes a file to a folder, with its mode, regardless of the umask.
func (f file) write(root string) error {
	to := filepath.Join(root, filepath.FromSlash(f.name))
	if f.isFolder() {
		return errors.Join(os.MkdirAll(to, f.permissions()), os.Chmod(to, f.permissions()))
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return errors.Join(os.WriteFile(to, f.content, f.permissions()), os.Chmod(to, f.permissions()))
}

// certificates returns the root certificates that Mozilla trusts, pinned by go.sum. Roots that are only trusted
// for certificates from before some date are left out, because a file of certificates cannot express that.
func certificates() []byte {
	var all bytes.Buffer
	for root := range bundle.Roots() {
		if root.Constraint == nil {
			all.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate}))
		}
	}
	return all.Bytes()
}

// inTar writes files to a tar archive, all owned by root and of the same time.
func inTar(files []file, at time.Time) ([]byte, error) {
	var all bytes.Buffer
	archive := tar.NewWriter(&all)
	for _, each := range files {
		header := &tar.Header{
			Typeflag: tar.TypeReg, Name: each.name, Mode: each.mode, Size: int64(len(each.content)), ModTime: at,
			Format: tar.FormatUSTAR,
		}
		if each.isFolder() {
			header.Typeflag = tar.TypeDir
		}
		if err := archive.WriteHeader(header); err != nil {
			return nil, err
		}
		if _, err := archive.Write(each.content); err != nil {
			return nil, err
		}
	}
	err := archive.Close()
	return all.Bytes(), err
}

// filesIn reads everything in a folder, in the order of the names.
func filesIn(folder string) ([]file, error) {
	var files []file
	err := filepath.WalkDir(folder, func(at string, entry fs.DirEntry, err error) error {
		if err != nil || at == folder {
			return err
		}
		name, err := filepath.Rel(folder, at)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		if entry.IsDir() {
			files = append(files, file{name: path.Clean(name) + "/", mode: 0o755})
			return nil
		}
		content, err := os.ReadFile(at)
		files = append(files, file{name: name, mode: 0o644, content: content})
		return err
	})
	return files, err
}

// opener opens content that is in memory.
func opener(content []byte) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil }
}
