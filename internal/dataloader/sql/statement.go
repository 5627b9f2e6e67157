// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package sql

import (
	"regexp"
	"strings"

	"github.com/seatplane/seatplane/internal/dataloader"
)

// checkStatement refuses a text that is not exactly one statement that reads. It is the first of
// several fences and the one with the clearest words; the transaction is read-only, and the database
// itself takes one statement at a time.
func checkStatement(query string, by lexicon) error {
	code := strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(by.withoutLiterals(query)), ";"))
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
	code = strings.TrimLeft(code, "( \t\r\n")
	end := strings.IndexFunc(code, func(r rune) bool { return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') })
	if end < 0 {
		end = len(code)
	}
	return strings.ToUpper(code[:end])
}

// literal is how something begins and ends within which SQL means nothing. A doubled quotation mark
// inside a string reads as two strings side by side, which comes to the same here.
type literal struct {
	opening, closing string
	// escapes says that a backslash takes the next character along.
	escapes bool
}

// lexicon is the literals of one kind of database; the first that fits counts.
type lexicon struct {
	literals []literal
	// dollars says that $tag$ … $tag$ is a string.
	dollars bool
}

var (
	sqliteLexicon = lexicon{literals: []literal{
		{"--", "\n", false}, {"/*", "*/", false}, {"'", "'", false}, {`"`, `"`, false}, {"`", "`", false}, {"[", "]", false},
	}}
	postgresLexicon = lexicon{dollars: true, literals: []literal{
		{"--", "\n", false}, {"/*", "*/", false}, {"E'", "'", true}, {"e'", "'", true}, {"'", "'", false}, {`"`, `"`, false},
	}}
	mysqlLexicon = lexicon{literals: []literal{
		{"-- ", "\n", false},
		{"--\n", "\n", false},
		{"#", "\n", false},
		{"/*", "*/", false},
		{"'", "'", true},
		{`"`, `"`, true},
		{"`", "`", false},
	}}
)

// withoutLiterals returns the query with each comment, string and quoted name replaced by a blank, so
// that what is left can be searched. What is not closed extends to the end.
func (l lexicon) withoutLiterals(query string) string {
	var code strings.Builder
	for rest := query; rest != ""; {
		opened, found := l.at(rest)
		if !found {
			code.WriteByte(rest[0])
			rest = rest[1:]
			continue
		}
		code.WriteByte(' ')
		rest = opened.skip(rest)
	}
	return code.String()
}

var dollarTag = regexp.MustCompile(`^\$([A-Za-z_][A-Za-z_0-9]*)?\$`)

func (l lexicon) at(text string) (literal, bool) {
	for _, candidate := range l.literals {
		if strings.HasPrefix(text, candidate.opening) {
			return candidate, true
		}
	}
	if l.dollars {
		if tag := dollarTag.FindString(text); tag != "" {
			return literal{opening: tag, closing: tag}, true
		}
	}
	return literal{}, false
}

// skip returns what follows the literal at the beginning of the text.
func (l literal) skip(text string) string {
	for rest := text[len(l.opening):]; rest != ""; {
		switch {
		case l.escapes && rest[0] == '\\':
			rest = rest[min(2, len(rest)):]
		case strings.HasPrefix(rest, l.closing):
			return rest[len(l.closing):]
		default:
			rest = rest[1:]
		}
	}
	return ""
}
