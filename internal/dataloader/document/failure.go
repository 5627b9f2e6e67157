// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package document

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode"

	"github.com/seatplane/seatplane/internal/dataloader"
)

const (
	// maxBeginning is how many characters of a document that is not JSON a sentence quotes.
	maxBeginning = 20
	// maxType is how many characters of a content type a sentence quotes.
	maxType = 60
	// scrubbed is how much of a document is searched for secrets before its beginning is quoted. It is
	// longer than any secret that begins in that part.
	scrubbed = 64 << 10
)

// failure explains what is wrong with a document.
func (b Body) failure(text []byte, err error) error {
	if failure, ok := errors.AsType[*dataloader.Failure](err); ok {
		return failure
	}
	switch {
	case errors.Is(err, errTwice):
		return fail("the answer has an object that contains the same name twice, so its value is ambiguous")
	case errors.Is(err, errDeep):
		return fail("the answer has values that are nested more than %d deep", maxDepth)
	case errors.Is(err, errMany):
		return fail("the answer has more than %d values: have the server answer with one entry per key, or in pages", MaxValues)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return fail("the load was ended while the answer was being read")
	case errors.Is(err, errMore):
		return fail("the answer has text after its JSON value: have the server answer with one value")
	case errors.Is(err, strconv.ErrRange):
		return fail("the answer has a number that is too large")
	case errors.Is(err, errEncoding):
		return fail("the answer is not in UTF-8 (%s): have the server answer with JSON in UTF-8", b.describeType())
	case len(bytes.TrimSpace(text)) == 0:
		return fail("the answer is not JSON: it is empty (%s)", b.describeType())
	case endsEarly(text, err):
		return fail("the answer is not complete: the JSON ends in the middle of a value (%s)", b.describeType())
	default:
		return fail("the answer is not JSON (%s) and begins with %q: check that the url is an API and that its token is accepted",
			b.describeType(), b.beginning(text))
	}
}

func fail(format string, arguments ...any) error {
	return dataloader.Failf(dataloader.ReasonSourceError, format, arguments...)
}

// endsEarly reports whether a document begins as JSON and the rest is missing.
func endsEarly(text []byte, err error) bool {
	first := bytes.TrimSpace(text)[0]
	return (errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)) && bytes.IndexByte([]byte(`{["`), first) >= 0
}

// describeType describes the declared type of the answer.
func (b Body) describeType() string {
	if said := cut(b.Scrub(b.ContentType), maxType); said != "" {
		return "Content-Type " + said
	}
	return "without a Content-Type"
}

// beginning returns the first printable characters of a document. Secrets are removed before it is truncated,
// because a part of a secret would not be found.
func (b Body) beginning(text []byte) string {
	return cut(b.Scrub(string(text[:min(len(text), scrubbed)])), maxBeginning)
}

// cut returns the first printable characters of a text.
func cut(text string, length int) string {
	printable := strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return -1
	}, text)
	characters := []rune(printable)
	return string(characters[:min(len(characters), length)])
}
