// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/seatplane/seatplane/internal/manifests"
	"github.com/seatplane/seatplane/internal/offline"
	"github.com/seatplane/seatplane/internal/picture"
	"github.com/seatplane/seatplane/internal/simulation"
	"github.com/seatplane/seatplane/internal/snapshot"
)

// simulating are the flags of simulate.
type simulating struct {
	files                          []string
	against, until, from, scripted string
	output                         *Output
}

// newSimulate returns the command that shows what will be invoiced.
func newSimulate(o *Options) *cobra.Command {
	s := &simulating{}
	cmd := &cobra.Command{
		Use:   "simulate [SUBSCRIPTION...] -f DIR|--against cluster|SNAPSHOT --until DATE",
		Short: "See every invoice until a date",
		Long: "See every invoice until a date: renewals, ends of trials, scheduled changes and cancellations. Nothing is written.\n\n" +
			"The subscriptions come from manifests (-f), or from the cluster or a snapshot (--against). With both, the\n" +
			"manifests are applied first. A script describes what else happens: counts of seats, and manifests that are\n" +
			"applied later. Counts stay the same unless the script changes them.",
		Example: "  # The next twelve months of the manifests in a directory\n" +
			"  kubectl seatplane simulate -f manifests/ --until 2027-12-31\n\n" +
			"  # One subscription of the cluster, as a picture\n" +
			"  kubectl seatplane simulate acme --against cluster --until 2027-12-31 -o svg >acme.svg\n\n" +
			"  # With what you expect to happen\n" +
			"  kubectl seatplane simulate --against snapshot.json --until 2027-12-31 --script growth.yaml",
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: o.completeNames("subscriptions"),
		RunE:              func(cmd *cobra.Command, args []string) error { return s.run(cmd.Context(), o, args) },
	}
	flags := cmd.Flags()
	flags.StringArrayVarP(&s.files, "filename", "f", nil, "manifests: a file, a directory with everything below it, or - for the standard input; can be repeated")
	flags.StringVar(&s.against, "against", "", "where the subscriptions come from: cluster, a snapshot, or a directory of manifests")
	flags.StringVar(&s.until, "until", "", "the last instant: a date such as 2027-12-31, or 2027-12-31T12:00:00Z")
	flags.StringVar(&s.from, "from", "", "the first instant (default: now, or the time of the snapshot)")
	flags.StringVar(&s.scripted, "script", "", "a YAML file that describes what else happens")
	s.output = AddOutput(cmd, formatCSV, formatSVG, formatHTML)
	return cmd
}

func (s *simulating) run(ctx context.Context, o *Options, only []string) error {
	format, err := s.output.Format()
	if err != nil {
		return err
	}
	result, err := s.result(ctx, o, only)
	if err != nil {
		return err
	}
	switch format {
	case formatCSV:
		return o.write(result.CSV)
	case formatSVG:
		return o.write(func() (string, error) { return picture.SVG(result.Picture()), nil })
	case formatHTML:
		return o.write(result.HTML)
	default:
		return s.output.Print(o, result, result.Text)
	}
}

// span reads the flags about time. from is zero where it was not given.
func (s *simulating) span() (from, until time.Time, err error) {
	if s.until == "" {
		return from, until, Fail(Failed, "there is no end: set the last day with --until")
	}
	if until, err = simulation.ParseInstant(s.until); err != nil {
		return from, until, Fail(Failed, "--until: %w", err)
	}
	if s.from != "" {
		if from, err = simulation.ParseInstant(s.from); err != nil {
			return from, until, Fail(Failed, "--from: %w", err)
		}
	}
	return from, until, nil
}

func (s *simulating) result(ctx context.Context, o *Options, only []string) (*simulation.Result, error) {
	if len(s.files) == 0 && s.against == "" {
		return nil, Fail(Failed, "there is nothing to simulate: choose manifests with -f, or a snapshot or the cluster with --against")
	}
	from, until, err := s.span()
	if err != nil {
		return nil, err
	}
	schemas, err := manifests.LoadSchemas()
	if err != nil {
		return nil, err
	}
	w := world{options: o, schemas: schemas, namespace: o.namespace()}
	documents, err := o.manifests(s.files)
	if err != nil {
		return nil, err
	}
	if len(s.files) > 0 && len(documents) == 0 {
		return nil, noManifests(s.files)
	}
	began, script, err := s.world(ctx, &w, documents, from)
	if err != nil {
		return nil, err
	}
	if !until.After(began.Time) {
		return nil, Fail(Failed, "--until %s is not after %s, when the simulation begins: choose a later date", s.until, began.Time.Format(time.RFC3339))
	}
	later, err := s.script(ctx, &w)
	if err != nil {
		return nil, err
	}
	progress := o.NewProgress("simulating subscriptions")
	defer progress.End()
	result, err := simulation.Run(ctx, began, simulation.Options{
		Until: until, Script: script.Then(later), Schemas: schemas, Only: only, Progress: progress.At,
	})
	if _, wrong := errors.AsType[*simulation.ScriptError](err); wrong {
		return nil, &Error{Code: Refused, Err: err}
	}
	return &result, err
}

// script reads the script; an empty one where there is none.
func (s *simulating) script(ctx context.Context, w *world) (simulation.Script, error) {
	if s.scripted == "" {
		return simulation.Script{}, nil
	}
	text, err := os.ReadFile(s.scripted)
	if s.scripted == manifests.Stdin {
		text, err = io.ReadAll(w.options.In)
	}
	if err != nil {
		return simulation.Script{}, Fail(Failed, "the script %s cannot be read: check --script", s.scripted)
	}
	script, err := simulation.ParseScript(ctx, w.schemas, s.scripted, text, w.namespace)
	if err != nil {
		return simulation.Script{}, Fail(Refused, "%w", err)
	}
	return script, nil
}

// world reads the subscriptions that the simulation begins with, and the manifests that are applied at its beginning.
func (s *simulating) world(ctx context.Context, w *world, documents []manifests.Document, from time.Time) (simulation.World, simulation.Script, error) {
	var source *offline.Source
	var applied []manifests.Document
	var err error
	now := w.options.Now().UTC().Truncate(time.Second)
	if !from.IsZero() {
		now = from
	}
	done := func() {}
	switch s.against {
	case "":
		begun, fresh := simulation.Split(documents, now, w.namespace)
		applied = fresh
		source, err = offline.FromManifests(ctx, "the manifests", w.schemas, begun, w.namespace, now)
		if err != nil {
			err = &Error{Code: Refused, Err: err}
		}
	case againstCluster:
		source, err = w.cluster(ctx, now)
		applied = documents
	default:
		source, done, err = w.source(ctx, s.against, now)
		applied = documents
	}
	if err != nil {
		return simulation.World{}, simulation.Script{}, err
	}
	defer done()
	if from.IsZero() {
		now = source.Time
	}
	cases, err := collect(ctx, source)
	if err != nil {
		return simulation.World{}, simulation.Script{}, failed(err)
	}
	script, err := simulation.FromManifests(ctx, w.schemas, applied, w.namespace, now)
	if err != nil {
		return simulation.World{}, simulation.Script{}, Fail(Refused, "%w", err)
	}
	return simulation.World{Source: source.Name, Time: now, Catalogue: source.Catalogue, Cases: cases}, script, nil
}

// cluster reads the namespace of the flags.
func (w *world) cluster(ctx context.Context, now time.Time) (*offline.Source, error) {
	c, err := w.options.Connect()
	if err != nil {
		return nil, err
	}
	return snapshot.Cluster(ctx, c, c.Namespace, now)
}

// collect reads all subscriptions of a source, with the invoices of their predecessors.
func collect(ctx context.Context, source *offline.Source) ([]offline.Case, error) {
	var cases []offline.Case
	var mu sync.Mutex
	err := source.Each(ctx, func(of offline.Case) error {
		earlier, err := source.EarlierOf(ctx, of.Subscription)
		if err != nil {
			return fmt.Errorf("read the invoices before Subscription %q: %w", of.Subscription.Name, err)
		}
		of.Earlier = earlier
		mu.Lock()
		defer mu.Unlock()
		cases = append(cases, of)
		return nil
	})
	return cases, err
}
