// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package flux

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seatplane/seatplane/internal/testing/controlplane"
)

// TestController runs kustomize-controller on the example's own Kustomizations. source-controller does not run: the test
// serves the example repository, and says in the status of the GitRepository where. SEATPLANE_FLUX is the folder with the
// program, which `make test-flux` builds.
func TestController(t *testing.T) {
	programs := os.Getenv("SEATPLANE_FLUX")
	if programs == "" {
		t.Skip("make test-flux builds kustomize-controller, and runs this test too")
	}
	c := newCluster(t)
	c.installFlux(programs)
	git := newRepository(c)
	c.kubectl("apply", "--server-side", "-f", controlplane.FromRoot(t, "examples", "gitops", "repository", "clusters", "production", "flux"))
	git.publish()
	c.kubectl("wait", "-n", "flux-system", "kustomization/billing-platform", "--for=condition=Ready", "--timeout=2m")
	c.count()
	c.kubectl("wait", "-n", "flux-system", "kustomization", "--all", "--for=condition=Ready", "--timeout=2m")
	c.sold("45 8")

	t.Run("again", func(t *testing.T) { c.in(t).again() })
	t.Run("drift", func(t *testing.T) { c.in(t).drift() })
	t.Run("edit", func(t *testing.T) {
		git.in(t).edit("customers/acme/subscription.yaml", "quantity: 3}", "quantity: 4}")
		c.in(t).sold("46 8")
	})
	t.Run("removed", func(t *testing.T) { git.in(t).removed() })
}

// again has Flux reconcile what is in place.
func (c *cluster) again() {
	c.Helper()
	before := c.settledVersions()
	c.reconcile()
	if diff := cmp.Diff(before, c.settledVersions()); diff != "" {
		c.Errorf("reconciled again, it writes:\n%s", diff)
	}
}

// drift has somebody edit a subscription past Git.
func (c *cluster) drift() {
	c.Helper()
	const books = "{.status.creditBalance} {.status.nextInvoiceNumber}"
	before := c.field("acme", books)
	c.kubectl("patch", "-n", "billing", "subscriptions.billing.seatplane.dev/acme", "--type=json",
		"-p", `[{"op":"replace","path":"/spec/items/1/quantity","value":9}]`)
	c.reconcile()
	if is := c.field("acme", "{.spec.items[1].quantity}"); is != "3" {
		c.Errorf("acme has %s support seats after an edit past Git, want 3", is)
	}
	c.sold("45 8")
	if after := c.field("acme", books); after != before {
		c.Errorf("credit and number are %s, and were %s", after, before)
	}
}

// removed removes a customer from Git, and then the Kustomization. Neither ends a contract.
func (r *repository) removed() {
	r.Helper()
	r.edit("customers/kustomization.yaml", "- globex\n", "")
	const inventory = "jsonpath={.status.inventory.entries[*].id}"
	if kept := r.kubectl("get", "-n", "flux-system", "kustomization/billing-customers", "-o", inventory); strings.Contains(kept, "globex") {
		r.Errorf("globex is still in the inventory: %s", kept)
	}
	r.kubectl("delete", "-n", "flux-system", "kustomization/billing-customers", "--timeout=1m")
	for _, customer := range []string{"acme", "globex"} {
		if leaving := r.field(customer, "{.metadata.deletionTimestamp}"); leaving != "" {
			r.Errorf("%s is being deleted because Flux does not apply it any more", customer)
		}
	}
	r.sold("46 8")
}

// sources are the kinds that kustomize-controller reads artifacts from. It takes nothing of them but the status.
const sources = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: %[2]s.source.toolkit.fluxcd.io}
spec:
  group: source.toolkit.fluxcd.io
  names: {kind: %[1]s, listKind: %[1]sList, plural: %[2]s, singular: %[3]s}
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}}
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
---
`

// installFlux installs the kinds, and starts kustomize-controller with the rights of an administrator.
func (c *cluster) installFlux(programs string) {
	c.Helper()
	var kinds strings.Builder
	for kind, plural := range map[string]string{"GitRepository": "gitrepositories", "OCIRepository": "ocirepositories", "Bucket": "buckets"} {
		fmt.Fprintf(&kinds, sources, kind, plural, strings.ToLower(kind))
	}
	file := filepath.Join(c.TempDir(), "sources.yaml")
	if err := os.WriteFile(file, []byte(kinds.String()), 0o600); err != nil {
		c.Fatal(err)
	}
	c.kubectl("apply", "--server-side", "-f", file, "-f", filepath.Join(programs, "kustomizations.yaml"))
	c.kubectl("wait", "crd", "--all", "--for=condition=Established", "--timeout=60s")
	c.kubectl("create", "namespace", "flux-system")
	log, err := os.Create(filepath.Join(c.TempDir(), "kustomize-controller.log"))
	if err != nil {
		c.Fatal(err)
	}
	c.Cleanup(func() {
		if said, err := os.ReadFile(log.Name()); c.Failed() && err == nil {
			c.Logf("kustomize-controller:\n%s", said[max(0, len(said)-8000):])
		}
	})
	cmd := exec.Command(filepath.Join(programs, "kustomize-controller"),
		"--metrics-addr=0", "--health-addr=0", "--requeue-dependency=1s", "--log-level=info")
	cmd.Env = append(os.Environ(), "KUBECONFIG="+c.ground.Plane.Kubeconfig, "RUNTIME_NAMESPACE=flux-system")
	cmd.Stdout, cmd.Stderr = log, log
	if err := c.ground.Plane.Guard(cmd); err != nil {
		c.Fatal(err)
	}
	go func() { _ = cmd.Wait() }()
}

// reconcile asks Flux to reconcile everything now, and waits until it has.
func (c *cluster) reconcile() {
	c.Helper()
	asked := time.Now().Format(time.RFC3339Nano)
	c.kubectl("annotate", "-n", "flux-system", "kustomization", "--all", "--overwrite", "reconcile.fluxcd.io/requestedAt="+asked)
	for _, layer := range layers {
		c.kubectl("wait", "-n", "flux-system", "kustomization/billing-"+layer, "--for=jsonpath={.status.lastHandledReconcileAt}="+asked, "--timeout=1m")
	}
	c.kubectl("wait", "-n", "flux-system", "kustomization", "--all", "--for=condition=Ready", "--timeout=2m")
}

// field returns fields of a subscription.
func (c *cluster) field(name, path string) string {
	c.Helper()
	return c.kubectl("get", "-n", "billing", "subscriptions.billing.seatplane.dev/"+name, "-o", "jsonpath="+path)
}

// sold waits until acme and globex have so many seats.
func (c *cluster) sold(want string) {
	c.Helper()
	var is string
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if is = c.field("acme", "{.status.seats}") + " " + c.field("globex", "{.status.seats}"); is == want {
			return
		}
	}
	c.Errorf("acme and globex have %s seats, want %s", is, want)
}

// settledVersions returns the version of every object of Seatplane's, when nobody writes any more.
func (c *cluster) settledVersions() string {
	c.Helper()
	look := func() string {
		return c.kubectl("get", "-A", "-o", `jsonpath={range .items[*]}{.kind}/{.metadata.name} {.metadata.resourceVersion}{"\n"}{end}`,
			"clusterprorationpolicies.billing.seatplane.dev,seatproducts.billing.seatplane.dev,subscriptions.billing.seatplane.dev,"+
				"subscriptionupdates.billing.seatplane.dev,invoices.billing.seatplane.dev")
	}
	last, since := look(), time.Now()
	for deadline := time.Now().Add(time.Minute); time.Since(since) < 3*time.Second; time.Sleep(200 * time.Millisecond) {
		if now := look(); now != last {
			last, since = now, time.Now()
		}
		if time.Now().After(deadline) {
			c.Fatal("somebody goes on writing")
		}
	}
	return last
}

// repository is a copy of the example repository, which a server serves as source-controller would.
type repository struct {
	*cluster
	folder   string
	url      string
	revision int
	packed   atomic.Pointer[[]byte]
}

func newRepository(c *cluster) *repository {
	c.Helper()
	r := &repository{cluster: c, folder: c.TempDir()}
	if err := os.CopyFS(r.folder, os.DirFS(controlplane.FromRoot(c.T, "examples", "gitops", "repository"))); err != nil {
		c.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if _, err := w.Write(*r.packed.Load()); err != nil {
			c.Logf("serving the repository: %v", err)
		}
	}))
	c.Cleanup(server.Close)
	r.url = server.URL
	return r
}

// in is the repository for a part of the test.
func (r *repository) in(t *testing.T) *repository {
	r.cluster = r.cluster.in(t)
	return r
}

// edit replaces a text in a file, and has Flux apply the new revision.
func (r *repository) edit(file, from, to string) {
	r.Helper()
	path := filepath.Join(r.folder, filepath.FromSlash(file))
	content, err := os.ReadFile(path)
	if err != nil {
		r.Fatal(err)
	}
	if !strings.Contains(string(content), from) {
		r.Fatalf("%s does not contain %q", file, from)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(content), from, to, 1)), 0o600); err != nil {
		r.Fatal(err)
	}
	revision := r.publish()
	for _, layer := range layers {
		r.kubectl("wait", "-n", "flux-system", "kustomization/billing-"+layer, "--for=jsonpath={.status.lastAppliedRevision}="+revision, "--timeout=2m")
	}
}

// publish packs the repository, and says in the status of the GitRepository where it is. It returns the revision.
func (r *repository) publish() string {
	r.Helper()
	packed := r.pack()
	r.packed.Store(&packed)
	r.revision++
	revision := fmt.Sprintf("main@sha1:%040x", r.revision)
	file := fmt.Sprintf("%s/%d.tar.gz", r.url, r.revision)
	now := time.Now().UTC().Format(time.RFC3339)
	status, err := json.Marshal(map[string]any{"status": map[string]any{
		"observedGeneration": 1,
		"artifact": map[string]any{
			"path": file, "url": file, "revision": revision, "digest": fmt.Sprintf("sha256:%x", sha256.Sum256(packed)),
			"size": len(packed), "lastUpdateTime": now,
		},
		"conditions": []any{map[string]any{
			"type": "Ready", "status": "True", "reason": "Succeeded", "message": revision, "lastTransitionTime": now, "observedGeneration": 1,
		}},
	}})
	if err != nil {
		r.Fatal(err)
	}
	r.kubectl("patch", "-n", "flux-system", "gitrepository/billing", "--subresource=status", "--type=merge", "-p", string(status))
	return revision
}

// pack returns the folder as source-controller stores one.
func (r *repository) pack() []byte {
	r.Helper()
	var out bytes.Buffer
	zipped := gzip.NewWriter(&out)
	files := tar.NewWriter(zipped)
	err := filepath.WalkDir(r.folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(r.folder, path)
		if err != nil {
			return err
		}
		header := &tar.Header{Name: filepath.ToSlash(name), Mode: 0o644, Size: int64(len(content)), Typeflag: tar.TypeReg}
		if err := files.WriteHeader(header); err != nil {
			return err
		}
		_, err = files.Write(content)
		return err
	})
	if err != nil {
		r.Fatal(err)
	}
	if err := files.Close(); err != nil {
		r.Fatal(err)
	}
	if err := zipped.Close(); err != nil {
		r.Fatal(err)
	}
	return out.Bytes()
}
