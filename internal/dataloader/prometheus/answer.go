// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package prometheus

import (
	"encoding/json"
	"net/http"
	"unicode/utf8"

	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/dataloader/egress"
)

// answer is what the API of Prometheus answers, version 1.
type answer struct {
	Status    string   `json:"status"`
	ErrorType string   `json:"errorType"`
	Error     string   `json:"error"`
	Warnings  []string `json:"warnings"`
	Data      struct {
		ResultType string          `json:"resultType"`
		Result     json.RawMessage `json:"result"`
	} `json:"data"`
}

// sample is one element of a vector. Its value is a pair: the time, and the number as a text.
type sample struct {
	Metric    map[string]string `json:"metric"`
	Value     []json.RawMessage `json:"value"`
	Histogram json.RawMessage   `json:"histogram"`
}

// rows takes the rows out of an answer. An error is a *dataloader.Failure.
func (s *source) rows(reply egress.Reply) ([]dataloader.Row, error) {
	var said answer
	isAnswer := utf8.Valid(reply.Body) && json.Unmarshal(reply.Body, &said) == nil && said.Status != ""
	if isAnswer && said.Status == "error" && reply.Status != http.StatusUnauthorized && reply.Status != http.StatusForbidden {
		return nil, s.refused(said)
	}
	if refused := s.endpoint.Refused(reply.Status); refused != nil {
		return nil, refused
	}
	switch {
	case !isAnswer || said.Status != "success":
		return nil, wrong("the answer is not one of Prometheus, or not all of it: check that url is the address before /api/v1")
	case len(said.Warnings) > 0:
		return nil, dataloader.Failf(dataloader.ReasonSourceError,
			"the answer may lack a part, for Prometheus warns: %s", s.endpoint.Scrub(said.Warnings[0]))
	case said.Data.ResultType != "vector":
		return nil, dataloader.Failf(dataloader.ReasonInvalidExpression,
			"the query yields something other than a vector (%s): write one such as sum by (%s) (…)",
			s.endpoint.Scrub(said.Data.ResultType), s.keyLabel)
	}
	return s.readVector(said.Data.Result)
}

// refused returns why Prometheus evaluated nothing. What it says is about the query, and needed to mend it.
func (s *source) refused(said answer) error {
	reason := dataloader.ReasonSourceError
	if said.ErrorType == "bad_data" {
		reason = dataloader.ReasonInvalidExpression
	}
	return dataloader.Failf(reason, "Prometheus does not answer the query: %s", s.endpoint.Scrub(said.Error))
}

func wrong(sentence string) error {
	return dataloader.Failf(dataloader.ReasonSourceError, "%s", sentence)
}

func (s *source) readVector(result json.RawMessage) ([]dataloader.Row, error) {
	var samples []sample
	if err := json.Unmarshal(result, &samples); err != nil || samples == nil {
		return nil, wrong("the answer is not one of Prometheus: its vector cannot be read")
	}
	if len(samples) > maxRows {
		return nil, dataloader.Failf(dataloader.ReasonSourceError,
			"the query yields more than %d samples: count in the query, with sum by (%s) (…)", maxRows, s.keyLabel)
	}
	rows := make([]dataloader.Row, 0, len(samples))
	unlabelled := 0
	for _, each := range samples {
		key, labelled := each.Metric[s.keyLabel]
		if !labelled || key == "" {
			// To Prometheus, a label that is empty and one that is not there are the same.
			unlabelled++
			rows = append(rows, dataloader.Row{NullKey: true, Count: each.count()})
			continue
		}
		rows = append(rows, dataloader.Row{Key: key, Count: each.count()})
	}
	if unlabelled > 0 && unlabelled == len(samples) {
		return nil, dataloader.Failf(dataloader.ReasonSourceError,
			"no sample of the answer has the label %q that keyLabel names: keep it in the query, as in sum by (%s) (…)", s.keyLabel, s.keyLabel)
	}
	return rows, nil
}

// count returns the number of a sample exactly as Prometheus wrote it; what is no number, in words.
func (s sample) count() string {
	var text string
	switch {
	case len(s.Histogram) > 0:
		return "a histogram"
	case len(s.Value) != 2 || json.Unmarshal(s.Value[1], &text) != nil:
		return "no value"
	}
	return text
}
