// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/controlplane"
)

// cluster is a control plane with nodes.
type cluster struct {
	client.WithWatch

	// root is the top folder of the project, and folder has what the outer process provided.
	root, folder string

	plane *controlplane.Running

	// customers are those that were billed on the present installation.
	customers []string

	// logs are files with the output of the programs of the nodes.
	logs []string
}

// startCluster starts a control plane whose API server pods reach, and the nodes.
func startCluster(folder string) (*cluster, error) {
	root, err := controlplane.Root()
	if err != nil {
		return nil, err
	}
	c := &cluster{root: root, folder: folder}
	authority, err := c.writeCertificates()
	if err != nil {
		return nil, err
	}
	c.plane, err = controlplane.Launch(controlplane.Options{APIServerFlags: map[string]string{
		"bind-address":             "0.0.0.0",
		"advertise-address":        hostAddress,
		"service-cluster-ip-range": serviceNetwork,
		// Pods and kubelets get a certificate that is valid for the address of the Service.
		"tls-sni-cert-key":         c.path("server.crt") + "," + c.path("server.key") + ":" + hostAddress,
		"authorization-mode":       "Node,RBAC",
		"enable-admission-plugins": "NodeRestriction",
		// In place of ServiceAccount, which the suites without nodes disable.
		"disable-admission-plugins": "DefaultStorageClass",
	}})
	if err != nil {
		return nil, err
	}
	if err := c.start(authority); err != nil {
		c.lastWords()
		return nil, errors.Join(err, c.stop())
	}
	return c, nil
}

// start starts everything that is not the API server.
func (c *cluster) start(authority []byte) error {
	scheme := runtime.NewScheme()
	err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme))
	if err != nil {
		return err
	}
	if c.WithWatch, err = client.NewWithWatch(c.plane.Config, client.Options{Scheme: scheme}); err != nil {
		return err
	}
	if err := c.serve(); err != nil {
		return err
	}
	if err := c.run("kube-controller-manager", c.plane.Binary("kube-controller-manager"),
		"--kubeconfig="+c.plane.Kubeconfig, "--secure-port=0", "--leader-elect=false", "--use-service-account-credentials",
		"--root-ca-file="+c.path("authority.crt")); err != nil {
		return err
	}
	if err := c.run("kube-scheduler", c.plane.Binary("kube-scheduler"),
		"--kubeconfig="+c.plane.Kubeconfig, "--secure-port=0", "--leader-elect=false"); err != nil {
		return err
	}
	for name, address := range nodes {
		if err := c.startNode(name, address, authority); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, err = c.kubectl(ctx, "wait", "nodes", "--all", "--for=condition=Ready", "--timeout="+patience.String())
	return err
}

func (c *cluster) path(name string) string { return filepath.Join(c.folder, name) }

// run starts a program that ends with this process, and keeps its output.
func (c *cluster) run(name, binary string, args ...string) error {
	log, err := os.Create(c.path(name + ".log"))
	if err != nil {
		return err
	}
	defer log.Close()
	c.logs = append(c.logs, log.Name())
	cmd := exec.Command(binary, args...)
	cmd.Env = append(os.Environ(), "PATH="+filepath.Join(c.root, "bin", "node", "bin")+":"+os.Getenv("PATH"))
	cmd.Stdout, cmd.Stderr = log, log
	if err := c.plane.Guard(cmd); err != nil {
		return fmt.Errorf("starting %s: %w", name, err)
	}
	// Its users see when it ends.
	go func() { _ = cmd.Wait() }()
	return nil
}

// kubectl runs kubectl as the administrator.
func (c *cluster) kubectl(ctx context.Context, args ...string) (string, error) {
	return c.administer(ctx, "", c.plane.Binary("kubectl"), args...)
}

// apply applies manifests in a namespace.
func (c *cluster) apply(ctx context.Context, namespace, manifests string) error {
	_, err := c.administer(ctx, manifests, c.plane.Binary("kubectl"), "apply", "--namespace", namespace, "-f", "-")
	return err
}

// helm runs Helm as the administrator.
func (c *cluster) helm(ctx context.Context, args ...string) error {
	_, err := c.administer(ctx, "", filepath.Join(c.root, "bin", "tools", "helm"), args...)
	return err
}

func (c *cluster) administer(ctx context.Context, input, binary string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Env = append(os.Environ(), "KUBECONFIG="+c.plane.Kubeconfig, "HELM_CACHE_HOME="+c.plane.Dir, "KUBECACHEDIR="+c.plane.Dir)
	var out, complaint strings.Builder
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(input), &out, &complaint
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("%s %s: %w: %s", filepath.Base(binary), strings.Join(args, " "), err, complaint.String())
	}
	return out.String(), nil
}

// serve has the address of the API server's Service lead to the API server, which kube-proxy does elsewhere.
func (c *cluster) serve() error {
	server, err := url.Parse(c.plane.Config.Host)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(serviceAddress, "443"))
	if err != nil {
		return err
	}
	go forward(listener, net.JoinHostPort(hostAddress, server.Port()))
	return nil
}

// forward connects whoever connects to a listener with an address, until the listener is closed.
func forward(listener net.Listener, address string) {
	for {
		from, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			defer from.Close()
			to, err := net.Dial("tcp", address)
			if err != nil {
				return
			}
			defer to.Close()
			// Either side may end the connection first.
			ended := make(chan struct{}, 2)
			for _, way := range [][2]net.Conn{{from, to}, {to, from}} {
				go func() {
					_, _ = io.Copy(way[0], way[1])
					ended <- struct{}{}
				}()
			}
			<-ended
		}()
	}
}

// lastWords prints the end of the logs.
func (c *cluster) lastWords() {
	const most = 3000
	for _, path := range c.logs {
		content, err := os.ReadFile(path)
		if err == nil {
			fmt.Fprintf(os.Stderr, "--- %s ends with\n%s\n", filepath.Base(path), content[max(0, len(content)-most):])
		}
	}
}

func (c *cluster) stop() error { return c.plane.Stop() }

// until waits until something holds, or returns an error that says what held instead.
func until(ctx context.Context, what string, holds func(context.Context) (bool, string)) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var instead string
	for {
		ok, now := holds(ctx)
		if ok {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("not within %s: %s; instead: %s", patience, what, instead)
		}
		instead = now
		select {
		case <-ctx.Done():
		case <-time.After(200 * time.Millisecond):
		}
	}
}
