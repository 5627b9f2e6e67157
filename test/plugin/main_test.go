// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package plugin

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/rest"

	"github.com/seatplane/seatplane/internal/cli"
	"github.com/seatplane/seatplane/internal/testing/playground"
	"github.com/seatplane/seatplane/internal/testing/suite"
)

// One system for all tests. Each has a namespace of its own.
var ground *playground.Playground

func TestMain(m *testing.M) {
	suite.Main(func(folder string) (int, error) { return runSuite(m, folder) })
}

func runSuite(m *testing.M, folder string) (int, error) {
	manager, err := playground.Build(folder)
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	if ground, err = playground.Start(ctx, playground.Options{
		Manager: manager,
		Args:    []string{"--sink-allow-plain-http", "--sink-allowed-networks=127.0.0.0/8"},
	}); err != nil {
		return 0, err
	}
	status := m.Run()
	words := ground.Manager.LastWords()
	if err := ground.Stop(); err != nil {
		return 1, fmt.Errorf("%w; the manager's log ended with\n%s", err, words)
	}
	if status != 0 {
		fmt.Fprintf(os.Stderr, "The manager's log ended with\n%s\n", words)
	}
	return status, nil
}

// person types commands in a namespace.
type person struct {
	t         *testing.T
	namespace string
	// config is how the person reaches the cluster; nil is as the administrator.
	config *rest.Config
}

// visit returns a person in a new namespace that may have TestClocks, with some manifests applied.
func visit(t *testing.T, namespace, manifests string) *person {
	t.Helper()
	p := &person{t: t, namespace: namespace}
	p.kubectl("create", "namespace", namespace)
	p.kubectl("label", "namespace", namespace, "billing.seatplane.dev/test-clocks=allowed")
	p.apply(manifests)
	return p
}

func (p *person) kubectl(args ...string) string {
	p.t.Helper()
	out, err := ground.Kubectl.In(p.namespace).Run(p.t.Context(), args...)
	if err != nil {
		p.t.Fatalf("kubectl %s: %v", strings.Join(args, " "), err)
	}
	return out
}

func (p *person) apply(manifests string) {
	p.t.Helper()
	if _, err := ground.Kubectl.In(p.namespace).Apply(p.t.Context(), manifests); err != nil {
		p.t.Fatal(err)
	}
}

// move moves the TestClock, and waits until everything on it has caught up.
func (p *person) move(to string) {
	p.t.Helper()
	p.kubectl("patch", "testclock", "clock", "--type=merge", "-p", fmt.Sprintf(`{"spec":{"now":%q}}`, to))
	p.kubectl("wait", "testclock/clock", "--for=condition=Ready", "--timeout=90s")
}

// answer is what a command printed, and how it ended.
type answer struct {
	code      cli.Code
	out, said string
}

// types runs a command of the plugin, and checks its exit code.
func (p *person) types(want cli.Code, args ...string) answer {
	p.t.Helper()
	return p.typesWith("", want, args...)
}

// typesWith runs a command with some standard input.
func (p *person) typesWith(in string, want cli.Code, args ...string) answer {
	p.t.Helper()
	out, said := &bytes.Buffer{}, &bytes.Buffer{}
	o := cli.NewOptions(genericiooptions.IOStreams{In: strings.NewReader(in), Out: out, ErrOut: said}, "v1.2.3")
	if p.config != nil {
		o.Config = func() (*rest.Config, error) { return rest.CopyConfig(p.config), nil }
	}
	args = append(args, "--kubeconfig", ground.Plane.Kubeconfig, "--namespace", p.namespace)
	a := answer{cli.Run(p.t.Context(), o, args), out.String(), said.String()}
	if a.code != want {
		p.t.Fatalf("%s: exit code %d, want %d; it printed\n%s\nand said %s", strings.Join(args, " "), a.code, want, a.out, a.said)
	}
	return a
}

// has checks that what a command printed has some texts.
func (a answer) has(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(a.out+a.said, text) {
			t.Errorf("%q is not in\n%s%s", text, a.out, a.said)
		}
	}
}

// made matches what differs from one run to the next: the parts of names that the API server or a UID decides.
var made = regexp.MustCompile(`\bacme-(seats-)?([0-9a-z]{12}|[0-9a-z]{5,6})\b`)

// masked writes a name that was made up with an x for each character, so that columns stay where they are.
func masked(name string) string {
	at := strings.LastIndex(name, "-") + 1
	return name[:at] + strings.Repeat("x", len(name)-at)
}

// looksLike compares what a command printed with a golden file. SEATPLANE_GOLDEN=write writes the files.
func (a answer) looksLike(t *testing.T, name string) {
	t.Helper()
	got := made.ReplaceAllStringFunc(a.out, masked)
	file := filepath.Join("testdata", name+".txt")
	if os.Getenv("SEATPLANE_GOLDEN") == "write" {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}
