// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/playground"
	"github.com/seatplane/seatplane/internal/testing/suite"
)

// One system for all tests: each has a namespace of its own.
var (
	ground  *playground.Playground
	cluster client.WithWatch
	// metricsURL is where the manager serves its metrics.
	metricsURL string
)

func TestMain(m *testing.M) {
	suite.Main(func(folder string) (int, error) { return runSuite(m, folder) })
}

// runSuite starts the system, runs the tests, and stops it: a manager that does not stop in good order
// when it is asked to (SIGTERM, exit status 0) fails the suite.
func runSuite(m *testing.M, folder string) (int, error) {
	manager, err := playground.Build(folder)
	if err != nil {
		return 0, err
	}
	if err := playground.BuildPlugin(folder); err != nil {
		return 0, err
	}
	address, err := playground.FreeAddress()
	if err != nil {
		return 0, err
	}
	metricsURL = "http://" + address + "/metrics"
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	ground, err = playground.Start(ctx, playground.Options{
		Manager:     manager,
		Audited:     true,
		Controllers: true,
		Args: []string{
			"--leader-elect", "--leader-election-namespace=" + playground.Namespace,
			"--metrics-bind-address=" + address, "--metrics-secure=false",
			"--loader-allowed-networks=127.0.0.0/8,::1/128", "--loader-allow-plain-http", "--loader-allow-plain-sql",
			"--sink-allowed-networks=127.0.0.0/8", "--sink-allow-plain-http",
			// The rights are those that every event needs.
			"--events=All",
			// What is logged for developers is shown to people too.
			"--zap-log-level=debug",
		},
	})
	if err != nil {
		return 0, err
	}
	if cluster, err = newClient(); err != nil {
		return 0, errors.Join(err, ground.Stop())
	}
	watching, stopWatching := context.WithCancel(context.Background())
	defer stopWatching()
	if err := watchReadings(watching, cluster); err != nil {
		return 0, errors.Join(err, ground.Stop())
	}
	status := m.Run()
	fmt.Println(reportAgreement())
	if err := checkRights(context.Background()); err != nil {
		status = 1
		fmt.Fprintln(os.Stderr, "FAIL:", err)
	}
	words := ground.Manager.LastWords()
	if err := ground.Stop(); err != nil {
		return 1, fmt.Errorf("%w; the manager's log ended with\n%s", err, words)
	}
	if status != 0 {
		fmt.Fprintf(os.Stderr, "The manager's log ended with\n%s\n", words)
	}
	return status, nil
}

func newClient() (client.WithWatch, error) {
	scheme := runtime.NewScheme()
	if err := errors.Join(corev1.AddToScheme(scheme), rbacv1.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		return nil, err
	}
	return client.NewWithWatch(ground.Plane.Config, client.Options{Scheme: scheme})
}
