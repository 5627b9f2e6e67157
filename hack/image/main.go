// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Command image packs binaries of the manager, one for each platform, into an archive of an OCI image. It
// needs no daemon, no registry and no base image. The same binaries and flags always give the same bytes.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"time"
)

// release is what all platforms of an image have in common.
type release struct {
	// name is the image's name without a tag, and version is its tag.
	name, version string

	// created is the time that everything in the image has.
	created time.Time

	// rootsVersion is the version of the module that the certificates come from.
	rootsVersion string
}

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "image:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("image", flag.ContinueOnError)
	name := flags.String("name", "", "name of the image, without a tag")
	version := flags.String("version", "", "tag of the image, and version of the manager")
	created := flags.Int64("created", 0, "time of everything in the image, in seconds since 1970")
	archive := flags.String("archive", "", "file to write the image to; empty writes none")
	sboms := flags.String("sboms", "", "folder to write the bills of materials to")
	roots := flags.String("roots", "", "folder to write the files of the image to, as a folder for each platform; empty writes none")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *name == "" || *version == "" || *sboms == "" || flags.NArg() == 0 {
		return fmt.Errorf("name the image, its version, a folder for the bills of materials and at least one binary of the manager")
	}
	certificates, err := rootsVersion()
	if err != nil {
		return err
	}
	of := release{name: *name, version: *version, created: time.Unix(*created, 0).UTC(), rootsVersion: certificates}
	var programs []program
	for _, path := range flags.Args() {
		each, err := read(of, path)
		if err != nil {
			return err
		}
		programs = append(programs, each)
	}
	if err := writeSBOMs(*sboms, programs, out); err != nil {
		return err
	}
	if err := writeRoots(*roots, programs, out); err != nil || *archive == "" {
		return err
	}
	return writeImage(of, *archive, programs, out)
}
