// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"runtime/debug"
	"strconv"
)

const (
	// containerMemory is the environment variable that holds the memory limit of the container, in bytes. The
	// manifests set it from resources.limits.memory.
	containerMemory = "CONTAINER_MEMORY_LIMIT"
	// goMemory is the environment variable that Go itself reads. If it is set, it takes precedence.
	goMemory = "GOMEMLIMIT"
	// leastMemory is what a manager needs to start, in bytes. With a lower limit, it would collect garbage without
	// end.
	leastMemory = 64 << 20
)

// limitMemory makes the garbage collector keep the manager within its share of the container's memory. Without a
// limit, the heap can grow to twice its live size before garbage is collected, and the kernel stops the container
// first.
func limitMemory(o options) {
	if os.Getenv(goMemory) != "" {
		return
	}
	container, err := strconv.ParseInt(os.Getenv(containerMemory), 10, 64)
	if err != nil {
		return
	}
	if limit := managerMemory(container, o.operator.Loaders.MaxAtOnce, o.operator.Loaders.Memory); limit > 0 {
		debug.SetMemoryLimit(limit)
	}
}

// managerMemory returns how many bytes the manager may use in a container whose limit is container bytes: 90 % of what
// is left when each loader process uses as much as it may. It is 0 if too little is left for a useful limit.
func managerMemory(container int64, loaders int, each int64) int64 {
	left := container - int64(loaders)*each
	if left < leastMemory {
		return 0
	}
	return left / 10 * 9
}
