// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatplane/seatplane/internal/manifests"
	"github.com/seatplane/seatplane/internal/offline"
	"github.com/seatplane/seatplane/internal/preview"
	"github.com/seatplane/seatplane/internal/preview/render"
	"github.com/seatplane/seatplane/internal/snapshot"
)

// againstCluster is the value of --against for the cluster that the connection flags select.
const againstCluster = "cluster"

// previewing are the flags of preview.
type previewing struct {
	files       []string
	against, at string
	maxIncrease string
	maxDue      []string
	failIf      []string
	exitCode    bool
	output      *Output
}

// newPreview returns the command that shows what manifests would cost.
func newPreview(o *Options) *cobra.Command {
	p := &previewing{}
	cmd := &cobra.Command{
		Use:   "preview -f FILE|DIR [--against cluster|DIR|SNAPSHOT]",
		Short: "See what manifests would cost before you apply them",
		Long: "See what manifests would cost before you apply them: what is due now, the next invoice, and what recurs.\n\n" +
			"The manifests are checked as the API server would check them, with the same messages. Admission policies, quotas\n" +
			"and rights are not checked. Then every subscription that the manifests affect is computed twice, as it is and as it\n" +
			"would be. A manifest is the whole spec of its object.\n\n" +
			"With two directories, objects that are only in the second one are removed. In all other cases, objects that are\n" +
			"not in the manifests stay. Kustomize is not run: pipe the output of kubectl kustomize into -f -.\n\n" +
			"Exit codes: 0 nothing changes, 1 the command failed, 2 a manifest is invalid or would be refused, 3 an amount\n" +
			"changes, 4 a limit is exceeded.",
		Example: "  # What a branch would cost, against the cluster\n" +
			"  kubectl seatplane preview -f manifests/\n\n" +
			"  # The same without access to the cluster, as a comment on a pull request\n" +
			"  kubectl seatplane preview -f manifests/ --against snapshot.json -o markdown\n\n" +
			"  # Fail if the recurring amount rises by more than 20 percent, or if more than 500.00 is due at once\n" +
			"  kubectl seatplane preview -f manifests/ --max-increase-percent 20 --max-due 500.00",
		Args: arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error { return p.run(cmd.Context(), o) },
	}
	flags := cmd.Flags()
	flags.StringArrayVarP(&p.files, "filename", "f", nil, "manifests: a file, a directory with everything below it, or - for the standard input; can be repeated")
	flags.StringVar(&p.against, "against", againstCluster, "what to compare with: cluster, a directory of manifests, or a snapshot")
	flags.StringVar(&p.at, "at", "", "the instant to compute at, such as 2026-04-16T00:00:00Z (default: now, or the time of the snapshot)")
	flags.StringVar(&p.maxIncrease, "max-increase-percent", "", "the largest allowed rise of the recurring amount of existing subscriptions, in each currency, in percent")
	flags.StringArrayVar(&p.maxDue, "max-due", nil, "the largest amount that may be due now: 500.00 in every currency, or EUR=500.00; can be repeated")
	flags.StringArrayVar(&p.failIf, "fail-if", nil, "a CEL expression over the report that must not be true; can be repeated")
	flags.BoolVar(&p.exitCode, "exit-code", true, "end with code 2, 3 or 4 depending on the result; with false, end with 0 unless the command fails")
	p.output = AddOutput(cmd, render.Formats()[3:]...)
	return cmd
}

func (p *previewing) run(ctx context.Context, o *Options) error {
	format, err := p.output.Format()
	if err != nil {
		return err
	}
	if len(p.files) == 0 {
		return Fail(Failed, "there is nothing to preview: choose manifests with -f")
	}
	limits, err := preview.NewLimits(p.maxIncrease, p.maxDue, p.failIf)
	if err != nil {
		return Fail(Failed, "%w", err)
	}
	report, err := p.report(ctx, o)
	if err != nil {
		return err
	}
	if err := limits.Apply(&report); err != nil {
		return Fail(Failed, "%w", err)
	}
	text, err := render.Render(format, &report)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(o.Out, text); err != nil {
		return err
	}
	if !p.exitCode {
		return nil
	}
	return EndWith(codeOfPreview(report.Result))
}

// codeOfPreview is the exit code for a result.
func codeOfPreview(result preview.Result) Code {
	switch result {
	case preview.Unchanged:
		return Done
	case preview.Rejected:
		return Refused
	case preview.LimitExceeded:
		return LimitExceeded
	default:
		return MoneyChanges
	}
}

func (p *previewing) report(ctx context.Context, o *Options) (preview.Report, error) {
	now := o.Now()
	if p.at != "" {
		at, err := time.Parse(time.RFC3339, p.at)
		if err != nil {
			return preview.Report{}, Fail(Failed, "%q is not an instant: write one such as 2026-04-16T00:00:00Z", p.at)
		}
		now = at
	}
	documents, err := o.manifests(p.files)
	if err != nil {
		return preview.Report{}, err
	}
	whole := manifests.IsDirectory(p.against) && len(p.files) == 1 && manifests.IsDirectory(p.files[0])
	if len(documents) == 0 && !whole {
		return preview.Report{}, noManifests(p.files)
	}
	schemas, err := manifests.LoadSchemas()
	if err != nil {
		return preview.Report{}, err
	}
	w := world{options: o, schemas: schemas, documents: documents, namespace: o.namespace()}
	source, done, err := w.source(ctx, p.against, now)
	if err != nil {
		return preview.Report{}, err
	}
	defer done()
	made := time.Time{}
	if !source.Time.Equal(now) {
		made = o.Now() // the state is of another time than the report
	}
	if p.at == "" && source.Time.Before(now) && p.against != againstCluster {
		now = source.Time
	}
	progress := o.NewProgress("examining subscriptions")
	defer progress.End()
	// The objects of a subscription become garbage at once. Collecting it less often saves time and costs little memory.
	defer debug.SetGCPercent(debug.SetGCPercent(seldom))
	return preview.Compare(ctx, schemas, watched(source, progress), documents, preview.Options{
		Now: metav1.NewTime(now.UTC().Truncate(time.Second)), Made: made, Namespace: w.namespace,
		Whole: whole,
	})
}

// manifests reads the manifests of the flag -f.
func (o *Options) manifests(files []string) ([]manifests.Document, error) {
	var documents []manifests.Document
	for _, file := range files {
		read, err := manifests.Read(file, o.In)
		if _, missing := errors.AsType[*manifests.UnreadableError](err); missing {
			return nil, failed(err)
		}
		if err != nil {
			return nil, Fail(Refused, "%w", err)
		}
		documents = append(documents, read...)
	}
	return documents, nil
}

// noManifests is the error for files without a manifest. It is not the same as no change: the command that should have
// written them has probably failed.
func noManifests(files []string) error {
	return Fail(Failed, "there are no manifests in %s: check -f, and the command that writes them", strings.Join(files, ", "))
}

// seldom is how much the heap grows before garbage is collected, in percent of what is in use.
const seldom = 400

// progressStep is the number of subscriptions between two updates of the progress.
const progressStep = 100

// watched is a source that reports the progress of its subscriptions.
func watched(source *offline.Source, progress *Progress) *offline.Source {
	counting := *source
	var count atomic.Int64
	var mu sync.Mutex
	counting.Each = func(ctx context.Context, do func(offline.Case) error) error {
		return source.Each(ctx, func(of offline.Case) error {
			err := do(of)
			if done := count.Add(1); done%progressStep == 0 {
				mu.Lock()
				defer mu.Unlock()
				progress.At(int(done), 0)
			}
			return err
		})
	}
	return &counting
}

// world is what a command computes with, when it is not the cluster alone.
type world struct {
	options   *Options
	schemas   *manifests.Schemas
	documents []manifests.Document
	// namespace is that of manifests that name none.
	namespace string
}

// source opens the source to compare with. Call done after reading it.
func (w *world) source(ctx context.Context, against string, now time.Time) (source *offline.Source, done func(), err error) {
	done = func() {}
	switch {
	case against == againstCluster:
		cluster, err := w.options.Connect()
		if err != nil {
			return nil, done, err
		}
		source, err = snapshot.Cluster(ctx, cluster, w.clusterNamespace(), now)
		return source, done, err
	case manifests.IsDirectory(against):
		source, err = w.declared(ctx, against, now)
		return source, done, err
	}
	file, err := os.Open(against)
	if err != nil {
		return nil, done, Fail(Failed, "%q is not a file or directory: set --against to a snapshot, a directory of manifests, or the word cluster", against)
	}
	done = func() { _ = file.Close() }
	buffered := bufio.NewReaderSize(file, 1<<20)
	if beginning, _ := buffered.Peek(512); !snapshot.Is(beginning) {
		source, err = w.declared(ctx, against, now)
		return source, done, err
	}
	source, err = snapshot.Read(against, buffered)
	return source, done, failed(err)
}

// declared reads manifests to compare with.
func (w *world) declared(ctx context.Context, path string, now time.Time) (*offline.Source, error) {
	documents, err := manifests.Read(path, w.options.In)
	if err != nil {
		return nil, failed(err)
	}
	if len(documents) == 0 && !manifests.IsDirectory(path) {
		return nil, Fail(Failed, "%q has no manifests and is not a snapshot: check --against, and the command that writes the file", path)
	}
	source, err := offline.FromManifests(ctx, fmt.Sprintf("the manifests in %s", path), w.schemas, documents, w.namespace, now)
	return source, failed(err)
}

// failed gives an error the code of a command that could not do its work.
func failed(err error) error {
	if err == nil {
		return nil
	}
	return &Error{Code: Failed, Err: err}
}

// clusterNamespace is the namespace of the manifests; "" for all namespaces, if the manifests have several or none.
func (w *world) clusterNamespace() string {
	namespaces := map[string]bool{}
	for _, d := range w.documents {
		gvk := d.Object.GroupVersionKind()
		if !w.schemas.IsOurs(gvk) {
			continue
		}
		if !w.schemas.IsNamespaced(gvk) {
			return ""
		}
		namespace := d.Object.GetNamespace()
		if namespace == "" {
			namespace = w.namespace
		}
		namespaces[namespace] = true
	}
	if len(namespaces) != 1 {
		return ""
	}
	for namespace := range namespaces {
		return namespace
	}
	return ""
}

// namespace is that of the connection flags; "default" without a cluster.
func (o *Options) namespace() string {
	if o.Flags.Namespace != nil && *o.Flags.Namespace != "" {
		return *o.Flags.Namespace
	}
	namespace, _, err := o.Flags.ToRawKubeConfigLoader().Namespace()
	if err != nil || namespace == "" {
		return metav1.NamespaceDefault
	}
	return namespace
}
