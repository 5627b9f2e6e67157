// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package httpjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/seatplane/seatplane/internal/dataloader"
)

// maxDepth bounds how deep values lie in each other.
const maxDepth = 100

var (
	errTwice = errors.New("a name twice in one object")
	errDeep  = errors.New("too deep")
)

// decode reads an answer that is one JSON value. Unlike encoding/json it keeps every digit of a whole
// number, and refuses an object that has a name twice: which of the two is right is not the operator's to
// guess. An error is a *dataloader.Failure.
func decode(body []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	value, err := decodeValue(decoder, maxDepth)
	if err == nil {
		if _, more := decoder.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("something after the value")
		}
	}
	switch {
	case errors.Is(err, errTwice):
		return nil, dataloader.Failf(dataloader.ReasonSourceError, "the answer has an object with one name twice, so that its value is unknown")
	case errors.Is(err, errDeep):
		return nil, dataloader.Failf(dataloader.ReasonSourceError, "the answer has values that lie more than %d deep in each other", maxDepth)
	case err != nil || !utf8.Valid(body):
		return nil, dataloader.Failf(dataloader.ReasonSourceError, "the answer is not JSON, or not all of it")
	}
	return value, nil
}

func decodeValue(decoder *json.Decoder, depth int) (any, error) {
	if depth == 0 {
		return nil, errDeep
	}
	token, err := decoder.Token()
	if err != nil {
		return nil, err
	}
	switch token := token.(type) {
	case json.Number:
		return number(token)
	case json.Delim:
		if token == '[' {
			return decodeList(decoder, depth)
		}
		return decodeObject(decoder, depth)
	default:
		return token, nil
	}
}

func decodeList(decoder *json.Decoder, depth int) (any, error) {
	list := []any{}
	for decoder.More() {
		value, err := decodeValue(decoder, depth-1)
		if err != nil {
			return nil, err
		}
		list = append(list, value)
	}
	_, err := decoder.Token()
	return list, err
}

func decodeObject(decoder *json.Decoder, depth int) (any, error) {
	object := map[string]any{}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		name, ok := token.(string)
		if !ok {
			return nil, errors.New("an object with a name that is no string")
		}
		if _, twice := object[name]; twice {
			return nil, errTwice
		}
		if object[name], err = decodeValue(decoder, depth-1); err != nil {
			return nil, err
		}
	}
	_, err := decoder.Token()
	return object, err
}

// number returns a whole number that is written as one exactly: as a string when it fits nothing else,
// so that two long numbers that differ stay two keys. Any other number is a float.
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
