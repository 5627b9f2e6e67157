// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1_test

import (
	"fmt"
	"os"
	"sync"
	"testing"

	"k8s.io/client-go/rest"

	"github.com/seatplane/seatplane/internal/testing/controlplane"
)

// suite is the kube-apiserver that the tests of this package share. It starts when the first test asks
// for it, so that the conventions can be tested without one. The CRDs are installed in it: every rule
// in them compiles and is within the server's cost budget.
var suite struct {
	once   sync.Once
	config *rest.Config
	stop   func() error
	err    error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if suite.stop != nil {
		if err := suite.stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// serverConfig returns the access to the shared kube-apiserver.
func serverConfig(t *testing.T) *rest.Config {
	t.Helper()
	suite.once.Do(func() {
		suite.config, suite.stop, suite.err = controlplane.StartForSuite()
	})
	if suite.err != nil {
		t.Fatal(suite.err)
	}

	return suite.config
}
