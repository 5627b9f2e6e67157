// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Command chat-message tells a chat room about limits on seats that are reached, and about changes that wait for approval.
// It receives these events of an EventSink, and posts {"text": "…"} to the incoming webhook of a chat.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/seatplane/seatplane/examples/webhook-receiver/receiver"
)

func main() {
	listen := flag.String("listen", ":8080", "the address to listen on")
	flag.Parse()
	if err := run(*listen, os.Getenv("WEBHOOK_KEYS"), os.Getenv("CHAT_URL")); err != nil {
		fmt.Fprintln(os.Stderr, "chat-message:", err)
		os.Exit(1)
	}
}

func run(listen, keys, chat string) error {
	parsed, err := receiver.ParseKeys(keys)
	if err != nil {
		return fmt.Errorf("WEBHOOK_KEYS: %w", err)
	}
	if chat == "" {
		return errors.New("CHAT_URL is empty: set it to the address of the chat's incoming webhook")
	}
	handler := &receiver.Receiver{Keys: parsed, Handle: newRoom(chat).tell, Now: time.Now, Log: slog.Default()}
	server := &http.Server{Addr: listen, Handler: handler, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second}
	return server.ListenAndServe()
}

// room is a chat room with an incoming webhook. The address is a secret: whoever knows it can write to the room.
type room struct {
	url    string
	client *http.Client
}

func newRoom(url string) *room {
	return &room{url: url, client: &http.Client{Timeout: 10 * time.Second}}
}

// tell posts a message about an event, if it is worth one. An error makes Seatplane send the event again later.
func (r *room) tell(e receiver.Event) error {
	text, err := message(e)
	if err != nil || text == "" {
		return err
	}
	body, err := json.Marshal(map[string]string{"text": text})
	if err != nil {
		return err
	}
	answer, err := r.client.Post(r.url, "application/json", bytes.NewReader(body))
	if err != nil {
		return errors.New("the chat cannot be reached")
	}
	defer func() { _ = answer.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 4<<10))
	if answer.StatusCode >= http.StatusMultipleChoices {
		return fmt.Errorf("the chat answered with status %d", answer.StatusCode)
	}
	return nil
}

// message is what the room reads about an event; empty for an event of another type.
func message(e receiver.Event) (string, error) {
	var data struct {
		Subscription struct{ Namespace, Name string }
		Update       struct{ Name, Summary string }
		Item         string
		Threshold    int
		Quantity     int64
	}
	if err := json.Unmarshal(e.Data, &data); err != nil {
		return "", fmt.Errorf("the event %s is not as expected: %w", e.ID, err)
	}
	switch e.Type {
	case "dev.seatplane.seats.limit-reached.v1":
		return fmt.Sprintf("%s has %d seats of %s: %d %% of the maximum of its plan.",
			data.Subscription.Name, data.Quantity, data.Item, data.Threshold), nil
	case "dev.seatplane.subscription-update.held.v1":
		return fmt.Sprintf("A change of %s is pending approval: %s. To see what it costs, and to approve it:\n"+
			"kubectl seatplane explain update %s -n %s\nkubectl seatplane approve %s -n %s",
			data.Subscription.Name, data.Update.Summary, data.Update.Name, data.Subscription.Namespace, data.Update.Name, data.Subscription.Namespace), nil
	default:
		return "", nil
	}
}
