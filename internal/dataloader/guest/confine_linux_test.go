// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package guest

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/seatplane/seatplane/internal/dataloader"
)

func init() { handlers["inspect"] = handleInspect }

func handleInspect(_ context.Context, source json.RawMessage, _ dataloader.Request) (dataloader.Answer, error) {
	question, err := Decode[string](source)
	if err != nil {
		return dataloader.Answer{}, err
	}
	return dataloader.Answer{Rows: []dataloader.Row{{Key: "a", Count: inspect(question)}}}, nil
}

// inspect answers questions about the process that it runs in.
func inspect(question string) string {
	what, of, _ := strings.Cut(question, " ")
	switch what {
	case "environment":
		return strconv.Itoa(len(os.Environ()))
	case "read":
		_, err := os.ReadFile(of)
		return fmt.Sprint(err == nil)
	case "write":
		return fmt.Sprint(os.WriteFile(of, []byte("x"), 0o600) == nil)
	case "inherited":
		return fmt.Sprint(hasOpen(of))
	case "privileges":
		value, err := unix.PrctlRetInt(unix.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)
		return fmt.Sprint(value, err)
	case "group":
		return fmt.Sprint(unix.Getpgrp() == unix.Getpid())
	}
	return "unknown"
}

// hasOpen says whether a file is open in this process, by its number in its file system.
func hasOpen(inode string) bool {
	for fd := range 64 {
		var stat unix.Stat_t
		if unix.Fstat(fd, &stat) == nil && strconv.FormatUint(stat.Ino, 10) == inode {
			return true
		}
	}
	return false
}

// What a loader process has and may do.
func TestConfined(t *testing.T) {
	open, secret := t.TempDir(), t.TempDir()
	for _, folder := range []string{open, secret} {
		if err := os.WriteFile(filepath.Join(folder, "file"), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cases := map[string]struct{ reason, question, want string }{
		"environment":  {reason: "nothing of the manager's environment is passed on", question: "environment", want: "0"},
		"inherited":    {reason: "no file that the manager has open is passed on", question: "inherited " + inheritable(t), want: "false"},
		"privileges":   {reason: "no program that it executes gets more rights", question: "privileges", want: "1 <nil>"},
		"group":        {reason: "an interrupt from a terminal is not for it", question: "group", want: "true"},
		"own folder":   {reason: "the folder of the job is readable", question: "read " + filepath.Join(open, "file"), want: "true"},
		"certificates": {reason: "names can be looked up", question: "read /etc/hosts", want: "true"},
		"other folder": {reason: "another namespace's database is not, and neither is a token", question: "read " + filepath.Join(secret, "file"), want: "false"},
		"write":        {reason: "nothing is written", question: "write " + filepath.Join(open, "new"), want: "false"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			j := job("inspect", tc.question, "a")
			j.Folders = []string{open}
			answer, err := newProcess(0).Run(t.Context(), j)
			if err != nil || len(answer.Rows) != 1 || answer.Rows[0].Count != tc.want {
				t.Errorf("%s: got %v, %v, want %s", tc.reason, answer.Rows, err, tc.want)
			}
		})
	}
}

// inheritable opens a file that programs inherit, as a shell's are, and returns its number.
func inheritable(t *testing.T) string {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "inherited"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	if _, err := unix.FcntlInt(file.Fd(), unix.F_SETFD, 0); err != nil {
		t.Fatal(err)
	}
	var stat unix.Stat_t
	if err := unix.Fstat(int(file.Fd()), &stat); err != nil {
		t.Fatal(err)
	}
	return strconv.FormatUint(stat.Ino, 10)
}
