// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package kill

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/controlplane"
	"github.com/seatplane/seatplane/internal/testing/playground"
	"github.com/seatplane/seatplane/internal/testing/suite"
)

// release is a version of Seatplane.
type release struct {
	// manager is the path of the binary.
	manager string
	// manifests are what an administrator installs. Empty means those of the working tree.
	manifests string
}

// present is what is in the working tree.
var present release

func TestMain(m *testing.M) {
	suite.Main(func(folder string) (int, error) {
		if present.manager = os.Getenv("SEATPLANE_KILL_MANAGER"); present.manager == "" {
			var err error
			if present.manager, err = playground.Build(folder); err != nil {
				return 0, err
			}
		}
		return m.Run(), nil
	})
}

func silent() *log.Logger { return log.New(io.Discard, "", 0) }

// world is a control plane that keeps what it acknowledges, and the manager in front of it.
type world struct {
	client.Client
	ground *playground.Playground
	access *rest.Config
	folder string
	count  *tally
	ends   *versions
	seen   *observer
	unsee  func()

	// servers are locked while they are killed and started again.
	servers map[victim]*guarded

	// mu protects all that follows.
	mu        sync.Mutex
	binary    string
	managers  []*operator
	namespace string
	schedule  *schedule
	started   int
	problems  []string
	// backup is where what etcd has is copied to, the next time that etcd is down. Empty means nowhere.
	backup string
}

// guarded is a server that one goroutine at a time deals with.
type guarded struct {
	sync.Mutex
	*controlplane.Server
}

// operator is a manager and its proxy.
type operator struct {
	*playground.Manager
	gate   *gate
	killed bool
}

// newWorld starts etcd with fsync, and no compaction: the observer has to see every version. What is installed is of the
// same release as the manager.
func newWorld(ctx context.Context, folder string, runs release) (*world, error) {
	ground, err := playground.Start(ctx, playground.Options{
		Manifests:      runs.manifests,
		EtcdFlags:      map[string]string{"unsafe-no-fsync": "false", "quota-backend-bytes": "8589934592"},
		APIServerFlags: map[string]string{"etcd-compaction-interval": "0"},
	})
	if err != nil {
		return nil, err
	}
	w := &world{ground: ground, folder: folder, count: newTally(), ends: &versions{}, binary: runs.manager}
	if err := w.furnish(); err != nil {
		return nil, errors.Join(err, ground.Stop())
	}
	w.watch()
	return w, nil
}

// watch has an observer see everything, from the first version on.
func (w *world) watch() {
	watching, end := context.WithCancel(context.Background())
	w.seen, w.unsee = observe(watching, w.ground.Plane.EtcdURL()), end
}

func (w *world) furnish() error {
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		return err
	}
	var err error
	if w.Client, err = client.New(w.ground.Plane.Config, client.Options{Scheme: scheme}); err != nil {
		return err
	}
	if w.access, err = clientcmd.BuildConfigFromFlags("", w.ground.Access()); err != nil {
		return err
	}
	w.access.QPS = -1
	etcd, err := w.ground.Plane.Etcd()
	if err != nil {
		return err
	}
	server, err := w.ground.Plane.APIServer()
	w.servers = map[victim]*guarded{ofStore: {Server: etcd}, ofServer: {Server: server}}
	return err
}

// found keeps a problem of the run itself for the report.
func (w *world) found(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.problems = append(w.problems, fmt.Sprintf(format, args...))
}

// serve has a manager look after one namespace from now on, and nobody else.
func (w *world) serve(namespace string, s *schedule) error {
	if err := w.stopManagers(); err != nil {
		return err
	}
	w.mu.Lock()
	w.namespace, w.schedule = namespace, s
	w.mu.Unlock()
	_, err := w.manage()
	return err
}

// manage starts a manager. It is started again whenever it ends by itself, as a pod would be.
func (w *world) manage() (*operator, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.started++
	g, err := newGate(w.access, w.folder, w.started, w.schedule)
	if err != nil {
		return nil, err
	}
	m, err := w.ground.StartManager(w.binary, filepath.Join(w.folder, fmt.Sprintf("manager-%d.log", w.started)),
		"--kubeconfig="+g.kubeconfig, "--watch-namespaces="+w.namespace)
	if err != nil {
		return nil, err
	}
	o := &operator{Manager: m, gate: g}
	w.managers = append(w.managers, o)
	go w.mind(o)
	return o, nil
}

// mind waits for the end of a manager.
func (w *world) mind(o *operator) {
	<-o.Exited()
	o.gate.close()
	if err := w.ground.Plane.Forget(o.PID()); err != nil {
		w.found("%v", err)
	}
	if said, err := os.ReadFile(o.Log); err != nil || strings.Contains(string(said), "panic") {
		w.found("a manager panicked: %s %v", o.LastWords(), err)
	} else {
		_ = os.Remove(o.Log)
	}
	if !w.isMissed(o) {
		return
	}
	w.count.ended()
	time.Sleep(200 * time.Millisecond)
	if _, err := w.manage(); err != nil {
		w.found("%v", err)
	}
}

// isMissed removes a manager that has ended, and reports whether another one has to take its place: if nobody killed it, and
// none is left that nobody has killed. One that was killed may still be in the list.
func (w *world) isMissed(o *operator) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.managers = slices.DeleteFunc(w.managers, func(each *operator) bool { return each == o })
	return !o.killed && !slices.ContainsFunc(w.managers, func(each *operator) bool { return !each.killed })
}

// stopManagers ends all managers.
func (w *world) stopManagers() error {
	w.mu.Lock()
	running := slices.Clone(w.managers)
	for _, each := range running {
		each.killed = true
	}
	w.mu.Unlock()
	for _, each := range running {
		if err := each.end(); err != nil {
			return err
		}
	}
	return nil
}

// end kills a manager unless it has ended.
func (o *operator) end() error {
	select {
	case <-o.Exited():
		return nil
	default:
	}
	if err := o.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return nil
}

// killed kills a process, and has it start again. It reports whether there was one to kill.
func (w *world) killed(who victim, from *gate) bool {
	if who == ofManager {
		return w.killManager(from)
	}
	server := w.servers[who]
	server.Lock()
	if err := server.Kill(); err != nil {
		server.Unlock()
		w.found("%v", err)
		return false
	}
	w.count.kill(who)
	go func() {
		defer server.Unlock()
		if err := errors.Join(w.backUp(who), server.Start(context.Background())); err != nil {
			w.found("%v", err)
		}
	}()
	return true
}

// killManager kills the manager of a proxy, or without one the last that was started. Another one takes its place unless
// there is one.
func (w *world) killManager(from *gate) bool {
	w.mu.Lock()
	var meant *operator
	for _, each := range w.managers {
		if !each.killed && (from == nil || each.gate == from) {
			meant = each
		}
	}
	if meant == nil {
		w.mu.Unlock()
		return false // it has been killed meanwhile, or is being started again
	}
	meant.killed = true
	alone := true
	for _, each := range w.managers {
		alone = alone && (each.killed || each == meant)
	}
	w.mu.Unlock()
	if err := meant.end(); err != nil {
		w.found("%v", err)
		return false
	}
	w.count.kill(ofManager)
	if !alone {
		return true
	}
	if _, err := w.manage(); err != nil {
		w.found("%v", err)
	}
	return true
}

// takenOver starts a second manager, and returns when that has written or has had time to.
func (w *world) takenOver(*gate) {
	second, err := w.manage()
	if err != nil {
		w.found("%v", err)
		return
	}
	for deadline := time.Now().Add(4 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if second.gate.wrote.Load() > 0 {
			time.Sleep(300 * time.Millisecond) // what follows from its first write
			return
		}
	}
}

// standing returns when both servers are ready.
func (w *world) standing() {
	for _, each := range []victim{ofStore, ofServer} {
		w.servers[each].Lock()
		w.servers[each].Unlock() //nolint:staticcheck,gocritic // whoever starts it has the lock
	}
}

// stop ends everything.
func (w *world) stop() error {
	err := w.stopManagers()
	w.standing()
	w.unsee()
	return errors.Join(err, w.ground.Plane.Stop())
}
