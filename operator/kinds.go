// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

const (
	// discoveryPatience is how long a starting manager waits for the API server to serve its kinds. While it
	// starts, an API server answers before it has read the CustomResourceDefinitions.
	discoveryPatience = time.Minute
	// discoveryEvery is the time between two checks.
	discoveryEvery = time.Second
)

// watchedKinds are the kinds that the controllers watch.
var watchedKinds = []string{
	"Subscription", "SubscriptionUpdate", "Invoice", "SeatProduct", "SeatAssignment",
	"ProrationPolicy", "ClusterProrationPolicy", "TestClock", "EventSink", "Archive",
}

// waitForKinds returns when the API server serves every kind that the controllers watch. After discoveryPatience it
// returns an error that names the kinds that are not served.
func waitForKinds(ctx context.Context, mapper meta.RESTMapper, patience time.Duration) error {
	var missing []string
	var last error
	err := wait.PollUntilContextTimeout(ctx, discoveryEvery, patience, true, func(context.Context) (bool, error) {
		missing, last = unserved(mapper)
		return len(missing) == 0, nil
	})
	if err == nil || ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("the API server does not serve %s of %s, %s after the manager started. Install the "+
		"CustomResourceDefinitions of this version of Seatplane: %w",
		strings.Join(missing, ", "), v1alpha1.GroupVersion, patience, last)
}

// unserved returns the kinds that the API server does not serve, and its error for the last of them.
func unserved(mapper meta.RESTMapper) (missing []string, last error) {
	for _, kind := range watchedKinds {
		group := schema.GroupKind{Group: v1alpha1.GroupVersion.Group, Kind: kind}
		if _, err := mapper.RESTMapping(group, v1alpha1.GroupVersion.Version); err != nil {
			missing, last = append(missing, kind), err
		}
	}
	return missing, last
}
