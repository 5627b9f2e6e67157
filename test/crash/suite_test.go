// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/controlplane"
)

// live reads from and writes to the one API server that all runs share.
var live client.WithWatch

// watcher has seen every version of every object, without asking anyone who wrote it.
var watcher *observer

func TestMain(m *testing.M) {
	code, err := runTests(m)
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func runTests(m *testing.M) (code int, err error) {
	// Tests wait for the API server and not for each other: slots bound how many runs there are at once.
	flag.Parse()
	if err := flag.Set("test.parallel", strconv.Itoa(cap(slots))); err != nil {
		return 0, err
	}
	ctrl.SetLogger(zap.New(zap.WriteTo(io.Discard)))
	// A third of what the servers do would be collecting garbage, of a few megabytes each time.
	if err := os.Setenv("GOGC", "400"); err != nil {
		return 0, err
	}
	config, stop, err := controlplane.StartForSuite()
	if err != nil {
		return 0, err
	}
	defer func() {
		if stopped := stop(); err == nil {
			err = stopped
		}
	}()
	scheme := runtime.NewScheme()
	if err := clientgoscheme.AddToScheme(scheme); err != nil {
		return 0, err
	}
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		return 0, err
	}
	config.QPS = -1
	if live, err = client.NewWithWatch(config, client.Options{Scheme: scheme}); err != nil {
		return 0, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if watcher, err = observe(ctx, live); err != nil {
		return 0, err
	}
	return m.Run(), nil
}
