// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package seatplanetest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/controller-runtime/pkg/log"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/seatplane/seatplane/internal/controller/testclock"
	"github.com/seatplane/seatplane/internal/testing/controlplane"
	"github.com/seatplane/seatplane/operator"
)

// plane is the control plane and the operator of this process.
type plane struct {
	// running is kept, because the control plane ends when nothing refers to it.
	running *controlplane.Running
	config  *rest.Config
	live    client.Client
	clocks  *testclock.Reconciler
	counts  counts
	said    *said
	// namespaces is how many were created.
	namespaces atomic.Int64
	// ended is closed when the operator has ended, for the reason in err.
	ended chan struct{}
	err   error
}

// shared starts the plane of this process, once.
var shared = sync.OnceValues(start)

func start() (*plane, error) {
	assets, err := findAssets()
	if err != nil {
		return nil, err
	}
	p := &plane{said: &said{}, ended: make(chan struct{})}
	log.SetLogger(p.said.logger())
	running, err := controlplane.Launch(controlplane.Options{Assets: assets})
	if err != nil {
		return nil, err
	}
	p.running = running
	if err := running.InstallCRDs(); err != nil {
		return nil, errors.Join(err, running.Stop())
	}
	if err := p.run(running.Config); err != nil {
		return nil, errors.Join(err, running.Stop())
	}
	return p, nil
}

// run starts the operator.
func (p *plane) run(config *rest.Config) error {
	options := operator.Options{
		Metrics: prometheus.NewRegistry(),
		Loaders: operator.LoaderOptions{Count: p.counts.answer},
	}
	managerOptions := operator.ManagerOptions(options)
	managerOptions.Metrics = metricsserver.Options{BindAddress: "0"}
	managerOptions.Logger = p.said.logger()
	mgr, err := ctrl.NewManager(config, managerOptions)
	if err != nil {
		return fmt.Errorf("make the manager: %w", err)
	}
	ctx := context.Background() // The operator ends with the process.
	if err := operator.AddToManager(ctx, mgr, options); err != nil {
		return err
	}
	live, err := client.New(config, client.Options{Scheme: mgr.GetScheme()})
	if err != nil {
		return fmt.Errorf("make the client: %w", err)
	}
	p.config, p.live = config, live
	p.clocks = &testclock.Reconciler{Client: mgr.GetClient(), Live: mgr.GetAPIReader()}
	go func() {
		p.err = mgr.Start(ctx)
		close(p.ended)
	}()
	if !mgr.GetCache().WaitForCacheSync(ctx) {
		return errors.New("the caches of the operator did not sync")
	}
	return nil
}

// findAssets returns the folder of the control plane's binaries: the one that KUBEBUILDER_ASSETS names, or that of
// Seatplane's own repository, or the newest that setup-envtest has stored.
func findAssets() (string, error) {
	dir, err := controlplane.Assets()
	if err == nil {
		return dir, nil
	}
	if named := os.Getenv(controlplane.AssetsEnv); named != "" {
		return "", fmt.Errorf("%s is %s, which has no etcd, kube-apiserver and kubectl: %s", controlplane.AssetsEnv, named, howToGetThem)
	}
	store, err := envtest.SetupEnvtestDefaultBinaryAssetsDirectory()
	if err != nil {
		return "", fmt.Errorf("find the binaries of setup-envtest: %w", err)
	}
	if dir := newestIn(store); dir != "" {
		return dir, nil
	}
	return "", fmt.Errorf("found no etcd and kube-apiserver: %s", howToGetThem)
}

// howToGetThem is what to do without binaries.
const howToGetThem = "run `go run sigs.k8s.io/controller-runtime/tools/setup-envtest@latest use`, which stores them where they " +
	"are found, or set " + controlplane.AssetsEnv + " to a folder that has them"

// newestIn returns the folder of the newest version in the store of setup-envtest, or "". Folders are named
// 1.36.0-linux-amd64.
func newestIn(store string) string {
	folders, err := filepath.Glob(filepath.Join(store, "*", "kube-apiserver"))
	if err != nil || len(folders) == 0 {
		return ""
	}
	newest := slices.MaxFunc(folders, func(a, b string) int { return slices.Compare(versionOf(a), versionOf(b)) })
	return filepath.Dir(newest)
}

// versionOf returns the numbers of a path such as …/1.36.0-linux-amd64/kube-apiserver.
func versionOf(binary string) []int {
	text, _, _ := strings.Cut(filepath.Base(filepath.Dir(binary)), "-")
	var numbers []int
	for part := range strings.SplitSeq(text, ".") {
		number := 0
		if _, err := fmt.Sscanf(part, "%d", &number); err != nil {
			return nil
		}
		numbers = append(numbers, number)
	}
	return numbers
}
