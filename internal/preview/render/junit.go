// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package render

import (
	"encoding/xml"
	"fmt"

	"github.com/seatplane/seatplane/internal/preview"
)

// suite is a report as JUnit has it: a case for each thing that can fail.
type suite struct {
	XMLName  xml.Name   `xml:"testsuite"`
	Name     string     `xml:"name,attr"`
	Tests    int        `xml:"tests,attr"`
	Failures int        `xml:"failures,attr"`
	Skipped  int        `xml:"skipped,attr"`
	Cases    []testCase `xml:"testcase"`
}

type testCase struct {
	Class   string   `xml:"classname,attr"`
	Name    string   `xml:"name,attr"`
	Failure *message `xml:"failure,omitempty"`
	Skipped *message `xml:"skipped,omitempty"`
	Output  string   `xml:"system-out,omitempty"`
}

type message struct {
	Text string `xml:"message,attr"`
}

// JUnit writes a report as the results of tests: invalid manifests, refused changes and exceeded limits fail, what was not
// examined is skipped, and every change passes and says what it costs.
func JUnit(r *preview.Report) (string, error) {
	s := suite{Name: "seatplane preview"}
	fail := func(class, name, text string) {
		s.Failures++
		s.Cases = append(s.Cases, testCase{Class: class, Name: name, Failure: &message{text}})
	}
	for _, p := range r.Invalid {
		fail("manifest", p.Where, problemLine(p))
	}
	for _, p := range r.Refused {
		fail("change", p.Where, problemLine(p))
	}
	for i, text := range r.Limits {
		fail("limit", fmt.Sprintf("limit %d", i+1), text)
	}
	for _, p := range r.NotExamined {
		s.Skipped++
		s.Cases = append(s.Cases, testCase{Class: "change", Name: p.Where, Skipped: &message{problemLine(p)}})
	}
	for i := range r.Changes {
		c := &r.Changes[i]
		s.Cases = append(s.Cases, testCase{
			Class: "change", Name: c.Namespace + "/" + c.Name,
			Output: fmt.Sprintf("%s: %s %s due now, next invoice %s, a month %s → %s", what(c), signed(c.DueNow.Difference), c.Currency,
				c.NextInvoice.After, c.PerMonth.Before, c.PerMonth.After),
		})
	}
	for i := range r.Catalogue {
		e := &r.Catalogue[i]
		s.Cases = append(s.Cases, testCase{Class: "catalogue", Name: fmt.Sprint(e.Objects), Output: effectCounts(e)})
	}
	if len(s.Cases) == 0 {
		s.Cases = append(s.Cases, testCase{Class: "preview", Name: "no amount changes"})
	}
	s.Tests = len(s.Cases)
	text, err := xml.MarshalIndent(s, "", "  ")
	return xml.Header + string(text) + "\n", err
}
