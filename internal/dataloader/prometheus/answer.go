// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package prometheus

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/dataloader/document"
	"github.com/seatplane/seatplane/internal/dataloader/egress"
)

// maxRows bounds the samples that one refresh reads.
const maxRows = 1_000_000

// answer parses an answer of the Prometheus API, version 1.
type answer struct {
	endpoint *egress.Endpoint
	keyLabel string
}

// rows returns the rows of an answer. The error is a *dataloader.Failure.
func (a answer) rows(ctx context.Context, reply egress.Reply) ([]dataloader.Row, error) {
	read := vector{keyLabel: a.keyLabel}
	value, err := document.DecodeEach(ctx, document.Body{
		Bytes: reply.Body, ContentType: reply.Header.Get("Content-Type"), Scrub: a.endpoint.Scrub,
	}, document.Each{Path: []string{"data", "result"}, Handle: read.add})
	said, isObject := value.(map[string]any)
	denied := reply.Status == http.StatusUnauthorized || reply.Status == http.StatusForbidden
	if isObject && said["status"] == "error" && !denied {
		return nil, a.refused(said)
	}
	if refused := a.endpoint.Refused(reply.Status); refused != nil {
		return nil, refused
	}
	if err != nil {
		return nil, err
	}
	if err := a.check(said, reply.Header); err != nil {
		return nil, err
	}
	return read.finish()
}

// check refuses an answer that is not a complete vector.
func (a answer) check(said map[string]any, header http.Header) error {
	data, _ := said["data"].(map[string]any)
	if sentence := incomplete(said, data, header); sentence != "" {
		return fail("the answer may be incomplete: %s", a.endpoint.Scrub(sentence))
	}
	if said["status"] != "success" {
		return fail("the answer is not from the API of Prometheus: check that url is the address before /api/v1")
	}
	kind, _ := data["resultType"].(string)
	if kind != "vector" {
		return dataloader.Failf(dataloader.ReasonInvalidExpression,
			"the query yields a result of type %q instead of a vector: use a query such as sum by (%s) (…)",
			a.endpoint.Scrub(kind), a.keyLabel)
	}
	if _, isList := data["result"].([]any); !isList {
		return fail("the answer is not from the API of Prometheus: its vector cannot be read")
	}
	return nil
}

// refused returns why the server did not evaluate the query. Its text about a query that it cannot parse is
// needed to correct the query. Any other text can name series, and goes only to the operator's log.
func (a answer) refused(said map[string]any) error {
	sentence, _ := said["error"].(string)
	if said["errorType"] == "bad_data" {
		return dataloader.Failf(dataloader.ReasonInvalidExpression, "Prometheus rejected the query: %s", a.endpoint.Scrub(sentence))
	}
	failure := dataloader.Failf(dataloader.ReasonSourceError,
		"Prometheus could not evaluate the query (%s): run it there to see why, or look at the operator's log", errorType(said))
	failure.Detail = a.endpoint.Scrub(sentence)
	return failure
}

// errorType returns the kind of an error as Prometheus names it, or "unknown", because an untrusted
// server can write anything there.
func errorType(said map[string]any) string {
	kind, _ := said["errorType"].(string)
	if slices.Contains([]string{"timeout", "canceled", "execution", "internal", "unavailable", "not_found", "too_many_requests"}, kind) {
		return kind
	}
	return "unknown"
}

func fail(format string, arguments ...any) error {
	return dataloader.Failf(dataloader.ReasonSourceError, format, arguments...)
}

// informational is how Prometheus before 2.54 marks a remark about the query among the warnings. Newer
// versions have the list infos for remarks.
const informational = "PromQL info:"

// limited is the header that M3 sets if it omitted a part of an answer.
const limited = "M3-Results-Limited"

// markers are the members that servers set if an answer is incomplete, in lower case and without
// underscores. isPartial is specific to VictoriaMetrics.
var markers = map[string]bool{
	"ispartial": true, "partial": true, "partialresponse": true, "partialdata": true, "ispartialresponse": true,
	"incomplete": true, "isincomplete": true, "truncated": true, "istruncated": true, "limited": true, "islimited": true,
}

// incomplete returns what marks an answer as incomplete, or "".
func incomplete(said, data map[string]any, header http.Header) string {
	if status, _ := said["status"].(string); markers[strings.ToLower(status)] {
		return "its status is " + status
	}
	if header.Get(limited) != "" {
		return "it has the header " + limited
	}
	for _, members := range []map[string]any{said, data} {
		if name := marked(members); name != "" {
			return "it is marked as " + name
		}
	}
	return warning(said["warnings"])
}

// marked returns the name of a member that marks an answer as incomplete, or "". If there are several, it is
// the first by name, so that the sentence does not change from one refresh to the next.
func marked(members map[string]any) string {
	first := ""
	for name, value := range members {
		if !markers[strings.ToLower(strings.ReplaceAll(name, "_", ""))] || isNo(value) {
			continue
		}
		if first == "" || name < first {
			first = name
		}
	}
	return first
}

// isNo reports whether the value of a marker means that the answer is complete.
func isNo(value any) bool {
	switch value := value.(type) {
	case nil:
		return true
	case bool:
		return !value
	case string:
		return value == "" || strings.EqualFold(value, "false")
	case []any:
		return len(value) == 0
	case int64:
		return value == 0
	default:
		return false
	}
}

// warning returns the first warning that is not a remark about the query, or "". A warning of an unknown form
// counts too.
func warning(warnings any) string {
	if isNo(warnings) {
		return ""
	}
	list, ok := warnings.([]any)
	if !ok {
		return "the server warns about it"
	}
	for _, each := range list {
		text, ok := each.(string)
		if !ok {
			return "the server warns about it"
		}
		if !strings.HasPrefix(text, informational) {
			return "the server warns: " + text
		}
	}
	return ""
}
