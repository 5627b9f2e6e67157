// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/seatplane/seatplane/internal/testing/watchdog"
)

const (
	// startTimeout is generous because tests of several packages start at once on small machines.
	startTimeout = 90 * time.Second

	// attempts covers a port that someone else took between choosing and using it.
	attempts = 3
)

// Options says how to run a control plane. The zero value is what tests want.
type Options struct {
	// Kubeconfig is the file to write the administrator's kubeconfig to. Empty means a file in the
	// throw-away folder.
	Kubeconfig string

	// AuditUser is a user whose requests are kept for Asked. Empty means that none are.
	AuditUser string

	// Controllers has kube-controller-manager run too, which not every set of binaries holds.
	Controllers bool
}

// Running is a control plane that is up. Stop it when done.
type Running struct {
	// Config is the administrator's, without a client-side rate limit.
	Config *rest.Config

	// Kubeconfig is the file that holds the same access for kubectl and for a manager.
	Kubeconfig string

	// Dir is the throw-away folder. It holds the logs etcd.log and kube-apiserver.log, and callers
	// may keep their own files there.
	Dir string

	assets   string
	plane    *envtest.ControlPlane
	watchdog *watchdog.Watchdog
	stopOnce sync.Once
	stopErr  error
}

// Launch starts etcd and kube-apiserver and returns when they serve. It installs nothing: see
// InstallCRDs.
func Launch(opts Options) (*Running, error) {
	assets, err := Assets()
	if err != nil {
		return nil, err
	}
	for attempt := 1; ; attempt++ {
		r, err := launchOnce(assets, opts)
		if err == nil || attempt == attempts {
			return r, err
		}
	}
}

func launchOnce(assets string, opts Options) (*Running, error) {
	dir, err := os.MkdirTemp("", "seatplane-")
	if err != nil {
		return nil, err
	}
	dog, err := watchdog.New(dir)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	r := &Running{Dir: dir, Kubeconfig: opts.Kubeconfig, assets: assets, watchdog: dog}
	if r.Kubeconfig == "" {
		r.Kubeconfig = filepath.Join(dir, "kubeconfig")
	}
	if err := r.start(opts); err != nil {
		return nil, errors.Join(err, r.Stop())
	}
	return r, nil
}

func (r *Running) start(opts Options) error {
	if err := r.configure(); err != nil {
		return err
	}
	if opts.AuditUser != "" {
		if err := r.audit(opts.AuditUser); err != nil {
			return err
		}
	}
	if err := r.plane.Start(); err != nil {
		return fmt.Errorf("the control plane does not start: %w%s", err, r.lastWords())
	}
	cfg, err := r.AddUser("admin", "system:masters")
	if err != nil {
		return err
	}
	r.Config = cfg
	if err := WriteKubeconfig(r.Kubeconfig, cfg); err != nil || !opts.Controllers {
		return err
	}
	return r.startControllers()
}

// configure gives both servers a folder below Dir, a log file, and a path that the watchdog knows.
func (r *Running) configure() error {
	etcd := &envtest.Etcd{StartTimeout: startTimeout}
	api := &envtest.APIServer{StartTimeout: startTimeout}
	r.plane = &envtest.ControlPlane{Etcd: etcd, APIServer: api, KubectlPath: r.Binary("kubectl")}

	var err error
	if etcd.DataDir, err = r.mkdir("etcd-data"); err != nil {
		return err
	}
	if api.CertDir, err = r.mkdir("apiserver-certs"); err != nil {
		return err
	}
	if etcd.Path, err = r.watchdog.Wrap(r.Binary("etcd")); err != nil {
		return err
	}
	if api.Path, err = r.watchdog.Wrap(r.Binary("kube-apiserver")); err != nil {
		return err
	}
	// Files, not pipes: a pipe would break, and end the servers, in the midst of their own output.
	etcdLog, err := os.Create(r.logOf("etcd"))
	if err != nil {
		return err
	}
	apiLog, err := os.Create(r.logOf("kube-apiserver"))
	if err != nil {
		return err
	}
	etcd.Out, etcd.Err = etcdLog, etcdLog
	api.Out, api.Err = apiLog, apiLog
	return nil
}

func (r *Running) mkdir(name string) (string, error) {
	dir := filepath.Join(r.Dir, name)
	return dir, os.Mkdir(dir, 0o700)
}

func (r *Running) logOf(name string) string { return filepath.Join(r.Dir, name+".log") }

// lastWords quotes the end of the logs, which are gone when the caller reads the error.
func (r *Running) lastWords() string {
	const most = 2000
	words := ""
	for _, name := range []string{"etcd", "kube-apiserver"} {
		content, err := os.ReadFile(r.logOf(name))
		if err != nil || len(content) == 0 {
			continue
		}
		words += fmt.Sprintf("\nlast words of %s:\n%s", name, content[max(0, len(content)-most):])
	}
	return words
}

// AddUser returns access for a user who authenticates with a certificate and holds the roles that
// RBAC binds to the name and the groups. It has no client-side rate limit.
func (r *Running) AddUser(name string, groups ...string) (*rest.Config, error) {
	user, err := r.plane.AddUser(envtest.User{Name: name, Groups: groups}, &rest.Config{QPS: -1})
	if err != nil {
		return nil, fmt.Errorf("adding user %s: %w", name, err)
	}
	return user.Config(), nil
}

// InstallCRDs installs what config/crd/bases holds and waits until it is served.
func (r *Running) InstallCRDs() error {
	root, err := Root()
	if err != nil {
		return err
	}
	_, err = envtest.InstallCRDs(r.Config, envtest.CRDInstallOptions{
		Paths:              []string{filepath.Join(root, "config", "crd", "bases")},
		ErrorIfPathMissing: true,
	})
	return err
}

// Binary returns the path of one of the control plane's binaries, such as kubectl.
func (r *Running) Binary(name string) string { return filepath.Join(r.assets, name) }

// Guard starts a command that must not outlive this process or the control plane: Stop kills it,
// and so does this process's own end. Stop it in good order before that.
func (r *Running) Guard(cmd *exec.Cmd) error { return r.watchdog.Start(cmd) }

// Stop ends everything and removes the throw-away folder. Only the first call does something;
// later ones return the same error.
func (r *Running) Stop() error {
	r.stopOnce.Do(func() { r.stopErr = r.watchdog.Release() })
	return r.stopErr
}
