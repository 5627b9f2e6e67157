// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package guest

import (
	"os"
	"runtime"
	"runtime/debug"
	"syscall"
)

// apart leaves a loader process as it is started.
func apart() *syscall.SysProcAttr { return nil }

// peakMemory is not known here.
func peakMemory(*os.ProcessState) int64 { return 0 }

// confine keeps the garbage collector below the limit of memory. Nothing else can be limited here: run
// the operator on Linux where sources are not trusted.
func confine(o order) error {
	runtime.GOMAXPROCS(1)
	debug.SetMemoryLimit(o.Memory / 4 * 3)
	return nil
}
