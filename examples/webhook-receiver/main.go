// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Command webhook-receiver prints the events of an EventSink. It is an example to copy: start with the package receiver,
// and put what you want to do in the place of the line that prints.
package main

import (
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/seatplane/seatplane/examples/webhook-receiver/receiver"
)

func main() {
	listen := flag.String("listen", ":8080", "the address to listen on")
	flag.Parse()
	if err := run(*listen, os.Getenv("WEBHOOK_KEYS")); err != nil {
		fmt.Fprintln(os.Stderr, "webhook-receiver:", err)
		os.Exit(1)
	}
}

func run(listen, keys string) error {
	parsed, err := receiver.ParseKeys(keys)
	if err != nil {
		return fmt.Errorf("WEBHOOK_KEYS: %w", err)
	}
	handler := &receiver.Receiver{
		Keys: parsed, Now: time.Now, Log: slog.Default(),
		Handle: func(e receiver.Event) error {
			_, err := fmt.Fprintf(os.Stdout, "%s  %s  %s  %s\n", e.Time.Format(time.RFC3339), e.Subject, e.Type, e.Data)
			return err
		},
	}
	server := &http.Server{Addr: listen, Handler: handler, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second}
	return server.ListenAndServe()
}
