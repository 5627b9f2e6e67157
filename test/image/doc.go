// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package image packs the manager as `make image` does, and looks at the result as a container runtime would: what
// is in it, that the same manager gives the same bytes, and that its bill of materials is complete. It also carries out
// the instructions of the Dockerfile, without a container engine, and compares the two images.
//
// With SEATPLANE_IMAGE set, as `make test-image` sets it, it also builds the whole image in two folders and compares
// them, and runs the image under runc with everything that the Deployment takes away from it.
package image
