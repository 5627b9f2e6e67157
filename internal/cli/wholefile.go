// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"io"
	"os"
	"path/filepath"
)

// replaceFile has write make the content of a file. A file that exists is replaced only by a whole one: if anything fails, or
// the process is killed, it stays as it was. what names the content in errors. Only the owner may read the file.
func replaceFile(path, what string, write func(io.Writer) error) error {
	partial, err := os.CreateTemp(filepath.Dir(path), ".seatplane-*")
	if err != nil {
		return Fail(Failed, "%s cannot be written: %w", what, err)
	}
	defer func() { _ = partial.Close(); _ = os.Remove(partial.Name()) }()
	if err := write(partial); err != nil {
		return err
	}
	if err := partial.Sync(); err != nil {
		return Fail(Failed, "%s cannot be written: %w", what, err)
	}
	if err := os.Rename(partial.Name(), path); err != nil {
		return Fail(Failed, "%s cannot be written: %w", what, err)
	}
	return nil
}

// printWhole prints what write makes, or nothing if write fails. A temporary file holds it until then, because a snapshot of a
// large cluster does not belong in memory.
func printWhole(out io.Writer, what string, write func(io.Writer) error) error {
	partial, err := os.CreateTemp("", "seatplane-*")
	if err != nil {
		return Fail(Failed, "%s cannot be written: %w", what, err)
	}
	defer func() { _ = partial.Close(); _ = os.Remove(partial.Name()) }()
	if err := write(partial); err != nil {
		return err
	}
	if _, err := partial.Seek(0, io.SeekStart); err != nil {
		return Fail(Failed, "%s cannot be written: %w", what, err)
	}
	_, err = io.Copy(out, partial)
	return err
}
