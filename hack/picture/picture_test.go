// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// demo is the shape of what the demo prints.
const demo = `
── 16 April: users join ───

sql> INSERT INTO users VALUES ('a & b');

$ kubectl get subscriptionupdates
NAME                SUMMARY         ADJUSTMENT   AGE
acme-7852wdwbn3jt   editors 2 → 7   31.25        0s
acme-r1v9jrd7jqc2   editors 0 → 2   0.00         2s

── 1 May: the renewal ───

$ kubectl get invoices
NAME                 REASON    TOTAL
acme-b62hsp-000002   Renewal   118.75
globex-6s-000001     Initial   62.50

── How the figures came about ───

SubscriptionUpdate acme-7852wdwbn3jt, editors 2 → 7:
  - 5 seats added
`

func TestExcerpt(t *testing.T) {
	lines, err := excerpt(demo)
	if err != nil {
		t.Fatal(err)
	}
	drawn := draw(lines)
	for _, want := range []string{"&amp; b", "31.25", "5 seats added", "118.75"} {
		if !strings.Contains(drawn, want) {
			t.Errorf("the picture does not show %q", want)
		}
	}
	for _, unwanted := range []string{"0 → 2", "globex-6s"} {
		if strings.Contains(drawn, unwanted) {
			t.Errorf("the picture shows %q, which is not to the point", unwanted)
		}
	}
	for decoder := xml.NewDecoder(strings.NewReader(drawn)); ; {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

func TestAMissingSceneIsSaid(t *testing.T) {
	_, err := excerpt(strings.Replace(demo, "$ kubectl get invoices", "$ kubectl get nothing", 1))
	if err == nil || !strings.Contains(err.Error(), "kubectl get invoices") {
		t.Errorf("got %v, want an error that names what is missing", err)
	}
}

func TestCheck(t *testing.T) {
	for name, c := range map[string]struct {
		reason   string
		old, new string
		fails    bool
	}{
		"another run":    {"hashes and ages differ from run to run", "acme-7852wdwbn3jt", "acme-1f7j0cm734f1", false},
		"another age":    {"the same", "0s", "13s", false},
		"another amount": {"the picture would lie", "31.25", "31.26", true},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "picture.svg")
			if err := run(strings.NewReader(demo), []string{path}, write); err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(path); err != nil {
				t.Fatal(err)
			}
			err := run(strings.NewReader(strings.ReplaceAll(demo, c.old, c.new)), []string{path}, compare)
			if (err != nil) != c.fails {
				t.Errorf("%s: got %v", c.reason, err)
			}
		})
	}
}
