// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package sql

import (
	"strings"

	"github.com/seatplane/seatplane/internal/dataloader"
)

// checkStatement refuses a text that is not exactly one statement that reads, by SQLite's rules of
// quoting. It is the first of three fences; the connection is read-only, and cannot attach files.
func checkStatement(query string) error {
	code := strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(withoutLiterals(query)), ";"))
	if code == "" {
		return dataloader.Failf(dataloader.ReasonInvalidExpression, "the query is empty")
	}
	if strings.Contains(code, ";") {
		return dataloader.Failf(dataloader.ReasonInvalidExpression, "the query has more than one statement: write one")
	}
	switch firstWord(code) {
	case "SELECT", "WITH", "VALUES":
		return nil
	}
	return dataloader.Failf(dataloader.ReasonInvalidExpression, "the query is no SELECT: a data loader only reads")
}

func firstWord(code string) string {
	end := strings.IndexFunc(code, func(r rune) bool { return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') })
	if end < 0 {
		end = len(code)
	}
	return strings.ToUpper(code[:end])
}

// withoutLiterals returns the query with each comment, string and quoted name replaced by a blank, so
// that what is left can be searched. What is not closed extends to the end, as SQLite reads it.
func withoutLiterals(query string) string {
	var code strings.Builder
	for rest := query; rest != ""; {
		opened := literalAt(rest)
		if opened.closing == "" {
			code.WriteByte(rest[0])
			rest = rest[1:]
			continue
		}
		code.WriteByte(' ')
		rest = rest[len(opened.opening):]
		if end := strings.Index(rest, opened.closing); end >= 0 {
			rest = rest[end+len(opened.closing):]
		} else {
			rest = ""
		}
	}
	return code.String()
}

// literal is how something begins and ends within which SQL means nothing. A doubled quotation mark
// inside a string reads as two strings side by side, which comes to the same here.
type literal struct{ opening, closing string }

var literals = []literal{{"--", "\n"}, {"/*", "*/"}, {"'", "'"}, {`"`, `"`}, {"`", "`"}, {"[", "]"}}

func literalAt(text string) literal {
	for _, candidate := range literals {
		if strings.HasPrefix(text, candidate.opening) {
			return candidate
		}
	}
	return literal{}
}
