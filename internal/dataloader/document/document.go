// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package document parses the JSON documents that servers return.
//
// It is stricter than encoding/json, because seats are counted with the result. It refuses an object with a
// duplicate name, keeps all digits of whole numbers, and returns an error for a document that ends early. It
// counts values while it reads, so a short document cannot take much memory.
package document

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	// MaxValues bounds the values of one document that are in memory at the same time. An object counts as
	// objectValues: an empty one takes as much memory as that many numbers.
	MaxValues    = 1_000_000
	objectValues = 4
	// maxDepth bounds how deeply values are nested.
	maxDepth = 100
	// checkEvery is after how many values the context is checked.
	checkEvery = 1024
)

var (
	errTwice    = errors.New("a name twice in one object")
	errDeep     = errors.New("nested too deeply")
	errMany     = errors.New("too many values")
	errMore     = errors.New("something after the value")
	errNotName  = errors.New("a name of an object that is not a string")
	errEncoding = errors.New("not UTF-8")
)

// byteOrderMark precedes the documents of some servers.
var byteOrderMark = []byte("\xef\xbb\xbf")

// Body is a document as it was received.
type Body struct {
	// Bytes are the document.
	Bytes []byte
	// ContentType is the type that the server declares.
	ContentType string
	// Scrub removes secrets from a text. Sentences quote the beginning of a document that is not
	// JSON.
	Scrub func(string) string
}

// Each handles the elements of one list of a document one at a time, so that they are not all in memory.
type Each struct {
	// Path names the list by the names of the objects that lead to it, such as ["data", "result"].
	Path []string
	// Handle is called with each element. The list itself is empty in the decoded document. An error stops
	// the decoding.
	Handle func(element any) error
}

// Decode parses a document that is one JSON value: nil, bool, string, int64, uint64, a string for a
// longer whole number, float64, []any or map[string]any. A byte order mark is skipped. An error is a
// *dataloader.Failure.
func Decode(ctx context.Context, body Body) (any, error) { return DecodeEach(ctx, body, Each{}) }

// DecodeEach is Decode with a list whose elements are handled one at a time.
func DecodeEach(ctx context.Context, body Body, each Each) (any, error) {
	text := bytes.TrimPrefix(body.Bytes, byteOrderMark)
	if !utf8.Valid(text) {
		return nil, body.failure(text, errEncoding)
	}
	r := reader{ctx: ctx, json: json.NewDecoder(bytes.NewReader(text)), each: each}
	r.json.UseNumber()
	value, err := r.value(maxDepth, r.begin())
	if err == nil {
		if _, end := r.json.Token(); !errors.Is(end, io.EOF) {
			err = errMore
		}
	}
	if err != nil {
		return nil, body.failure(text, err)
	}
	return value, nil
}

// reader reads one document.
type reader struct {
	// ctx is the context of one call of Decode, which is the lifetime of the reader.
	ctx    context.Context
	json   *json.Decoder
	each   Each
	values int
	// tokens is the number of values that were read, including dropped ones.
	tokens int
}

// elsewhere is the position of a value that does not lead to the list of Each.
const elsewhere = -1

// begin returns the position of the whole document: how many names of the path it matches.
func (r *reader) begin() int {
	if r.each.Handle == nil {
		return elsewhere
	}
	return 0
}

// within returns the position of the member of an object.
func (r *reader) within(position int, name string) int {
	if position == elsewhere || position == len(r.each.Path) || r.each.Path[position] != name {
		return elsewhere
	}
	return position + 1
}

func (r *reader) value(depth, position int) (any, error) {
	if depth == 0 {
		return nil, errDeep
	}
	token, err := r.json.Token()
	if err != nil {
		return nil, err
	}
	if err := r.count(token); err != nil {
		return nil, err
	}
	switch token := token.(type) {
	case json.Number:
		return number(token)
	case json.Delim:
		if token == '{' {
			return r.object(depth, position)
		}
		return r.list(depth, position)
	default:
		return token, nil
	}
}

// count counts a value before it is kept.
func (r *reader) count(token json.Token) error {
	r.values++
	if token == json.Delim('{') {
		r.values += objectValues - 1
	}
	if r.values > MaxValues {
		return errMany
	}
	if r.tokens++; r.tokens%checkEvery == 0 {
		return r.ctx.Err()
	}
	return nil
}

func (r *reader) list(depth, position int) (any, error) {
	handled := position != elsewhere && position == len(r.each.Path)
	list := []any{}
	for r.json.More() {
		before := r.values
		value, err := r.value(depth-1, elsewhere)
		if err != nil {
			return nil, err
		}
		if !handled {
			list = append(list, value)
			continue
		}
		if err := r.handle(value); err != nil {
			return nil, err
		}
		r.values = before
	}
	_, err := r.json.Token()
	return list, err
}

func (r *reader) handle(element any) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	return r.each.Handle(element)
}

func (r *reader) object(depth, position int) (any, error) {
	object := map[string]any{}
	for r.json.More() {
		token, err := r.json.Token()
		if err != nil {
			return nil, err
		}
		name, ok := token.(string)
		if !ok {
			return nil, errNotName
		}
		if _, twice := object[name]; twice {
			return nil, errTwice
		}
		if object[name], err = r.value(depth-1, r.within(position, name)); err != nil {
			return nil, err
		}
	}
	_, err := r.json.Token()
	return object, err
}

// number returns a whole number exactly. If it does not fit into an integer, it is a string, so that two long
// numbers that differ remain two keys. Any other number is a float.
func number(written json.Number) (any, error) {
	text := written.String()
	if strings.ContainsAny(text, ".eE") {
		return strconv.ParseFloat(text, 64)
	}
	if whole, err := strconv.ParseInt(text, 10, 64); err == nil {
		return whole, nil
	}
	if whole, err := strconv.ParseUint(text, 10, 64); err == nil {
		return whole, nil
	}
	return text, nil
}
