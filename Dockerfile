# Copyright 2026 The Seatplane Authors.
# SPDX-License-Identifier: Apache-2.0
#
# The image that `make image` writes, for those who build with Docker. It has no base image, so there is nothing to pin.
# Its files are those that `make image` leaves in dist/:
#   make image IMAGE=… VERSION=… && docker build -t … .
FROM scratch
ARG TARGETOS TARGETARCH
COPY dist/root-$TARGETOS-$TARGETARCH/ /
USER 65532:65532
ENTRYPOINT ["/manager"]
