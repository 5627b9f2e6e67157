// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Command metrics-docs prints the reference of the operator's metrics, from what the manager registers: their
// names, labels and sentences. `make generate` writes it to docs/reference/metrics.md.
package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/seatplane/seatplane/internal/admission"
	"github.com/seatplane/seatplane/internal/controller/seatproduct"
	"github.com/seatplane/seatplane/internal/controller/subscription"
	"github.com/seatplane/seatplane/internal/dataloader/guest"
	"github.com/seatplane/seatplane/internal/dataloader/queue"
)

const head = `<!-- Made by "make generate" from what the manager registers. Edit the sentences in the code. -->

# Reference of the metrics

The manager serves these at ` + "`/metrics`" + `, in addition to those of controller-runtime, client-go and Go. What they are good
for, and how to scrape them, is in [Metrics](../operations/metrics.md). A name that ends in ` + "`_total`" + ` is a counter,
one in ` + "`_duration_seconds`" + ` a histogram; the others are gauges.

| metric | labels | what it says |
|---|---|---|
`

// A description prints its name, its sentence and its labels, and has no other way to tell them.
var description = regexp.MustCompile(`^Desc\{fqName: "(seatplane_\w+)", help: "([^"]*)", .*variableLabels: \{([^}]*)\}`)

func main() {
	if err := write(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "metrics-docs:", err)
		os.Exit(1)
	}
}

func write(to io.Writer) error {
	rows := rowsOf(subscription.Metrics{}, seatproduct.NewMetrics(), &admission.Check{}, &queue.Queue{},
		guest.NewProcess(guest.ProcessOptions{}).Collector())
	_, err := io.WriteString(to, head+strings.Join(rows, ""))
	return err
}

// rowsOf returns the rows of our own metrics by their names.
func rowsOf(collectors ...prometheus.Collector) []string {
	descriptions := make(chan *prometheus.Desc)
	go func() {
		for _, each := range collectors {
			each.Describe(descriptions)
		}
		close(descriptions)
	}()
	byName := map[string]string{}
	for each := range descriptions {
		if found := description.FindStringSubmatch(each.String()); found != nil {
			labels := ""
			if found[3] != "" {
				labels = "`" + strings.ReplaceAll(found[3], ",", "`, `") + "`"
			}
			byName[found[1]] = fmt.Sprintf("| %#q | %s | %s |\n", found[1], labels, found[2])
		}
	}
	var rows []string
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		rows = append(rows, byName[name])
	}
	return rows
}
