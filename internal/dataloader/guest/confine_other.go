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

// apart does nothing on this platform.
func apart() *syscall.SysProcAttr { return nil }

// peakMemory is not available on this platform.
func peakMemory(*os.ProcessState) int64 { return 0 }

// confine makes the garbage collector respect the memory limit. Nothing else can be limited on this
// platform. Run the operator on Linux if sources are not trusted.
func confine(o order) error {
	runtime.GOMAXPROCS(1)
	debug.SetMemoryLimit(o.Memory / 4 * 3)
	return nil
}
