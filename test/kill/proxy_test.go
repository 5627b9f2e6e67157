// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package kill

import (
	"bytes"
	"context"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"k8s.io/client-go/rest"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/controlplane"
)

// striker carries a strike out.
type striker interface {
	// killed kills a process and has it start again, and reports whether there was one. The manager that is meant is
	// that of the gate.
	killed(who victim, from *gate) bool
	// takenOver returns when a second manager has worked next to that of the gate.
	takenOver(from *gate)
}

// schedule is what a proxy does in the current cycle. A nil schedule does nothing.
type schedule struct {
	plan
	by striker
	// older returns an older version that lists may show, or "".
	older func() string
	count *tally

	mu                    sync.Mutex
	cycle                 int
	strikes               []strike
	writes, reads, lasted int
}

// begin begins a cycle.
func (s *schedule) begin(cycle int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cycle, s.strikes, s.writes, s.reads, s.lasted = cycle, s.plan.strikes(cycle), 0, 0, 0
}

// left returns the strikes that no write has met, and takes them away.
func (s *schedule) left() []strike {
	s.mu.Lock()
	defer s.mu.Unlock()
	left := s.strikes
	s.strikes = nil
	return left
}

// write decides about the next write.
func (s *schedule) write(creates bool) (strike, fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writes++
	if len(s.strikes) > 0 && s.writes >= s.strikes[0].write {
		next := s.strikes[0]
		s.strikes = s.strikes[1:]
		return next, ""
	}
	return strike{}, s.onWrite(s.cycle, s.writes, creates)
}

func (s *schedule) read() fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	return s.onRead(s.cycle, s.reads)
}

func (s *schedule) watch() fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lasted++
	return s.onWatch(s.cycle, s.lasted)
}

// gate is the proxy of one manager. Every manager has one of its own, so that it is known who asks.
type gate struct {
	kubeconfig string
	schedule   *schedule
	server     *httptest.Server
	through    *httputil.ReverseProxy
	// stale makes lists show the past, until a list that cannot.
	stale atomic.Bool
	// behind holds the next watch back.
	behind atomic.Bool
	// wrote counts the writes that were asked for.
	wrote atomic.Int64
}

// newGate starts a proxy with the access of a manager, and writes the kubeconfig with which the manager uses it.
func newGate(access *rest.Config, folder string, number int, s *schedule) (*gate, error) {
	server, _, err := rest.DefaultServerUrlFor(access)
	if err != nil {
		return nil, err
	}
	transport, err := rest.TransportFor(rest.AnonymousClientConfig(access))
	if err != nil {
		return nil, err
	}
	g := &gate{schedule: s, kubeconfig: filepath.Join(folder, fmt.Sprintf("gate-%d.kubeconfig", number))}
	g.through = &httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(server) },
		Transport:     transport,
		FlushInterval: -1,
		ErrorLog:      silent(),
		// Nobody answers for a server that is gone.
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
	g.server = httptest.NewUnstartedServer(g)
	g.server.EnableHTTP2 = true
	g.server.Config.ErrorLog = silent()
	g.server.StartTLS()
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: g.server.Certificate().Raw})
	return g, controlplane.WriteKubeconfig(g.kubeconfig, &rest.Config{
		Host: g.server.URL, TLSClientConfig: rest.TLSClientConfig{CAData: authority}, BearerToken: access.BearerToken,
	})
}

// close ends the proxy of a manager that has ended. A request that is held keeps it open for a while.
func (g *gate) close() {
	go func() {
		g.server.CloseClientConnections()
		g.server.Close()
	}()
}

// ServeHTTP passes a request on, with what the schedule does to it.
func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ours := strings.HasPrefix(r.URL.Path, "/apis/"+v1alpha1.GroupName+"/")
	if g.schedule == nil || !ours {
		g.through.ServeHTTP(w, r)
		return
	}
	g.schedule.count.request(r.Method)
	switch {
	case r.Method != http.MethodGet:
		g.write(w, r)
	case r.URL.Query().Get("watch") != "":
		g.watch(w, r)
	default:
		g.read(w, r)
	}
}

func (g *gate) write(w http.ResponseWriter, r *http.Request) {
	g.wrote.Add(1)
	meets, what := g.schedule.write(r.Method == http.MethodPost)
	switch {
	case meets.hold:
		g.hold(w, r)
	case meets.kill == ofManager && meets.before:
		g.schedule.by.killed(ofManager, g)
		panic(http.ErrAbortHandler) // nobody is left who would ask
	case meets.kill != "" && meets.before:
		g.schedule.by.killed(meets.kill, g)
		g.pass(w, r, nil)
	case meets.kill != "":
		g.pass(w, r, func() { g.schedule.by.killed(meets.kill, g) })
	case what == lost:
		g.pass(w, r, func() { g.schedule.count.fault(lost); panic(http.ErrAbortHandler) })
	case what == timedOut:
		g.pass(httptest.NewRecorder(), r, nil)
		g.schedule.count.fault(timedOut)
		refuse(w, http.StatusGatewayTimeout, "Timeout")
	default:
		g.refuseOr(what, w, r)
	}
}

// hold lets a second manager work before the write goes on. A zombie's write has no connection to wait for.
func (g *gate) hold(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	g.schedule.count.fault(held)
	g.schedule.by.takenOver(g)
	defer g.schedule.by.killed(ofManager, g)
	again := r.Clone(context.WithoutCancel(r.Context()))
	again.Body = io.NopCloser(bytes.NewReader(body))
	g.pass(w, again, nil)
}

// pass has the API server answer. What follows the answer comes before the manager has it.
func (g *gate) pass(w http.ResponseWriter, r *http.Request, then func()) {
	answer := httptest.NewRecorder()
	g.through.ServeHTTP(answer, r)
	if then != nil {
		then()
	}
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}

// refuseOr answers in the API server's place, or does not.
func (g *gate) refuseOr(what fault, w http.ResponseWriter, r *http.Request) {
	if what != "" {
		g.schedule.count.fault(what)
	}
	switch what { //nolint:exhaustive // the others are answered elsewhere
	case conflict:
		refuse(w, http.StatusConflict, "Conflict")
		return
	case tooMany:
		w.Header().Set("Retry-After", "1")
		refuse(w, http.StatusTooManyRequests, "TooManyRequests")
		return
	case broken:
		refuse(w, http.StatusInternalServerError, "InternalError")
		return
	case expired:
		refuse(w, http.StatusGone, "Expired")
		return
	case slow:
		time.Sleep(300 * time.Millisecond)
	}
	g.through.ServeHTTP(w, r)
}

func refuse(w http.ResponseWriter, code int, reason string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	fmt.Fprintf(w, `{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"a fault of the test","reason":%q,"code":%d}`,
		reason, code)
}

func (g *gate) read(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	// Only a list that accepts any version may be answered from the past. A live one must not be.
	if query.Get("resourceVersion") == "0" && g.stale.CompareAndSwap(true, false) {
		if version := g.schedule.older(); version != "" {
			g.schedule.count.fault(past)
			g.pastOf(w, r, query, version)
			return
		}
	}
	g.refuseOr(g.schedule.read(), w, r)
}

// pastOf answers from an older version. The watch that goes on from there is held back.
func (g *gate) pastOf(w http.ResponseWriter, r *http.Request, query url.Values, version string) {
	g.behind.Store(true)
	query.Set("resourceVersion", version)
	query.Set("resourceVersionMatch", "Exact")
	r.URL.RawQuery = query.Encode()
	g.through.ServeHTTP(w, r)
}

func (g *gate) watch(w http.ResponseWriter, r *http.Request) {
	what := g.schedule.watch()
	if g.behind.Swap(false) {
		what = late
	}
	query := r.URL.Query()
	first := query.Get("sendInitialEvents") != ""
	switch {
	case what == expired && first:
		what = "" // it names no version that could have expired
	case what == past && first && g.schedule.older() != "":
		// A client that may not stream a list asks for it the old way, which may show the past.
		g.stale.Store(true)
		refuse(w, http.StatusUnprocessableEntity, "Invalid")
		return
	case what == past:
		what = ""
	case what == late:
		g.schedule.count.fault(late)
		time.Sleep(1500 * time.Millisecond)
		what = ""
	case what == dropped:
		ctx, end := context.WithCancel(r.Context())
		defer end()
		g.through.ServeHTTP(&dropping{ResponseWriter: w, count: g.schedule.count, end: end, after: 1 + len(r.URL.Path)%3}, r.WithContext(ctx))
		return
	}
	g.refuseOr(what, w, r)
}

// dropping is a watch that shows some events, hides the next ones, and breaks off a second later.
type dropping struct {
	http.ResponseWriter
	count  *tally
	end    func()
	after  int
	hidden bool
}

// Write counts the events of the watch, each of which is one line.
func (d *dropping) Write(chunk []byte) (int, error) {
	events := bytes.Count(chunk, []byte("\n")) - bytes.Count(chunk, []byte(`{"type":"BOOKMARK"`))
	if d.after >= events && !d.hidden {
		d.after -= events
		return d.ResponseWriter.Write(chunk)
	}
	if !d.hidden {
		d.hidden = true
		d.count.fault(dropped)
		time.AfterFunc(time.Second, d.end)
	}
	return len(chunk), nil
}

// Flush implements http.Flusher.
func (d *dropping) Flush() {
	if flusher, ok := d.ResponseWriter.(http.Flusher); ok {
		flusher.Flush()
	}
}

// versions remembers which versions etcd had at the ends of cycles.
type versions struct {
	mu   sync.Mutex
	ends []int64
}

func (v *versions) note(revision int64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.ends = append(v.ends, revision)
}

// older returns the version at the end of the cycle before the last one.
func (v *versions) older() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.ends) < 2 {
		return ""
	}
	return strconv.FormatInt(v.ends[len(v.ends)-2], 10)
}
