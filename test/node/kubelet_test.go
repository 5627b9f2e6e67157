// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package node

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"

	"k8s.io/client-go/rest"

	"github.com/seatplane/seatplane/internal/testing/controlplane"
)

const (
	// containerdConfig configures containerd for a folder, the folders of runc and of the plugins, and an image.
	// A root user without CAP_SYS_RESOURCE may not protect processes from the kernel's killer, so it does not try.
	containerdConfig = `
version = 2
root = "%[1]s/containerd"
state = "%[2]s/containerd"
disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs"]
[grpc]
  address = "%[2]s/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "%[5]s"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "%[3]s/cni"
    conf_dir = "%[1]s/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      BinaryName = "%[3]s/bin/runc"
      Root = "%[4]s"
`
	// network connects pods with the bridge. Both nodes take addresses from the same list.
	network = `{
  "cniVersion": "0.4.0", "name": "seatplane",
  "plugins": [{
    "type": "bridge", "bridge": %q, "isGateway": true, "hairpinMode": true,
    "ipam": {
      "type": "host-local", "dataDir": "/run/seatplane-addresses",
      "ranges": [[{"subnet": %q, "gateway": %q, "rangeStart": "10.87.0.10"}]], "routes": [{"dst": "0.0.0.0/0"}]
    }
  }]
}
`
	// kubeletConfig configures a kubelet for a folder, a folder of sockets, an address and a control group.
	kubeletConfig = `
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: %[3]s
healthzPort: 0
authentication: {anonymous: {enabled: false}, webhook: {enabled: false}}
authorization: {mode: AlwaysAllow}
containerRuntimeEndpoint: unix://%[2]s/containerd.sock
cgroupDriver: cgroupfs
cgroupRoot: /%[4]s
failCgroupV1: false
failSwapOn: false
makeIPTablesUtilChains: false
oomScoreAdj: 0
podLogsDir: %[1]s/logs
volumePluginDir: %[1]s/plugins
resolvConf: /etc/resolv.conf
# A test machine may be nearly full.
imageGCHighThresholdPercent: 100
evictionHard: {memory.available: 1Mi, nodefs.available: "0%%", imagefs.available: "0%%", nodefs.inodesFree: "0%%"}
`
)

// startNode starts containerd and a kubelet, as two programs that share nothing with those of another node but the
// bridge, and gives containerd the images.
func (c *cluster) startNode(name, address string, authority []byte) error {
	folder, sockets := c.path(name), "/run/"+name
	programs := filepath.Join(c.root, "bin", "node")
	config := filepath.Join(folder, "kubelet.yaml")
	files := map[string]string{
		filepath.Join(folder, "containerd.toml"):           fmt.Sprintf(containerdConfig, folder, sockets, programs, filepath.Join(sockets, "runc"), pause+":"+present),
		filepath.Join(folder, "cni", "10-bridge.conflist"): fmt.Sprintf(network, bridge, podNetwork, hostAddress),
		config: fmt.Sprintf(kubeletConfig, folder, sockets, address, groupOf(name)),
	}
	for path, content := range files {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(sockets, 0o755); err != nil {
		return err
	}
	err := c.run(name+"-containerd", filepath.Join(programs, "bin", "containerd"), "--config", filepath.Join(folder, "containerd.toml"))
	if err != nil {
		return err
	}
	if err := c.importImages(sockets); err != nil {
		return err
	}
	access, err := c.accessOf(name, authority)
	if err != nil {
		return err
	}
	kubeconfig := filepath.Join(folder, "kubeconfig")
	if err := controlplane.WriteKubeconfig(kubeconfig, access); err != nil {
		return err
	}
	return c.run(name+"-kubelet", c.plane.Binary("kubelet"), "--config="+config, "--kubeconfig="+kubeconfig,
		"--hostname-override="+name, "--node-ip="+address, "--root-dir="+filepath.Join(folder, "kubelet"), "--cert-dir="+filepath.Join(folder, "pki"))
}

// accessOf returns a kubelet's access, with the rights of its node alone, at the address that pods use.
func (c *cluster) accessOf(node string, authority []byte) (*rest.Config, error) {
	config, err := c.plane.AddUser("system:node:"+node, "system:nodes")
	if err != nil {
		return nil, err
	}
	server, err := url.Parse(config.Host)
	if err != nil {
		return nil, err
	}
	config.Host, config.CAData = "https://"+net.JoinHostPort(hostAddress, server.Port()), authority
	return config, nil
}

// importImages waits until containerd serves, and gives it the archives.
func (c *cluster) importImages(sockets string) error {
	ctr := func(args ...string) *exec.Cmd {
		return exec.Command(filepath.Join(c.root, "bin", "node", "bin", "ctr"),
			append([]string{"--address", filepath.Join(sockets, "containerd.sock"), "--namespace", "k8s.io"}, args...)...)
	}
	err := until(context.Background(), "containerd serves", func(context.Context) (bool, string) {
		out, err := ctr("images", "list").CombinedOutput()
		return err == nil, string(out)
	})
	if err != nil {
		return err
	}
	for _, archive := range []string{"pause.tar", filepath.Join(former, "image.tar"), filepath.Join(present, "image.tar")} {
		if err := quietly(ctr("images", "import", c.path(archive))); err != nil {
			return err
		}
	}
	return nil
}
