// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package endurance

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/playground"
	"github.com/seatplane/seatplane/internal/testing/suite"
)

// patience is how long anything may take, on a machine that is busy too.
const patience = 3 * time.Minute

// manager is the binary under test.
var manager string

func TestMain(m *testing.M) {
	suite.Main(func(folder string) (int, error) { return runSuite(m, folder) })
}

func runSuite(m *testing.M, folder string) (_ int, err error) {
	if manager, err = playground.Build(folder); err != nil {
		return 0, err
	}
	return m.Run(), nil
}

// system is a control plane with the manager on it, for one test.
type system struct {
	*testing.T
	client.Client
	ground *playground.Playground
	// asManager has the rights of the manager's account: what only the manager may write, nobody else could.
	asManager client.Client
	// metricsURL is where the manager serves its metrics.
	metricsURL string
}

// start starts a system whose manager has flags beside the usual ones. A manager that does not stop in
// good order fails the test.
func start(t *testing.T, flags ...string) *system {
	t.Helper()
	address, err := playground.FreeAddress()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	flags = append([]string{"--metrics-bind-address=" + address, "--metrics-secure=false"}, flags...)
	ground, err := playground.Start(ctx, playground.Options{Manager: manager, Args: flags})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the manager's log ended with\n%s", ground.Manager.LastWords())
		}
		if err := ground.Stop(); err != nil {
			t.Error(err)
		}
	})
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		t.Fatal(err)
	}
	cluster, err := client.New(ground.Plane.Config, client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	account := rest.CopyConfig(ground.Plane.Config)
	account.Impersonate.UserName = playground.Account
	asManager, err := client.New(account, client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	return &system{T: t, Client: cluster, ground: ground, asManager: asManager, metricsURL: "http://" + address + "/metrics"}
}

// namespaced makes a namespace.
func (s *system) namespaced(name string) {
	s.Helper()
	namespace := &corev1.Namespace{}
	namespace.Name = name
	namespace.Labels = map[string]string{v1alpha1.LabelTestClocks: v1alpha1.TestClocksAllowed}
	s.create(namespace)
}

func (s *system) create(objects ...client.Object) {
	s.Helper()
	for _, object := range objects {
		if err := s.Create(s.Context(), object); err != nil {
			s.Fatal(err)
		}
	}
}

// change reads an object, changes it and writes it back, again where somebody else was faster.
func change[T any, P interface {
	*T
	client.Object
}](s *system, namespace, name string, how func(P)) {
	s.Helper()
	s.eventually("edit "+name, func(ctx context.Context) (bool, string) {
		object := P(new(T))
		if err := s.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, object); err != nil {
			return false, err.Error()
		}
		how(object)
		err := s.Update(ctx, object)
		return err == nil, fmt.Sprint(err)
	})
}

// eventually waits until a condition holds; what it last said is why it does not.
func (s *system) eventually(what string, holds func(context.Context) (bool, string)) {
	s.Helper()
	last := ""
	err := wait.PollUntilContextTimeout(s.Context(), 200*time.Millisecond, patience, true, func(ctx context.Context) (bool, error) {
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

// pass lets a while go by in which things are counted.
func (s *system) pass(while time.Duration) {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), while)
	defer cancel()
	<-ctx.Done()
	if s.Context().Err() != nil {
		s.Fatal(s.Context().Err())
	}
}
