// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package wake

import (
	"slices"
	"sync"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Own remembers what the newest pass over each object wrote to that object, so that the write causes no further pass
// when it arrives in the cache. The zero value is ready to use.
//
// A pass that begins after the write makes a difference. The cache may not show the write yet, so the pass may read an
// older status and miss something that is due. Therefore a pass that begins drops what the previous one wrote, and the
// event then wakes the object as any other event does. Nothing is missed in between: a cache updates its copy of an
// object before it calls the handlers. So a pass that begins after an ignored event reads what was written.
type Own struct {
	mu    sync.Mutex
	wrote map[types.NamespacedName][]string
}

// Begin drops what the previous pass wrote. Call it when a pass begins, before it reads anything.
func (o *Own) Begin(name types.NamespacedName) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.wrote, name)
}

// Wrote remembers an object that a pass has written, as the API server returned it. The write must have carried the
// resourceVersion that the pass read. Then no other write lies in between whose event could be missed.
func (o *Own) Wrote(object client.Object) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.wrote == nil {
		o.wrote = map[types.NamespacedName][]string{}
	}
	name := client.ObjectKeyFromObject(object)
	o.wrote[name] = append(o.wrote[name], object.GetResourceVersion())
}

// Shows reports whether an object arrived in the cache as its newest pass wrote it. It returns true once for each write.
func (o *Own) Shows(object client.Object) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	name := client.ObjectKeyFromObject(object)
	at := slices.Index(o.wrote[name], object.GetResourceVersion())
	if at < 0 {
		return false
	}
	// What was written before this has arrived, or never will.
	o.wrote[name] = o.wrote[name][at+1:]
	if len(o.wrote[name]) == 0 {
		delete(o.wrote, name)
	}
	return true
}
