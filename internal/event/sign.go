// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package event

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The headers of Standard Webhooks, and that of a replay. HTTP ignores their case.
const (
	// HeaderID has the ID of the event.
	HeaderID = "webhook-id"
	// HeaderTimestamp has the time of the attempt, in seconds since 1970. Receivers refuse attempts that are too old.
	HeaderTimestamp = "webhook-timestamp"
	// HeaderSignature has a signature for each key, separated by spaces.
	HeaderSignature = "webhook-signature"
	// HeaderReplay is "true" on an event that a person sends again.
	HeaderReplay = "webhook-replay"
)

const (
	// minKey and maxKey bound the length of a key, in bytes, as Standard Webhooks does.
	minKey, maxKey = 24, 64
	keyPrefix      = "whsec_"
)

// Sign returns the headers of an attempt: webhook-id, webhook-timestamp and webhook-signature, with one signature of
// version 1 for each key. The signature covers the ID, the time and the body.
func Sign(keys [][]byte, id string, at time.Time, body []byte) http.Header {
	timestamp := strconv.FormatInt(at.Unix(), 10)
	signatures := make([]string, 0, len(keys))
	for _, key := range keys {
		signatures = append(signatures, "v1,"+base64.StdEncoding.EncodeToString(signature(key, id, timestamp, body)))
	}
	header := http.Header{}
	header.Set(HeaderID, id)
	header.Set(HeaderTimestamp, timestamp)
	header.Set(HeaderSignature, strings.Join(signatures, " "))
	return header
}

func signature(key []byte, id, timestamp string, body []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + timestamp + "."))
	mac.Write(body)
	return mac.Sum(nil)
}

// ParseKey decodes a key for signatures: base64, with or without the prefix "whsec_", with spaces and line breaks around
// it ignored. It refuses keys of fewer than 24 or more than 64 bytes. The error is a sentence that does not repeat the
// key.
func ParseKey(text []byte) ([]byte, error) {
	written := strings.TrimPrefix(string(bytes.TrimSpace(text)), keyPrefix)
	if written == "" {
		return nil, errors.New("the signing key is empty: write whsec_ and the base64 of 24 to 64 random bytes")
	}
	key, err := base64.StdEncoding.DecodeString(written)
	if err != nil || strings.ContainsAny(written, "\r\n") {
		return nil, errors.New("the signing key is not valid base64: write whsec_ and the base64 of 24 to 64 random bytes, with its padding")
	}
	if len(key) < minKey || len(key) > maxKey {
		return nil, fmt.Errorf("the signing key has %d bytes: write whsec_ and the base64 of %d to %d random bytes", len(key), minKey, maxKey)
	}
	return key, nil
}
