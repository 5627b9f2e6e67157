// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package guest

import (
	"errors"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/landlock-lsm/go-landlock/landlock"
	"golang.org/x/sys/unix"
)

const (
	// maxFiles bounds the open files of a loader process: its pipes, its connections and a database
	// file.
	maxFiles = 128
	// niceness gives the manager priority if there is not enough CPU for both.
	niceness = 10
)

// readable are the files needed for looking up names and for verifying certificates and time zones. The
// token of the manager's ServiceAccount is not among them.
var (
	readableFiles = []string{
		"/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/services", "/etc/localtime",
	}
	readableFolders = []string{
		"/etc/ssl", "/etc/pki", "/etc/ca-certificates", "/usr/share/ca-certificates", "/usr/local/share/ca-certificates",
		"/usr/local/share/certs", "/usr/share/zoneinfo",
	}
)

// apart puts a loader process into its own process group, because an interrupt from a terminal is for the
// manager alone. It also hides from the process every file that the manager inherited open.
func apart() *syscall.SysProcAttr {
	_ = unix.CloseRange(3, math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC)
	return &syscall.SysProcAttr{Setpgid: true}
}

// confine permanently drops what this process does not need for its order. Only the limits of memory
// and time are required, because not every platform has the others.
func confine(o order) error {
	// One processor for Go code is enough for one load, and leaves the others to the manager.
	runtime.GOMAXPROCS(1)
	debug.SetMemoryLimit(o.Memory / 4 * 3)
	// If the machine still runs out of memory, the kernel should kill the loader process and not the
	// manager.
	_ = os.WriteFile("/proc/self/oom_score_adj", []byte("1000"), 0)
	forEachThread(unix.SYS_SETPRIORITY, unix.PRIO_PROCESS, 0, niceness)
	forEachThread(unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1, 0)
	_ = landlock.V5.BestEffort().RestrictPaths(
		landlock.ROFiles(readableFiles...).IgnoreIfMissing(),
		landlock.RODirs(append(o.Folders, readableFolders...)...).IgnoreIfMissing(),
	)
	seconds := uint64((o.Timeout + 2*Grace) / time.Second)
	return errors.Join(
		limit(unix.RLIMIT_CORE, 0),
		limit(unix.RLIMIT_FSIZE, 0),
		limit(unix.RLIMIT_NOFILE, maxFiles),
		limit(unix.RLIMIT_CPU, seconds),
		limit(unix.RLIMIT_DATA, uint64(o.Memory)), //nolint:gosec // a positive number of bytes
	)
}

// peakMemory returns the peak memory of a process, in bytes.
func peakMemory(ended *os.ProcessState) int64 {
	if ended == nil {
		return 0
	}
	usage, ok := ended.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	return usage.Maxrss << 10
}

// limit lowers a resource limit so that this process cannot raise it again.
func limit(resource int, value uint64) error {
	return unix.Setrlimit(resource, &unix.Rlimit{Cur: value, Max: value})
}

// forEachThread makes a system call on every thread of the process if Go supports it, and otherwise
// on this one. New threads inherit from the thread that creates them.
func forEachThread(trap, a1, a2, a3 uintptr) {
	if _, _, err := syscall.AllThreadsSyscall(trap, a1, a2, a3); err == syscall.ENOTSUP {
		_, _, _ = syscall.RawSyscall(trap, a1, a2, a3)
	}
}
