// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package receiver is an example to copy: it receives the events of an EventSink. It verifies the signature of each request
// as Standard Webhooks defines it, recognizes events that it already has by their IDs, and hands each new event to a
// function. It only uses the standard library.
package receiver

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// tolerance is how old a request may be. Without it, whoever has recorded a request could send it again forever.
	tolerance = 5 * time.Minute
	// maxBody bounds what is read of a request, in bytes. Events have fewer than 20,000.
	maxBody = 64 << 10
	// minKey is the length of the shortest key that is accepted, in bytes.
	minKey = 24
)

// Event is an event of Seatplane: a CloudEvent.
type Event struct {
	ID           string          `json:"id"`
	Type         string          `json:"type"`
	Source       string          `json:"source"`
	Subject      string          `json:"subject"`
	Time         time.Time       `json:"time"`
	Sequence     string          `json:"sequence"`
	PartitionKey string          `json:"partitionkey"`
	Data         json.RawMessage `json:"data"`

	// Replayed means that a person sent the event again.
	Replayed bool `json:"-"`
}

// Receiver handles the requests of an EventSink.
type Receiver struct {
	// Keys are the keys of the sink: one, or two while a key is replaced.
	Keys [][]byte
	// Handle acts on an event. If it returns an error, Seatplane sends the event again later.
	Handle func(Event) error
	// Now returns the time.
	Now func() time.Time
	// Log gets a line for each request that is refused.
	Log *slog.Logger

	mu   sync.Mutex
	seen map[string]bool
}

// ParseKeys parses keys that are separated by spaces or line breaks: "whsec_…" each.
func ParseKeys(text string) ([][]byte, error) {
	var keys [][]byte
	for n, word := range strings.Fields(text) {
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(word, "whsec_"))
		if err != nil || len(key) < minKey {
			return nil, fmt.Errorf("key %d is not whsec_ and the base64 of at least %d bytes", n+1, minKey)
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, errors.New("there is no key")
	}
	return keys, nil
}

// ServeHTTP answers 204 once an event is handled, also if it was before. Any other answer makes Seatplane try again.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	if request.Method != http.MethodPost {
		http.Error(w, "post events here", http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, request.Body, maxBody))
	if err != nil {
		http.Error(w, "the body is too long", http.StatusRequestEntityTooLarge)
		return
	}
	if err := r.verify(request.Header, body); err != nil {
		r.Log.Warn("refused a request", "reason", err)
		http.Error(w, "the signature is not valid", http.StatusUnauthorized)
		return
	}
	event := Event{Replayed: request.Header.Get("webhook-replay") == "true"}
	if err := json.Unmarshal(body, &event); err != nil || event.ID != request.Header.Get("webhook-id") {
		http.Error(w, "the body is not an event", http.StatusBadRequest)
		return
	}
	if err := r.once(event); err != nil {
		r.Log.Error("could not handle an event", "id", event.ID, "type", event.Type, "reason", err)
		http.Error(w, "the event could not be handled", http.StatusInternalServerError)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// verify checks that one of the keys signed a request, and that the request is recent.
func (r *Receiver) verify(header http.Header, body []byte) error {
	id, timestamp := header.Get("webhook-id"), header.Get("webhook-timestamp")
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if id == "" || err != nil {
		return errors.New("webhook-id or webhook-timestamp is missing")
	}
	if age := r.Now().Sub(time.Unix(seconds, 0)); age.Abs() > tolerance {
		return fmt.Errorf("the request is %s old", age)
	}
	for _, signature := range strings.Fields(header.Get("webhook-signature")) {
		encoded, isV1 := strings.CutPrefix(signature, "v1,")
		given, err := base64.StdEncoding.DecodeString(encoded)
		if !isV1 || err != nil {
			continue
		}
		for _, key := range r.Keys {
			mac := hmac.New(sha256.New, key)
			fmt.Fprintf(mac, "%s.%s.", id, timestamp)
			mac.Write(body)
			if hmac.Equal(given, mac.Sum(nil)) {
				return nil
			}
		}
	}
	return errors.New("no signature is of a known key")
}

// once handles an event unless it was handled before. Seatplane delivers at least once, and one event after the other for
// each subscription.
//
// This example remembers IDs in memory. A receiver that must not act twice after a restart stores the ID in its database, in
// a unique column, in the same transaction as what it does.
func (r *Receiver) once(event Event) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seen[event.ID] {
		return nil
	}
	if err := r.Handle(event); err != nil {
		return err
	}
	if r.seen == nil {
		r.seen = map[string]bool{}
	}
	r.seen[event.ID] = true
	return nil
}
