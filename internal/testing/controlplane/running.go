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

	"github.com/seatplane/seatplane/config/crd"
	"github.com/seatplane/seatplane/internal/testing/watchdog"
)

const (
	// startTimeout is generous because tests of several packages start at once on small machines.
	startTimeout = 90 * time.Second

	// attempts allows for a port that another process took between choosing and using it.
	attempts = 3
)

// Options configure a control plane. The zero value is suitable for tests.
type Options struct {
	// Assets is the folder of the binaries. Empty means the one that Assets finds.
	Assets string

	// Kubeconfig is the file to write the administrator's kubeconfig to. Empty means a file in the
	// temporary folder.
	Kubeconfig string

	// AuditUser is a user whose requests are kept for Asked. Empty means none.
	AuditUser string

	// Controllers runs kube-controller-manager too, which not every set of binaries contains.
	Controllers bool

	// APIServerFlags and EtcdFlags are further flags of the two servers, without their dashes.
	APIServerFlags, EtcdFlags map[string]string
}

// Running is a running control plane. Stop it when done.
type Running struct {
	// Config is the administrator's, without a client-side rate limit.
	Config *rest.Config

	// Kubeconfig is the file with the same access for kubectl and for a manager.
	Kubeconfig string

	// Dir is the temporary folder. It contains the logs etcd.log and kube-apiserver.log, and
	// callers may keep their own files there.
	Dir string

	assets   string
	plane    *envtest.ControlPlane
	watchdog *watchdog.Watchdog
	stopOnce sync.Once
	stopErr  error
}

// Launch starts etcd and kube-apiserver and returns when they serve requests. It installs nothing;
// see InstallCRDs.
func Launch(opts Options) (*Running, error) {
	assets := opts.Assets
	if assets == "" {
		var err error
		if assets, err = Assets(); err != nil {
			return nil, err
		}
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
	for name, value := range opts.APIServerFlags {
		r.plane.APIServer.Configure().Set(name, value)
	}
	for name, value := range opts.EtcdFlags {
		r.plane.Etcd.Configure().Set(name, value)
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
	// Use files and not pipes, because a pipe would break and end the servers in the middle of
	// their output.
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

// lastWords quotes the end of the logs, which no longer exist when the caller reads the error.
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

// EtcdURL returns where etcd serves its clients, without TLS. What is written there passes by the API server:
// no admission, no validation, no defaults.
func (r *Running) EtcdURL() string { return r.plane.Etcd.URL.String() }

// AddUser returns access for a user who authenticates with a certificate and holds the roles that
// RBAC binds to the name and the groups. It has no client-side rate limit.
func (r *Running) AddUser(name string, groups ...string) (*rest.Config, error) {
	user, err := r.plane.AddUser(envtest.User{Name: name, Groups: groups}, &rest.Config{QPS: -1})
	if err != nil {
		return nil, fmt.Errorf("adding user %s: %w", name, err)
	}
	return user.Config(), nil
}

// InstallCRDs installs the CRDs of config/crd and waits until they are served.
func (r *Running) InstallCRDs() error {
	definitions, err := crd.Definitions()
	if err != nil {
		return err
	}
	_, err = envtest.InstallCRDs(r.Config, envtest.CRDInstallOptions{CRDs: definitions})
	return err
}

// Binary returns the path of one of the control plane's binaries, such as kubectl.
func (r *Running) Binary(name string) string { return filepath.Join(r.assets, name) }

// Guard starts a command that must not outlive this process or the control plane: Stop kills it,
// and so does the end of this process. Stop it cleanly before that.
func (r *Running) Guard(cmd *exec.Cmd) error { return r.watchdog.Start(cmd) }

// Stop ends everything and removes the temporary folder. Only the first call does something; later
// ones return the same error.
func (r *Running) Stop() error {
	r.stopOnce.Do(func() { r.stopErr = r.watchdog.Release() })
	return r.stopErr
}
