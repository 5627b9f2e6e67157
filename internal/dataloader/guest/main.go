// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package guest

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/seatplane/seatplane/internal/dataloader"
)

// Main runs a loader process: it reads one order from standard input, carries it out under the order's
// limits, and writes the answer to standard output. It does not return.
func Main(handlers Handlers) {
	if err := serve(os.Stdin, os.Stdout, handlers); err != nil {
		fmt.Fprintln(os.Stderr, "loader:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func serve(from io.Reader, to io.Writer, handlers Handlers) error {
	o, err := readOrder(from)
	if err != nil {
		return fmt.Errorf("read the order: %w", err)
	}
	go exitWithManager(from)
	if err := confine(o); err != nil {
		return fmt.Errorf("limit this process: %w", err)
	}
	answer, err := handlers.run(context.Background(), o)
	out := bufio.NewWriterSize(to, 64<<10)
	if err != nil {
		err = writeJSON(out, frameFailure, wireFailureOf(err))
	} else {
		err = writeAnswer(out, answer)
	}
	return errors.Join(err, out.Flush())
}

func readOrder(from io.Reader) (order, error) {
	of, payload, err := readFrame(from, maxOrder, nil)
	if err != nil {
		return order{}, err
	}
	if of != frameOrder {
		return order{}, errFrame
	}
	var o order
	err = json.Unmarshal(payload, &o)
	return o, err
}

// exitWithManager ends the process when the manager closes the pipe or ends.
func exitWithManager(from io.Reader) {
	_, _ = io.Copy(io.Discard, from)
	os.Exit(1)
}

func wireFailureOf(err error) wireFailure {
	failure := dataloader.AsFailure(err)
	said := wireFailure{Reason: failure.Reason, Message: failure.Message, Detail: failure.Detail}
	if _, known := errors.AsType[*dataloader.Failure](err); !known {
		said.Detail = err.Error()
	}
	return said
}
