// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package httpjson

import (
	"net/http"
	"strings"
)

// headers returns a header as expressions see it: names in lower case, and multiple values of a name joined
// by a comma, as in RFC 9110.
func headers(header http.Header) map[string]string {
	all := make(map[string]string, len(header))
	for name, values := range header {
		all[strings.ToLower(name)] = strings.Join(values, ", ")
	}
	return all
}

// links returns the URLs of the Link header (RFC 8288), indexed by their relation in lower case, such as
// "next". The first link of a relation counts.
func links(header http.Header) map[string]string {
	all := map[string]string{}
	for _, link := range split(strings.Join(header.Values("Link"), ","), ',') {
		parts := split(link, ';')
		address, opened := strings.CutPrefix(parts[0], "<")
		address, closed := strings.CutSuffix(address, ">")
		if !opened || !closed {
			continue
		}
		for _, name := range strings.Fields(strings.ToLower(relation(parts[1:]))) {
			if _, known := all[name]; !known {
				all[name] = address
			}
		}
	}
	return all
}

// relation returns the value of the first parameter rel.
func relation(parameters []string) string {
	for _, parameter := range parameters {
		name, value, _ := strings.Cut(parameter, "=")
		if strings.EqualFold(strings.TrimSpace(name), "rel") {
			return strings.Trim(strings.TrimSpace(value), `"`)
		}
	}
	return ""
}

// split splits a text at a separator that is neither within quotation marks nor within angle brackets, and
// trims the parts.
func split(text string, separator byte) []string {
	var parts []string
	begin, quoted, bracketed := 0, false, false
	for n := 0; n < len(text); n++ {
		switch c := text[n]; {
		case quoted && c == '\\':
			n++
		case c == '"' && !bracketed:
			quoted = !quoted
		case quoted:
		case c == '<' || c == '>':
			bracketed = c == '<'
		case c == separator && !bracketed:
			parts = append(parts, strings.TrimSpace(text[begin:n]))
			begin = n + 1
		}
	}
	return append(parts, strings.TrimSpace(text[begin:]))
}

// namesNextPage reports whether a header says that there is a next page.
func namesNextPage(header http.Header) bool {
	_, named := links(header)["next"]
	return named
}
