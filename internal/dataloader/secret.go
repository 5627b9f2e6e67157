// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package dataloader

import (
	"fmt"
	"log/slog"
)

// Secret holds a value that must not be printed: a DSN, a token. Whatever formats, logs or encodes
// it gets Redacted; only Reveal gives the value. The zero value is an empty secret.
type Secret struct {
	// A function rather than a string: what prints by reflection (a %+v of a struct that holds one
	// in an unexported field, a dump in a test's failure) cannot look into it.
	reveal func() string
}

// NewSecret returns value as a Secret.
func NewSecret(value string) Secret {
	return Secret{reveal: func() string { return value }}
}

// Reveal returns the value. Hand it to the driver that needs it and to nothing else.
func (s Secret) Reveal() string {
	if s.reveal == nil {
		return ""
	}
	return s.reveal()
}

// String implements fmt.Stringer without the value.
func (Secret) String() string { return Redacted }

// GoString implements fmt.GoStringer without the value.
func (Secret) GoString() string { return Redacted }

// Format implements fmt.Formatter without the value, for every verb.
func (Secret) Format(state fmt.State, _ rune) { _, _ = state.Write([]byte(Redacted)) }

// MarshalJSON implements json.Marshaler without the value.
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + Redacted + `"`), nil }

// MarshalText implements encoding.TextMarshaler without the value.
func (Secret) MarshalText() ([]byte, error) { return []byte(Redacted), nil }

// LogValue implements slog.LogValuer without the value.
func (Secret) LogValue() slog.Value { return slog.StringValue(Redacted) }
