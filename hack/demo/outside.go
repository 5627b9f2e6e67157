// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/seatplane/seatplane/examples/webhook-receiver/receiver"
	"github.com/seatplane/seatplane/internal/table"
	"github.com/seatplane/seatplane/internal/testing/databases"
)

const (
	// manifests is the folder of what this program writes: the manifests that name its own ports.
	manifests = "bin/demo-outside"
	// databasePassword and key protect nothing: both servers listen on loopback, and end with the demo.
	databasePassword = "demo"
	key              = "the key of a demo, on this machine"
)

// outsideFlags let the operator reach servers on this machine without TLS.
var outsideFlags = []string{
	"--sink-allow-plain-http", "--sink-allowed-networks=127.0.0.0/8", "--loader-allow-plain-sql", "--loader-allowed-networks=127.0.0.0/8",
}

// outside is what is not in the cluster: a receiver of events, and a database with an archive.
type outside struct {
	listener net.Listener
	server   *http.Server

	mu     sync.Mutex
	events []receiver.Event

	// launched is closed when the database runs, or cannot: then why says so.
	launched chan struct{}
	database *databases.Server
	why      error
}

// openOutside starts the receiver. The database starts in the background.
func openOutside() (*outside, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	o := &outside{listener: listener, launched: make(chan struct{})}
	o.server = &http.Server{ReadHeaderTimeout: time.Minute, Handler: &receiver.Receiver{
		Keys: [][]byte{[]byte(key)}, Handle: o.take, Now: time.Now, Log: slog.New(slog.DiscardHandler),
	}}
	go func() { _ = o.server.Serve(listener) }()
	go func() {
		defer close(o.launched)
		o.database, o.why = databases.LaunchPostgres()
		if o.why == nil {
			o.why = o.database.Exec("", "CREATE ROLE seatplane LOGIN PASSWORD '"+databasePassword+"'", "CREATE DATABASE books OWNER seatplane")
		}
	}()
	return o, nil
}

// close stops both servers.
func (o *outside) close() error {
	<-o.launched
	err := o.server.Close()
	if o.database != nil {
		err = errors.Join(err, o.database.Stop())
	}
	return err
}

func (o *outside) take(event receiver.Event) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.events = append(o.events, event)
	return nil
}

// received waits for the first event of a type about a subject.
func (o *outside) received(ctx context.Context, kind, subject string) (receiver.Event, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		o.mu.Lock()
		for _, event := range o.events {
			if event.Type == kind && event.Subject == subject {
				o.mu.Unlock()
				return event, nil
			}
		}
		o.mu.Unlock()
		select {
		case <-ctx.Done():
			return receiver.Event{}, fmt.Errorf("the story did not come true: the receiver got no event %s about %s: %w", kind, subject, ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// lacksDatabase waits until the database runs, or cannot. Then it returns why not, as a part of a sentence.
func (o *outside) lacksDatabase() (why string) {
	<-o.launched
	if o.why == nil {
		return ""
	}
	first, _, _ := strings.Cut(o.why.Error(), "\n")
	return strings.TrimPrefix(first, databases.ErrMissing.Error()+": ")
}

// write writes the manifests of the EventSink and, if there is a database, of the Archive.
func (o *outside) write() error {
	if err := errors.Join(os.RemoveAll(manifests), os.MkdirAll(manifests, 0o700)); err != nil {
		return err
	}
	address := o.listener.Addr().String()
	err := os.WriteFile(filepath.Join(manifests, "eventsink.yaml"),
		fmt.Appendf(nil, sinkManifest, address, "whsec_"+base64.StdEncoding.EncodeToString([]byte(key))), 0o600)
	if err != nil || o.lacksDatabase() != "" {
		return err
	}
	dsn := o.database.DSN("seatplane", databasePassword, "books", "sslmode=disable")
	return os.WriteFile(filepath.Join(manifests, "archive.yaml"), fmt.Appendf(nil, archiveManifest, o.database.Address(), dsn), 0o600)
}

// ask asks the database, and returns the answer as a table.
func (o *outside) ask(ctx context.Context, query string) (*table.Table, error) {
	db, err := o.database.Open("books")
	if err != nil {
		return nil, err
	}
	defer func() { _ = db.Close() }()
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	answer := &table.Table{Columns: names}
	for rows.Next() {
		cells, into := make([]string, len(names)), make([]any, len(names))
		for n := range cells {
			into[n] = &cells[n]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		answer.Add(cells...)
	}
	return answer, rows.Err()
}

const sinkManifest = `# Posts every event of the namespace to a receiver. The Secret has the key that signs them.
apiVersion: v1
kind: Secret
metadata:
  name: receiver
  labels: {billing.seatplane.dev/allow: sink}
  annotations: {billing.seatplane.dev/allow-hosts: "%[1]s"}
stringData: {key: %[2]s}
---
apiVersion: billing.seatplane.dev/v1alpha1
kind: EventSink
metadata: {name: receiver}
spec:
  url: http://%[1]s/
  signingSecretRefs:
  - {name: receiver, key: key}
`

const archiveManifest = `# Copies the finished updates and invoices of the namespace into a PostgreSQL database.
apiVersion: v1
kind: Secret
metadata:
  name: books
  labels: {billing.seatplane.dev/allow: archive}
  annotations: {billing.seatplane.dev/allow-hosts: "%[1]s"}
stringData: {dsn: "%[2]s"}
---
apiVersion: billing.seatplane.dev/v1alpha1
kind: Archive
metadata: {name: books}
spec:
  postgres:
    dsnSecretRef: {name: books, key: dsn}
`
