// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package event

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
	"unicode/utf8"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

const (
	// ContentType is the media type of a body: a CloudEvent in structured mode.
	ContentType = "application/cloudevents+json; charset=utf-8"

	// MaxBody bounds a body, in bytes. Every body is shorter.
	MaxBody = 20_000

	// schemas is where the schemas of the data are. The addresses are names: nobody has to read them to use an event.
	schemas = "https://github.com/seatplane/seatplane/blob/main/docs/reference/events/"
)

// envelope is a CloudEvent 1.0 in structured mode, with the extensions sequence and partitionkey.
type envelope struct {
	SpecVersion     string `json:"specversion"`
	ID              string `json:"id"`
	Source          string `json:"source"`
	Type            string `json:"type"`
	Time            string `json:"time"`
	Subject         string `json:"subject"`
	DataContentType string `json:"datacontenttype"`
	DataSchema      string `json:"dataschema"`
	Sequence        string `json:"sequence"`
	PartitionKey    string `json:"partitionkey"`
	Data            any    `json:"data"`
}

// SchemaFile returns the name of the file in docs/reference/events that describes the data of a type.
func (t Type) SchemaFile() string { return string(t) + ".v1.json" }

// about is what an envelope says about the object that an event is about.
type about struct{ namespace, resource, name string }

// wrap returns an envelope without its data. The sequence is padded, so that the order of the texts is that of the
// numbers, as the extension asks for.
func wrap(n v1alpha1.Notification, source types.UID, of about) envelope {
	t := Type(n.Type)
	return envelope{
		SpecVersion:     "1.0",
		ID:              ID(source, n.Sequence),
		Source:          "/apis/" + v1alpha1.GroupVersion.String() + "/namespaces/" + of.namespace,
		Type:            t.Full(),
		Time:            string(instantOf(n.Time)),
		Subject:         of.resource + "/" + of.name,
		DataContentType: "application/json",
		DataSchema:      schemas + t.SchemaFile(),
		Sequence:        fmt.Sprintf("%019d", n.Sequence),
		PartitionKey:    string(source),
	}
}

// encode writes a value as one line of JSON, with its fields in the order of their declaration. Control characters are
// escaped, and bytes that are not UTF-8 are replaced.
func encode(value any) ([]byte, error) {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(buffer.Bytes(), []byte("\n")), nil
}

func instantOf(t metav1.Time) instant { return instant(t.UTC().Format(time.RFC3339)) }

// optionalInstant is "" for a time that is not known.
func optionalInstant(t *metav1.Time) instant {
	if t == nil || t.IsZero() {
		return ""
	}
	return instantOf(*t)
}

// cut shortens a text to a number of bytes in JSON, at the border of a character, and marks that it did.
func cut(text string, most int) string {
	const mark = "…"
	if inJSON(text) <= most {
		return text
	}
	size := len(mark)
	for at, character := range text {
		if size += charInJSON(character); size > most {
			return text[:at] + mark
		}
	}
	return text
}

// inJSON is the largest number of bytes that a text has in JSON, without its quotes.
func inJSON(text string) int {
	size := 0
	for _, character := range text {
		size += charInJSON(character)
	}
	return size
}

// charInJSON is the largest number of bytes that a character has in JSON. Escaped characters have six, except for
// quotes and backslashes.
func charInJSON(character rune) int {
	switch {
	case character == '"' || character == '\\':
		return 2
	case character < ' ', character == '\u2028', character == '\u2029', character == utf8.RuneError:
		return 6
	default:
		return utf8.RuneLen(character)
	}
}
