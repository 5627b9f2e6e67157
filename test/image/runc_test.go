// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package image

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	"sigs.k8s.io/yaml"

	"github.com/seatplane/seatplane/internal/testing/playground"
)

const (
	// patience is how long anything may take on a busy machine.
	patience = 90 * time.Second

	// credentials is where a Pod has the token of its ServiceAccount.
	credentials = "/var/run/secrets/kubernetes.io/serviceaccount"
)

// sold is a product whose seats a loader process counts at a server of this test, and a customer.
const sold = `
apiVersion: billing.seatplane.dev/v1alpha1
kind: SeatProduct
metadata: {name: seat}
spec:
  plans:
  - {name: monthly, currency: EUR, interval: {unit: Month, count: 1}, pricing: {model: PerUnit, unitAmount: "12.50"}}
  dataLoader:
    http: {url: %q, rows: response, rowKey: row.id, rowCount: int(row.n)}
  refresh: {every: 1h}
---
apiVersion: billing.seatplane.dev/v1alpha1
kind: Subscription
metadata: {name: acme}
spec:
  customer: {id: acme}
  items:
  - {name: editors, productRef: {name: seat}, plan: monthly}
`

// The image runs with everything that the Deployment takes away: as a user without a name, with a root that cannot
// be written to, without capabilities, and with the seccomp profile of container engines. It bills a customer,
// whose seats are counted in a loader process with no more rights, and stops when it is asked to.
func TestRunsAsTheDeploymentSays(t *testing.T) {
	long(t)
	if runtime.GOOS != "linux" || os.Geteuid() != 0 {
		t.Skip("runc needs root on Linux here: run make test-image as root")
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	ground, err := playground.Start(ctx, playground.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := ground.Stop(); err != nil {
			t.Error(err)
		}
	})
	c := &container{T: t, ground: ground, id: fmt.Sprintf("seatplane-image-%d", os.Getpid()), folder: t.TempDir()}
	c.unpack()
	metrics, probes := freeAddress(t), freeAddress(t)
	c.start("--metrics-bind-address="+metrics, "--health-probe-bind-address="+probes,
		"--loader-allowed-networks=127.0.0.0/8", "--loader-allow-plain-http")
	c.eventually("it is ready", func() (bool, string) {
		response, err := http.Get("http://" + probes + "/readyz")
		if err != nil {
			return false, err.Error()
		}
		defer response.Body.Close()
		return response.StatusCode == http.StatusOK, response.Status
	})
	pid := c.pid()
	c.requireConfined("the manager", rightsOf(pid))

	loaders := make(chan rights, 100)
	source := httptest.NewServer(http.HandlerFunc(func(response http.ResponseWriter, _ *http.Request) {
		// The loader process waits for the answer.
		for _, each := range childrenOf(pid) {
			loaders <- rightsOf(each)
		}
		response.Header().Set("Content-Type", "application/json")
		fmt.Fprint(response, `[{"id": "acme", "n": 7}]`)
	}))
	t.Cleanup(source.Close)
	if _, err := ground.Kubectl.Apply(ctx, fmt.Sprintf(sold, source.URL)); err != nil {
		t.Fatal(err)
	}
	c.eventually("acme has an invoice", func() (bool, string) {
		due, err := ground.Kubectl.Run(t.Context(), "get", "invoices.billing.seatplane.dev", "-o", "jsonpath={.items[*].spec.amountDue}")
		return err == nil && due == "87.50", fmt.Sprint(due, err)
	})
	if len(loaders) == 0 {
		t.Error("the manager asked the source itself, and not in a loader process")
	}
	for len(loaders) > 0 {
		c.requireConfined("a loader process", <-loaders)
	}
	c.stop()
}

// container is the image under runc.
type container struct {
	*testing.T
	ground     *playground.Playground
	id, folder string
	run        *exec.Cmd
	entrypoint []string
	ended      chan error
}

// unpack writes the root of the container, from the image alone.
func (c *container) unpack() {
	c.Helper()
	l := open(c.T, pack(c.T, created, manager).archive)
	_, of := l.forPlatform(runtime.GOOS, runtime.GOARCH)
	c.entrypoint = parse[configuration](c.T, l.blob(of.Config)).Config.Entrypoint
	for name, each := range l.unpacked(of) {
		path := filepath.Join(c.folder, "rootfs", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			c.Fatal(err)
		}
		if each.isFolder {
			continue
		}
		if err := os.WriteFile(path, each.content, os.FileMode(each.mode)); err != nil {
			c.Fatal(err)
		}
	}
}

// start runs the container as the Deployment says, in the network of this test, with flags after those of the
// Deployment.
func (c *container) start(flags ...string) {
	c.Helper()
	spec := c.bundle(c.deployment(), flags)
	raw, err := json.Marshal(spec)
	if err != nil {
		c.Fatal(err)
	}
	profile := exec.Command("go", "run", "./seccomp")
	profile.Dir, profile.Stdin = filepath.Join(root, "hack", "image"), bytes.NewReader(raw)
	var complaint strings.Builder
	profile.Stderr = &complaint
	config, err := profile.Output()
	if err != nil {
		c.Fatalf("adding the seccomp profile: %v\n%s", err, complaint.String())
	}
	if err := os.WriteFile(filepath.Join(c.folder, "config.json"), config, 0o600); err != nil {
		c.Fatal(err)
	}
	c.run = c.runc("run", "--bundle", c.folder, "--pid-file", filepath.Join(c.folder, "pid"), c.id)
	log, err := os.Create(filepath.Join(c.folder, "log"))
	if err != nil {
		c.Fatal(err)
	}
	defer log.Close()
	c.run.Stdout, c.run.Stderr = log, log
	c.ended = make(chan error, 1)
	if err := c.ground.Plane.Guard(c.run); err != nil {
		c.Fatal(err)
	}
	go func() { c.ended <- c.run.Wait() }()
	c.Cleanup(func() {
		// It is gone where the test did what it should.
		_ = c.runc("delete", "--force", c.id).Run()
	})
}

func (c *container) runc(args ...string) *exec.Cmd {
	return exec.Command(filepath.Join(root, "bin", "node", "bin", "runc"), append([]string{"--root", filepath.Join(c.folder, "runc")}, args...)...)
}

// said returns the output of the container.
func (c *container) said() string { return string(content(c.T, filepath.Join(c.folder, "log"))) }

// deployment returns the Deployment as kustomize renders it.
func (c *container) deployment() *appsv1.Deployment {
	c.Helper()
	rendered, err := c.ground.Kubectl.Run(c.Context(), "kustomize", filepath.Join(root, "config", "manager"))
	if err != nil {
		c.Fatal(err)
	}
	for _, each := range strings.Split(rendered, "\n---\n") {
		var deployment appsv1.Deployment
		if err := yaml.Unmarshal([]byte(each), &deployment); err == nil && deployment.Kind == "Deployment" {
			return &deployment
		}
	}
	c.Fatal("config/manager renders no Deployment")
	return nil
}

// eventually waits until something holds, and fails with the end of the container's output when it never does.
func (c *container) eventually(what string, holds func() (bool, string)) {
	c.Helper()
	var instead string
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		var ok bool
		if ok, instead = holds(); ok {
			return
		}
		select {
		case err := <-c.ended:
			c.Fatalf("the container ended before this: %s; %v\n%s", what, err, c.said())
		default:
		}
	}
	c.Fatalf("not within %s: %s; instead: %s\n%s", patience, what, instead, c.said())
}

// stop asks the manager to stop as a kubelet does, and requires that it does so in time and without an error.
func (c *container) stop() {
	c.Helper()
	if out, err := c.runc("kill", c.id, "TERM").CombinedOutput(); err != nil {
		c.Fatalf("%v\n%s", err, out)
	}
	select {
	case err := <-c.ended:
		if err != nil {
			c.Errorf("the manager did not stop cleanly: %v\n%s", err, c.said())
		}
	case <-time.After(patience):
		c.Errorf("the manager did not stop within %s\n%s", patience, c.said())
	}
}

// pid returns the process ID of the manager.
func (c *container) pid() int {
	c.Helper()
	pid, err := strconv.Atoi(string(content(c.T, filepath.Join(c.folder, "pid"))))
	if err != nil {
		c.Fatal(err)
	}
	return pid
}

// rights are what a process may do, in the words of the kernel.
type rights map[string]string

// confined are the rights that the Deployment leaves.
var confined = rights{
	"Uid": "65532 65532 65532 65532", "Gid": "65532 65532 65532 65532", "Groups": "",
	"NoNewPrivs": "1", "Seccomp": "2", "Root": "ro",
	"CapInh": "0000000000000000", "CapPrm": "0000000000000000", "CapEff": "0000000000000000",
	"CapBnd": "0000000000000000", "CapAmb": "0000000000000000",
}

// rightsOf returns the rights of a process. If it has ended, there are none.
func rightsOf(pid int) rights {
	found := rights{}
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	for line := range strings.Lines(string(status)) {
		key, value, _ := strings.Cut(line, ":")
		if _, isWanted := confined[key]; isWanted {
			found[key] = strings.Join(strings.Fields(value), " ")
		}
	}
	mounts, _ := os.ReadFile(fmt.Sprintf("/proc/%d/mountinfo", pid))
	for line := range strings.Lines(string(mounts)) {
		if fields := strings.Fields(line); fields[4] == "/" {
			found["Root"], _, _ = strings.Cut(fields[5], ",")
		}
	}
	return found
}

func (c *container) requireConfined(who string, found rights) {
	c.Helper()
	if diff := cmp.Diff(confined, found); diff != "" {
		c.Errorf("%s has other rights than the Deployment leaves (-), namely (+):\n%s", who, diff)
	}
}

// childrenOf returns the processes that a process has started.
func childrenOf(pid int) []int {
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		return nil
	}
	var children []int
	for _, each := range lists {
		// A thread may end at any time.
		list, _ := os.ReadFile(each)
		for _, field := range strings.Fields(string(list)) {
			if child, err := strconv.Atoi(field); err == nil {
				children = append(children, child)
			}
		}
	}
	return children
}

func freeAddress(t *testing.T) string {
	t.Helper()
	address, err := playground.FreeAddress()
	if err != nil {
		t.Fatal(err)
	}
	return address
}
