// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/internal/testing/lyingcache"
)

// liveReader is how reconcilers read past the cache: single objects from the API server, lists from the
// mirror, which shows the same. A consistent list of the API server waits up to 100 ms until its watch
// cache has caught up with the writes of all runs; a hundred of them would be most of a run.
type liveReader struct {
	client.Reader
	lists *lyingcache.Client
}

func newLiveReader(server client.Reader, truth *mirror) liveReader {
	return liveReader{server, lyingcache.New(truth)}
}

// List reads many objects, as they are.
func (r liveReader) List(ctx context.Context, list client.ObjectList, opts ...client.ListOption) error {
	return r.lists.List(ctx, list, opts...)
}
