// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"errors"
	"maps"
	"os"
	"slices"
	"strconv"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/archive/postgres"
	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/dataloader/configmap"
	"github.com/seatplane/seatplane/internal/dataloader/guest"
	"github.com/seatplane/seatplane/internal/dataloader/httpjson"
	"github.com/seatplane/seatplane/internal/dataloader/kubernetes"
	promsource "github.com/seatplane/seatplane/internal/dataloader/prometheus"
	"github.com/seatplane/seatplane/internal/dataloader/seatassignments"
	"github.com/seatplane/seatplane/internal/dataloader/sql"
)

// loaderHandlers are what a loader process can do: query the sources outside the cluster, and write to archives.
var loaderHandlers = guest.Handlers{
	"sql":        sql.Handle,
	"http":       httpjson.Handle,
	"prometheus": promsource.Handle,
	postgres.Job: postgres.Handle,
}

// runsLoaders means that this program becomes a loader process when it is started as one.
var runsLoaders atomic.Bool

// RunLoaderIfAsked turns this process into a loader process if it was started as one, and then does not return.
// Otherwise, it returns at once. Call it first in main, and first in TestMain, before flags are parsed: an operator
// starts its own program again to read a source outside the cluster, with one argument.
func RunLoaderIfAsked() {
	if len(os.Args) == 2 && os.Args[1] == guest.Argument {
		guest.Main(loaderHandlers)
	}
	runsLoaders.Store(true)
}

// runner runs loads in other processes, and has metrics about them.
type runner interface {
	guest.Runner
	Collector() prometheus.Collector
}

// newRunner returns what runs the loader processes. Without a program that can be one, it refuses every load: a program
// that does not know its argument would do something else.
func newRunner(o LoaderOptions) runner {
	options := guest.ProcessOptions{Memory: o.Memory}
	if o.Program != "" {
		options.Command = []string{o.Program, guest.Argument}
	}
	process := guest.NewProcess(options)
	if o.Program == "" && !runsLoaders.Load() {
		return refuser{process}
	}
	return process
}

// refuser runs no loader process. Its metrics are those of one that never had to.
type refuser struct{ *guest.Process }

// Run implements guest.Runner.
func (refuser) Run(context.Context, guest.Job) (dataloader.Answer, error) {
	return dataloader.Answer{}, dataloader.Failf(dataloader.ReasonSourceError,
		"this operator cannot read sources outside the cluster, because its program does not run loader processes: "+
			"call operator.RunLoaderIfAsked first in its main function, or set Loaders.Program")
}

// newLoader returns the loader that reads seat counts. The runner reads sources outside the cluster.
// Sources that only read the API server are read in this process, without the cache.
func newLoader(mgr ctrl.Manager, o LoaderOptions, runner guest.Runner) dataloader.Loader {
	live := mgr.GetAPIReader()
	sources := dataloader.NewRegistry(
		sql.New(live, runner, sql.Options{SQLiteDir: o.SQLiteDir, Egress: o.egress()}),
		httpjson.New(live, runner, o.egress()),
		promsource.Provider{Live: live, Runner: runner, Policy: o.egress(), Clock: clock.RealClock{}},
		kubernetes.Provider{Live: live, Mapper: mgr.GetRESTMapper()},
		configmap.Provider{Live: live},
		seatassignments.Provider{Live: live},
	)
	if o.Count != nil {
		return counter{o.Count, sources}
	}
	return sources
}

// counter asks a function first, and then the sources.
type counter struct {
	count   CountFunc
	sources dataloader.Loader
}

var _ dataloader.Loader = counter{}

// Load implements dataloader.Loader.
func (c counter) Load(
	ctx context.Context, scope dataloader.Scope, spec *v1alpha1.DataLoader, request dataloader.Request,
) (dataloader.Answer, error) {
	product := types.NamespacedName{Namespace: scope.Namespace, Name: scope.Product}
	counts, err := c.count(ctx, product, slices.Clone(request.Keys))
	if ended := ctx.Err(); ended != nil {
		return dataloader.Answer{}, ended
	}
	if errors.Is(err, ErrAskSource) {
		return c.sources.Load(ctx, scope, spec, request)
	}
	if err != nil {
		return dataloader.Answer{}, dataloader.Failf(dataloader.ReasonSourceError, "%s", err)
	}
	answer := dataloader.Answer{Queries: 1, Rows: make([]dataloader.Row, 0, len(counts))}
	for _, key := range slices.Sorted(maps.Keys(counts)) {
		answer.Rows = append(answer.Rows, dataloader.Row{Key: key, Count: strconv.FormatInt(counts[key], 10)})
	}
	return answer, nil
}

// SourceName implements dataloader.Loader.
func (c counter) SourceName(spec *v1alpha1.DataLoader) string { return c.sources.SourceName(spec) }
