// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

const (
	// user is the numeric user and group of the manager, which Kubernetes can tell from root.
	user = "65532:65532"

	spdx types.MediaType = "application/spdx+json"
)

// writeImage writes an archive of an OCI image layout with one image, for all platforms of the programs. The
// bill of materials of each platform is in the image too, and refers to what it describes.
func writeImage(of release, archive string, programs []program, out io.Writer) (err error) {
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, each := range programs {
		image, err := imageOf(of, each)
		if err != nil {
			return err
		}
		bill, err := attachment(of, each.sbom, image)
		if err != nil {
			return err
		}
		index = mutate.AppendManifests(index,
			mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{
				Platform: &v1.Platform{OS: each.os, Architecture: each.architecture},
			}},
			// Whoever looks for a platform to run must not choose this one.
			mutate.IndexAddendum{Add: bill, Descriptor: v1.Descriptor{
				ArtifactType: string(spdx), Platform: &v1.Platform{OS: "unknown", Architecture: "unknown"},
			}},
		)
	}
	digest, err := index.Digest()
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "seatplane-image-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	if err := writeLayout(of, folder, index); err != nil {
		return err
	}
	files, err := filesIn(folder)
	if err != nil {
		return err
	}
	content, err := inTar(files, of.created)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "    %s, which is %s:%s@%s\n", archive, of.name, of.version, digest)
	return replaceFile(archive, content)
}

// writeLayout writes an image layout with one entry, which has the names that containerd and others look for.
func writeLayout(of release, folder string, index v1.ImageIndex) error {
	at, err := layout.Write(folder, empty.Index)
	if err != nil {
		return err
	}
	return at.AppendIndex(index, layout.WithAnnotations(map[string]string{
		"io.containerd.image.name":          of.name + ":" + of.version,
		"org.opencontainers.image.ref.name": of.version,
	}))
}

// imageOf returns the image for one platform.
func imageOf(of release, p program) (v1.Image, error) {
	content, err := inTar(contents(p.content), of.created)
	if err != nil {
		return nil, err
	}
	layer, err := tarball.LayerFromOpener(opener(content), tarball.WithMediaType(types.OCILayer), tarball.WithCompressedCaching)
	if err != nil {
		return nil, err
	}
	image, err := mutate.Append(bare(types.OCIConfigJSON), mutate.Addendum{
		Layer: layer, MediaType: types.OCILayer,
		History: v1.History{Created: v1.Time{Time: of.created}, CreatedBy: "hack/image", Comment: "the manager and root certificates"},
	})
	if err != nil {
		return nil, err
	}
	found, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	config := found.DeepCopy()
	config.OS, config.Architecture, config.Created = p.os, p.architecture, v1.Time{Time: of.created}
	config.Config = v1.Config{
		Entrypoint: []string{"/manager"}, User: user,
		Labels: map[string]string{
			"org.opencontainers.image.licenses": "Apache-2.0",
			"org.opencontainers.image.source":   "https://" + modulePath,
			"org.opencontainers.image.title":    "seatplane-manager",
			"org.opencontainers.image.version":  of.version,
		},
	}
	return mutate.ConfigFile(image, config)
}

// attachment returns a manifest with a bill of materials, which refers to the image that it describes.
func attachment(of release, sbom []byte, image v1.Image) (v1.Image, error) {
	bill, err := mutate.Append(bare(spdx), mutate.Addendum{
		Layer: static.NewLayer(sbom, spdx), MediaType: spdx, History: v1.History{Created: v1.Time{Time: of.created}},
	})
	if err != nil {
		return nil, err
	}
	subject, err := partial.Descriptor(image)
	if err != nil {
		return nil, err
	}
	attached, ok := mutate.Subject(bill, *subject).(v1.Image)
	if !ok {
		return nil, errors.New("go-containerregistry cannot attach a bill of materials to an image any more")
	}
	return attached, nil
}

// bare returns an empty manifest of an image with a configuration of a media type.
func bare(config types.MediaType) v1.Image {
	return mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), config)
}
