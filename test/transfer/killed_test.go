// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package transfer

import (
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"os/exec"
	"path/filepath"
	"sync"

	"k8s.io/client-go/rest"

	"github.com/seatplane/seatplane/internal/testing/controlplane"
)

// importKilled imports a file in processes that are killed, each at a later write than the one before, until one comes
// to its end: the first before its first write, the next after it, then before the second write, and so on. It returns
// how many were killed.
func (c *cluster) importKilled(file string) int {
	c.Helper()
	for kills := 0; ; kills++ {
		through := newReaper(c, kills/2+1, kills%2 == 0)
		cmd, said := c.command("import", file, "--as="+importer, "--kubeconfig="+through.kubeconfig)
		c.Must(cmd.Start())
		through.victim <- cmd
		err := cmd.Wait()
		through.server.CloseClientConnections()
		through.server.Close()
		if err == nil {
			return kills
		}
		if exit, isExit := errors.AsType[*exec.ExitError](err); !isExit || exit.Exited() {
			c.Fatalf("after %d kills, the import fails: %v: %s", kills, err, said)
		}
	}
}

// reaper is a proxy that kills the process which writes through it, at one of its writes.
type reaper struct {
	kubeconfig string
	server     *httptest.Server
	through    *httputil.ReverseProxy
	victim     chan *exec.Cmd
	// before means that the write does not arrive. Otherwise, its answer does not.
	before bool

	mu   sync.Mutex
	left int
}

// newReaper starts a proxy that kills at the write with a number, counted from 1.
func newReaper(c *cluster, write int, before bool) *reaper {
	c.Helper()
	server, _, err := rest.DefaultServerUrlFor(c.Ground.Plane.Config)
	c.Must(err)
	transport, err := rest.TransportFor(c.Ground.Plane.Config)
	c.Must(err)
	silent := log.New(io.Discard, "", 0)
	r := &reaper{
		left: write, before: before, victim: make(chan *exec.Cmd, 1),
		kubeconfig: filepath.Join(c.Folder, fmt.Sprintf("reaper-%d-%t.kubeconfig", write, before)),
		through: &httputil.ReverseProxy{
			Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(server) }, Transport: transport, FlushInterval: -1, ErrorLog: silent,
		},
	}
	r.server = httptest.NewUnstartedServer(r)
	r.server.EnableHTTP2, r.server.Config.ErrorLog = true, silent
	r.server.StartTLS()
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: r.server.Certificate().Raw})
	c.Must(controlplane.WriteKubeconfig(r.kubeconfig, &rest.Config{Host: r.server.URL, TLSClientConfig: rest.TLSClientConfig{CAData: authority}}))
	return r
}

// ServeHTTP passes a request on, unless the process is killed before it.
func (r *reaper) ServeHTTP(w http.ResponseWriter, asked *http.Request) {
	if !r.strikes(asked) {
		r.through.ServeHTTP(w, asked)
		return
	}
	if !r.before {
		r.through.ServeHTTP(httptest.NewRecorder(), asked)
	}
	_ = (<-r.victim).Process.Kill()
	panic(http.ErrAbortHandler)
}

// strikes reports whether this is the write at which the process is killed.
func (r *reaper) strikes(asked *http.Request) bool {
	if asked.Method == http.MethodGet || asked.URL.Query().Has("dryRun") {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.left--
	return r.left == 0
}
