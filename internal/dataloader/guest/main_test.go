// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package guest

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/seatplane/seatplane/internal/dataloader"
)

// TestMain makes the test binary a loader process when it is started as one.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == Argument {
		Main(handlers)
	}
	os.Exit(m.Run())
}

// handlers are what the loader processes of these tests do. Each stands for a kind of trouble that a
// driver, an expression or a document can make.
var handlers = Handlers{
	"rows": func(_ context.Context, source json.RawMessage, request dataloader.Request) (dataloader.Answer, error) {
		said, err := Decode[[]dataloader.Row](source)
		return dataloader.Answer{Rows: said, Queries: len(request.Keys)}, err
	},
	"many": func(_ context.Context, source json.RawMessage, _ dataloader.Request) (dataloader.Answer, error) {
		count, err := Decode[int](source)
		rows := make([]dataloader.Row, count)
		for n := range rows {
			rows[n] = dataloader.Row{Key: fmt.Sprintf("customer-%06d", n), Count: strconv.Itoa(n)}
		}
		return dataloader.Answer{Rows: rows, Queries: 1}, err
	},
	"failure": func(context.Context, json.RawMessage, dataloader.Request) (dataloader.Answer, error) {
		failure := dataloader.Failf(dataloader.ReasonSourceUnreachable, "the password is hunter2")
		failure.Detail = "hunter2 was refused: dial tcp 10.1.2.3:5432: connect to [fd00::1]:3306 refused"
		return dataloader.Answer{}, failure
	},
	"error": func(context.Context, json.RawMessage, dataloader.Request) (dataloader.Answer, error) {
		return dataloader.Answer{}, fmt.Errorf("hunter2 in an error that no source has looked at")
	},
	"forged reason": func(context.Context, json.RawMessage, dataloader.Request) (dataloader.Answer, error) {
		return dataloader.Answer{}, dataloader.Failf(dataloader.ReasonRefreshed, "all is well")
	},
	"memory": func(context.Context, json.RawMessage, dataloader.Request) (dataloader.Answer, error) {
		var hoard [][]byte
		for {
			hoard = append(hoard, make([]byte, 1<<20))
			hoard[len(hoard)-1][0] = 1
		}
	},
	"huge": func(_ context.Context, source json.RawMessage, _ dataloader.Request) (dataloader.Answer, error) {
		size, err := Decode[int](source)
		return dataloader.Answer{Rows: make([]dataloader.Row, size)}, err
	},
	"panic": func(context.Context, json.RawMessage, dataloader.Request) (dataloader.Answer, error) {
		panic("hunter2 lost")
	},
	"deadlock": func(context.Context, json.RawMessage, dataloader.Request) (dataloader.Answer, error) {
		select {}
	},
	"spin": func(context.Context, json.RawMessage, dataloader.Request) (dataloader.Answer, error) {
		for {
			runtime.KeepAlive(nil)
		}
	},
	"patient": func(ctx context.Context, _ json.RawMessage, _ dataloader.Request) (dataloader.Answer, error) {
		<-ctx.Done()
		return dataloader.Answer{}, ctx.Err()
	},
	"babble": func(context.Context, json.RawMessage, dataloader.Request) (dataloader.Answer, error) {
		for {
			if _, err := os.Stdout.WriteString(strings.Repeat("x", 1<<16)); err != nil {
				return dataloader.Answer{}, err
			}
		}
	},
}

// newProcess returns a runner whose loader processes are this test binary.
func newProcess(memory int64) *Process {
	if underRace {
		memory = unlimited
	}
	return NewProcess(ProcessOptions{Memory: memory})
}

// unlimited is more memory than there is.
const unlimited = 1 << 46

// job returns a job with a timeout that is never reached unless the handler hangs.
func job(kind string, source any, keys ...string) Job {
	return Job{Kind: kind, Timeout: time.Minute, Wanted: keys, Keys: keys, Source: NewPayload(source), Secrets: []string{"hunter2"}}
}
