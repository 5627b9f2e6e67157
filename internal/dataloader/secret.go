// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package dataloader

import (
	"fmt"
	"log/slog"
)

// Secret is a value that must not be printed, such as a DSN or a token. Anything that formats, logs
// or encodes it gets Redacted. Only Reveal returns the value. The zero value is an empty secret.
type Secret struct {
	// This is a function and not a string, so that printing by reflection (a %+v of a struct with a
	// Secret in an unexported field, a dump in a test's failure) cannot reach the value.
	reveal func() string
}

// NewSecret returns value as a Secret.
func NewSecret(value string) Secret {
	return Secret{reveal: func() string { return value }}
}

// Reveal returns the value. Pass it only to the driver that needs it.
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
