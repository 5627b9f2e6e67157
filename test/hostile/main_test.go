// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package hostile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader/guest"
	"github.com/seatplane/seatplane/internal/testing/playground"
	"github.com/seatplane/seatplane/internal/testing/suite"
)

const (
	// patience is how long anything may take that has no limit of its own, on a machine that is busy too.
	patience = 90 * time.Second
	// interval is how often a test looks.
	interval = 50 * time.Millisecond
	// promptly is how late an honest product's refresh may be, and how long the manager may take to stop,
	// whatever strangers do.
	promptly = 5 * time.Second
	// podMemory is the part of the pod that the manifests leave to the manager itself.
	podMemory = 1 << 30
)

// reachable are the flags that the attacks need to reach the servers of the tests, which are on the loopback
// and have no TLS. All other flags have their defaults.
var reachable = []string{
	"--loader-allowed-networks=127.0.0.0/8,::1/128", "--loader-allow-plain-http", "--loader-allow-plain-sql",
}

// One control plane for all tests. Each test has a manager and namespaces of its own.
var (
	ground  *playground.Playground
	cluster client.Client
	program string
)

// TestMain makes the test binary a loader process when it is started as one.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == guest.Argument {
		guest.Main(handlers)
	}
	suite.Main(func(folder string) (int, error) { return runSuite(m, folder) })
}

func runSuite(m *testing.M, folder string) (status int, err error) {
	if program, err = playground.Build(folder); err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	defer cancel()
	if ground, err = playground.Start(ctx, playground.Options{Memory: podMemory}); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, ground.Stop()) }()
	scheme := runtime.NewScheme()
	if err := errors.Join(corev1.AddToScheme(scheme), eventsv1.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		return 0, err
	}
	if cluster, err = client.New(ground.Plane.Config, client.Options{Scheme: scheme}); err != nil {
		return 0, err
	}
	return m.Run(), nil
}

// system is a manager that runs for one test.
type system struct {
	*testing.T

	manager *playground.Manager
	metrics string
	probes  string
}

// start starts a manager. When the test ends, the manager must still be the same process and healthy, and
// must stop in time, whatever is under way.
func start(t *testing.T, flags ...string) *system {
	t.Helper()
	metrics, err := playground.FreeAddress()
	if err != nil {
		t.Fatal(err)
	}
	probes, err := playground.FreeAddress()
	if err != nil {
		t.Fatal(err)
	}
	flags = append([]string{
		"--metrics-bind-address=" + metrics, "--metrics-secure=false", "--health-probe-bind-address=" + probes,
	}, flags...)
	manager, err := ground.StartManager(program, filepath.Join(t.TempDir(), "manager.log"), flags...)
	if err != nil {
		t.Fatal(err)
	}
	s := &system{T: t, manager: manager, metrics: "http://" + metrics + "/metrics", probes: "http://" + probes}
	t.Cleanup(s.end)
	s.eventually("the manager is ready", func(ctx context.Context) (bool, string) {
		_, err := get(ctx, s.probes+"/readyz")
		return err == nil, fmt.Sprint(err)
	})
	return s
}

// end requires what must hold at the end of every test, and removes the products, which would otherwise
// attack the manager of the next test.
func (s *system) end() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	s.requireHealthy(ctx)
	s.requireStops()
	if s.Failed() {
		s.Logf("the manager's log ended with\n%s", s.manager.LastWords())
	}
	if err := removeProducts(ctx); err != nil {
		s.Errorf("removing the products: %v", err)
	}
}

// requireHealthy requires that the manager that was started still runs and answers its probes.
func (s *system) requireHealthy(ctx context.Context) {
	s.Helper()
	if s.ended() {
		s.Error("the manager (process ", s.manager.PID(), ") has ended: a data source must only fail its own refresh")
		return
	}
	for _, probe := range []string{"/healthz", "/readyz"} {
		if _, err := get(ctx, s.probes+probe); err != nil {
			s.Errorf("the manager is not healthy: %v", err)
		}
	}
}

// requireStops ends the manager as a node does, and requires that it and its loaders are gone in time.
func (s *system) requireStops() {
	s.Helper()
	if s.ended() {
		return
	}
	asked := time.Now()
	if err := s.manager.Stop(); err != nil {
		s.Errorf("%v", err)
		_ = s.manager.Kill()
	}
	if took := time.Since(asked); took > promptly {
		s.Errorf("the manager took %s to stop after SIGTERM, longer than %s: no data source may hold it up", took, promptly)
	}
	if left := processesOf(program); len(left) > 0 {
		s.Errorf("processes of the manager are left after it stopped: %v", left)
	}
}

func (s *system) ended() bool {
	select {
	case <-s.manager.Exited():
		return true
	default:
		return false
	}
}

// processesOf returns the processes that run a program. Where the system does not list processes, there are
// none.
func processesOf(path string) []string {
	links, _ := filepath.Glob("/proc/[0-9]*/exe")
	var running []string
	for _, link := range links {
		if target, err := os.Readlink(link); err == nil && target == path {
			running = append(running, filepath.Base(filepath.Dir(link)))
		}
	}
	return running
}

// removeProducts removes every product. Nothing is loaded without one.
func removeProducts(ctx context.Context) error {
	var products v1alpha1.SeatProductList
	if err := cluster.List(ctx, &products); err != nil {
		return err
	}
	for i := range products.Items {
		if err := client.IgnoreNotFound(cluster.Delete(ctx, &products.Items[i])); err != nil {
			return err
		}
	}
	return nil
}

// namespace makes a namespace, and returns its name.
func (s *system) namespace(prefix string) string {
	s.Helper()
	namespace := &corev1.Namespace{}
	namespace.GenerateName = prefix + "-"
	s.create(namespace)
	return namespace.Name
}

func (s *system) create(objects ...client.Object) {
	s.Helper()
	for _, object := range objects {
		if err := cluster.Create(s.Context(), object); err != nil {
			s.Fatal(err)
		}
	}
}

// eventually waits until a condition holds; what it last said is why it does not. A manager that has ended
// ends the wait.
func (s *system) eventually(what string, holds func(context.Context) (bool, string)) {
	s.Helper()
	last := ""
	err := wait.PollUntilContextTimeout(s.Context(), interval, patience, true, func(ctx context.Context) (bool, error) {
		if s.ended() {
			return false, errors.New("the manager has ended")
		}
		done, now := holds(ctx)
		if ctx.Err() == nil {
			last = now
		}
		return done, nil
	})
	if err != nil {
		s.Fatalf("waiting until %s: %v; last: %s", what, err, last)
	}
}

// pause waits for a moment, or until the context ends.
func pause(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(interval):
	}
}

// get returns what an address answers with the status 200.
func get(ctx context.Context, url string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answers %s: %s", url, response.Status, strings.TrimSpace(string(body)))
	}
	return string(body), err
}
