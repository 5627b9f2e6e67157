// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package english

import "regexp"

// phrase is a way of saying something that readers stumble over.
type phrase struct {
	// pattern finds the phrase. A space in it stands for any space between words, also the end of a line.
	pattern string

	// instead says what to write.
	instead string

	// allowed are continuations of the phrase, or the word before it and the phrase, that are plain English.
	allowed []string
}

var phrases = []phrase{
	{
		pattern: `(?:there )?(?:is|are|was|were)(?: there)? no [a-z]+`,
		instead: "write \"is not a …\", \"are not …\" or \"there is no …\"",
		// "There is no row" is English, as is a comparison: "the count is no greater than the limit".
		allowed: []string{
			"there (?:is|are|was|were)", "(?:is|are|was|were) there",
			"no (?:longer|more|less|fewer|greater|higher|lower|later|earlier|older|different)",
		},
	},
	{pattern: `when left out`, instead: "write \"Defaults to …\""},
	{pattern: `when it is left out`, instead: "write \"Defaults to …\""},
	{pattern: `anew`, instead: "write \"again\""},
	{pattern: `at the moment`, instead: "write \"currently\" or \"yet\"", allowed: []string{"at the moment (?:that|of|when|at)"}},
	{pattern: `meanwhile`, instead: "write \"since then\" or say when"},
	{
		pattern: `(?:that|which|who) (?:went|came|goes|comes)`,
		instead: "write \"that was removed\" or \"that was added\"",
		// Something that really moves, or that follows in an order.
		allowed: []string{"(?:came|comes|goes) (?:from|to|with|after|before|first|through|on)", "(?:came|comes) (?:back|later|next)"},
	},
	{
		pattern: `(?:is|are|was|were|be|been) told`,
		instead: "write \"is described\", \"is recorded\" or \"is known\"",
		allowed: []string{"told (?:apart|that|to)"},
	},
	{pattern: `beside`, instead: "write \"next to\", \"together with\" or \"in addition to\""},
	{pattern: `mend(?:s|ed|ing)?`, instead: "write \"fix\""},
	{pattern: `an? (?:fall|rise)`, instead: "write \"a decrease\" or \"an increase\""},
	{pattern: `what the matter is`, instead: "write \"explains the problem\""},
	{pattern: `own time`, instead: "write \"event time\"", allowed: []string{"own time zones?"}},
	{pattern: `but for`, instead: "write \"except\""},
	{pattern: `has the operator`, instead: "write \"makes the operator …\" or \"lets the operator …\""},
	{pattern: `that which`, instead: "write \"what\""},
	{pattern: `takes? hold`, instead: "write \"takes effect\" or \"applies\""},
	{pattern: `for want of`, instead: "write \"because there is no …\""},
	{
		pattern: `(?:quantity|quantities|seats|units|count) (?:that (?:is|are|was|were) )?held`,
		instead: "write \"current quantity\": an update that waits for approval is held, a quantity is not",
	},
	{pattern: `as often as you can bear`, instead: "write what may be lost"},
	{
		pattern: `go(?:es)? on`,
		instead: "write \"continue\"",
		// Something that really is put onto something else, or that happens afterwards.
		allowed: []string{"go(?:es)? on (?:to|the|an?|this|that|each|top|separate)"},
	},
	{pattern: `whatever (?:the|its|their|his|an?|else|becomes?|became|comes?|came|is|it|they)`, instead: "write \"regardless of …\", \"any …\" or \"no matter how …\""},
	{pattern: `live[sd]? by`, instead: "write \"use\"", allowed: []string{"live by name"}},
	{pattern: `(?:say|says|tells?) of`, instead: "write \"say about\", \"report\" or \"describe\""},
	{pattern: `for ever`, instead: "write \"forever\" or \"permanently\""},
	{pattern: `up to when`, instead: "write \"until when\""},
	{pattern: `what (?:[a-z]+ ){1,3}(?:comes?|came) to`, instead: "write \"the result of …\" or \"what … costs\""},
	{pattern: `what (?:becomes?|became) of`, instead: "write \"the result of …\" or \"what happens to …\""},
	{pattern: `(?:that|which) (?:is|are) none`, instead: "write \"is not one\" or \"is not valid\""},
	{pattern: `in good order`, instead: "write \"cleanly\""},
	{pattern: `in clear`, instead: "write \"in clear text\"", allowed: []string{"in clear (?:text|language|terms|words|sentences)"}},
	{pattern: `made because of`, instead: "write \"created for\""},
	{pattern: `of one instant`, instead: "write \"at the same instant\""},
	{pattern: `of (?:this|that|the same) name`, instead: "write \"with this name\""},
	{pattern: `in the midst of`, instead: "write \"during\" or \"in the middle of\""},
	{pattern: `takes? up (?:that|what|the (?:result|answer))`, instead: "write \"records\" or \"processes\""},
	{pattern: `there or not`, instead: "write \"whether it exists or not\""},
	{pattern: `there twice`, instead: "write \"duplicated\" or \"appears twice\""},
	{pattern: `of which (?:only|everything|something|it|is)`, instead: "write \"whose …\", or begin another sentence"},
	{pattern: `an? [a-z]+ of (?:yours|ours)`, instead: "write \"your own …\""},
	{pattern: `as they come`, instead: "write \"as they happen\" or \"as they finish\"", allowed: []string{"as they come from"}},
	{pattern: `(?:documents?|notes?|invoices?) over [0-9]+`, instead: "write \"for 12.50\" or \"of 12.50\""},
	{
		pattern: `(?:un)?labelled|cancelled|cancelling|towards|whilst|normalise[sd]?|behaviours?|colours?|favours?`,
		instead: "use American spelling, as Kubernetes does",
	},
}

// compiled is a phrase that can be looked for.
type compiled struct {
	phrase
	found, allowed *regexp.Regexp
}

// gap is what separates words: also the end of a line, of a comment or of a quotation.
const gap = `[\s/#*>]+`

// compile makes phrases ready to be looked for.
func compile(phrases []phrase) []compiled {
	var ready []compiled
	for _, p := range phrases {
		each := compiled{phrase: p, found: form(p.pattern)}
		if len(p.allowed) > 0 {
			each.allowed = form(anyOf(p.allowed))
		}
		ready = append(ready, each)
	}
	return ready
}
