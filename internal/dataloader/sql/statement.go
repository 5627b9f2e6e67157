// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package sql

import (
	"strings"
	"unicode"

	"github.com/seatplane/seatplane/internal/dataloader"
)

// checkStatement refuses a text that is not exactly one statement that reads. It is the first of several
// safeguards, and the one with the clearest messages. The others are the read-only transaction, and that
// the database itself accepts one statement at a time.
func checkStatement(query string, by lexicon) error {
	if err := checkText(query); err != nil {
		return err
	}
	code := strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(by.withoutLiterals(query)), ";"))
	if code == "" {
		return dataloader.Failf(dataloader.ReasonInvalidExpression, "the query is empty: write a SELECT")
	}
	if strings.Contains(code, ";") {
		return dataloader.Failf(dataloader.ReasonInvalidExpression, "the query has more than one statement: write one")
	}
	switch firstWord(code) {
	case "SELECT", "WITH", "VALUES":
		return nil
	}
	return dataloader.Failf(dataloader.ReasonInvalidExpression, "the query is not a SELECT: a data loader only reads")
}

// directives are the beginnings of comments that have an effect on some server: code that it executes, and
// hints that set its variables.
var directives = []string{"/*!", "/*M!", "/*m!", "/*+"}

// checkText refuses text that must not appear anywhere in a query, even if something seems to hide
// it.
func checkText(query string) error {
	for _, directive := range directives {
		if strings.Contains(query, directive) {
			return dataloader.Failf(dataloader.ReasonInvalidExpression,
				"the query has a comment that the server acts on: write it without %s", directive)
		}
	}
	if strings.ContainsFunc(query, isControl) {
		return dataloader.Failf(dataloader.ReasonInvalidExpression,
			"the query has a control character: only line breaks and tabs are accepted")
	}
	return nil
}

// isControl reports whether databases interpret a character differently: as a space, or as the end of a
// comment or of the whole query.
func isControl(r rune) bool {
	switch r {
	case '\t', '\n', '\r':
		return false
	case '\uFEFF', unicode.ReplacementChar:
		return true
	}
	return unicode.IsControl(r)
}

func firstWord(code string) string {
	code = strings.TrimLeft(code, "( \t\r\n")
	end := strings.IndexFunc(code, func(r rune) bool { return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') })
	if end < 0 {
		end = len(code)
	}
	return strings.ToUpper(code[:end])
}
