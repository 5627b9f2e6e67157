// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package sql

import (
	"regexp"
	"strings"
)

// rule returns the length of the token that it recognizes at the beginning of a text, or 0.
type rule func(text string) int

// lexicon defines how one kind of database separates code from text that is not SQL. Tests compare it
// with the real servers (FuzzPostgresLexer, FuzzMySQLLexer, FuzzSQLiteLexer).
type lexicon struct {
	// literals are comments, strings and quoted names.
	literals []rule
	// words are complete words of code: no literal begins within them.
	words []rule
}

var (
	sqliteLexicon = lexicon{
		literals: []rule{
			comment(`--[^\n]*`), block, quoted('\''), quoted('"'), quoted('`'), literalTo("[", "]"),
		},
		words: []rule{name, matching(`[$@#:](?:::)*[A-Za-z0-9_$\x{80}-\x{10FFFF}](?:[A-Za-z0-9_$\x{80}-\x{10FFFF}]|::)*(?:\([^\s)]*\)?)?`)},
	}
	postgresLexicon = lexicon{
		literals: []rule{
			comment(`--[^\n\r]*`), nestedBlock, escapeString, quoted('\''), quoted('"'), dollarQuoted,
		},
		words: []rule{name},
	}
	mysqlLexicon = lexicon{
		literals: []rule{
			// The two hyphens must be followed by a space or the end of the line. That character is not a part of
			// the opening: a line break there ends the comment.
			comment(`--(?:[ \t\r][^\n]*|$)`), emptyComment, comment(`#[^\n]*`), block, escaped('\''), escaped('"'), quoted('`'),
		},
		words: []rule{name},
	}
)

// withoutLiterals returns the query with each comment, string and quoted name replaced by a space, so that
// the rest can be searched. A literal that is not closed extends to the end.
func (l lexicon) withoutLiterals(query string) string {
	var code strings.Builder
	for rest := query; rest != ""; {
		if length := firstOf(l.literals, rest); length > 0 {
			code.WriteByte(' ')
			rest = rest[length:]
			continue
		}
		length := max(1, firstOf(l.words, rest))
		code.WriteString(rest[:length])
		rest = rest[length:]
	}
	return code.String()
}

// firstOf returns the length of the token of the first matching rule.
func firstOf(rules []rule, text string) int {
	for _, each := range rules {
		if length := each(text); length > 0 {
			return length
		}
	}
	return 0
}

// matching is the rule of a regular expression.
func matching(expression string) rule {
	compiled := regexp.MustCompile(`^(?:` + expression + `)`)
	return func(text string) int { return len(compiled.FindString(text)) }
}

// comment is the rule of a comment that ends with its line.
func comment(expression string) rule { return matching(expression) }

// emptyComment is two hyphens at the end of a line.
func emptyComment(text string) int {
	if strings.HasPrefix(text, "--\n") {
		return len("--")
	}
	return 0
}

// name is an unquoted word: a keyword or a name. A dollar sign or a letter in it does not begin a string.
var name = matching(`[A-Za-z_\x{80}-\x{10FFFF}][A-Za-z0-9_$\x{80}-\x{10FFFF}]*`)

// literalTo is the rule of a literal between an opening and the next closing.
func literalTo(opening, closing string) rule {
	return func(text string) int {
		if !strings.HasPrefix(text, opening) {
			return 0
		}
		end := strings.Index(text[len(opening):], closing)
		if end < 0 {
			return len(text)
		}
		return len(opening) + end + len(closing)
	}
}

var block = literalTo("/*", "*/")

// nestedBlock is a comment that may contain comments.
func nestedBlock(text string) int {
	if !strings.HasPrefix(text, "/*") {
		return 0
	}
	depth := 0
	for at := 0; at < len(text); {
		switch {
		case strings.HasPrefix(text[at:], "/*"):
			depth++
			at += 2
		case strings.HasPrefix(text[at:], "*/"):
			depth--
			at += 2
		default:
			at++
		}
		if depth == 0 {
			return at
		}
	}
	return len(text)
}

// quoted is the rule of a string or a name between quotation marks. A doubled mark within it is read as
// two adjacent strings, which gives the same result.
func quoted(mark byte) rule { return literalTo(string(mark), string(mark)) }

// escaped is the rule of a string in which a backslash escapes the next character.
func escaped(mark byte) rule {
	return func(text string) int {
		if text[0] != mark {
			return 0
		}
		return endOfEscaped(text, 1, mark)
	}
}

// endOfEscaped returns where a string with backslashes ends. Its content begins at the given place.
func endOfEscaped(text string, at int, mark byte) int {
	for ; at < len(text); at++ {
		switch text[at] {
		case '\\':
			at++
		case mark:
			return at + 1
		}
	}
	return len(text)
}

// continuation is what may separate two parts of one string in PostgreSQL: spaces and comments, with a
// line break. The second part is read like the first.
var continuation = matching(`(?:[ \t]|--[^\n\r]*)*[\n\r](?:[ \t\n\r]|--[^\n\r]*[\n\r])*'|'`)

// escapeString is the PostgreSQL string in which a backslash escapes the next character.
func escapeString(text string) int {
	if !strings.HasPrefix(text, "E'") && !strings.HasPrefix(text, "e'") {
		return 0
	}
	end := endOfEscaped(text, len("E'"), '\'')
	for {
		next := continuation(text[end:])
		if next == 0 {
			return end
		}
		end = endOfEscaped(text, end+next, '\'')
	}
}

var dollarTag = matching(`\$(?:[A-Za-z_\x{80}-\x{10FFFF}][A-Za-z0-9_\x{80}-\x{10FFFF}]*)?\$`)

// dollarQuoted is the PostgreSQL string between two equal tags.
func dollarQuoted(text string) int {
	tag := text[:dollarTag(text)]
	if tag == "" {
		return 0
	}
	return literalTo(tag, tag)(text)
}
