// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package image

import (
	"net/url"
	"os"
	"path/filepath"
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/seatplane/seatplane/internal/testing/playground"
)

// object is a part of an OCI runtime configuration.
type object = map[string]any

// bundle returns the configuration of the container that a kubelet would ask for, except that it shares the
// network of this test.
func (c *container) bundle(deployment *appsv1.Deployment, flags []string) object {
	c.Helper()
	pod := deployment.Spec.Template.Spec
	manager := pod.Containers[0]
	if manager.SecurityContext == nil || pod.SecurityContext == nil || pod.SecurityContext.RunAsUser == nil {
		c.Fatal("the Deployment does not say as whom the manager runs")
	}
	if pod.SecurityContext.SeccompProfile == nil || pod.SecurityContext.SeccompProfile.Type != corev1.SeccompProfileTypeRuntimeDefault {
		c.Fatal("the Deployment does not ask for the runtime's seccomp profile")
	}
	return object{
		"ociVersion": "1.0.2",
		"process": object{
			"user":            object{"uid": *pod.SecurityContext.RunAsUser, "gid": *pod.SecurityContext.RunAsGroup},
			"args":            append(append(append([]string{}, c.entrypoint...), manager.Args...), flags...),
			"env":             c.environment(manager),
			"cwd":             "/",
			"noNewPrivileges": !*manager.SecurityContext.AllowPrivilegeEscalation,
			"capabilities":    capabilities(manager.SecurityContext.Capabilities),
		},
		"root":   object{"path": "rootfs", "readonly": *manager.SecurityContext.ReadOnlyRootFilesystem},
		"mounts": c.mounts(),
		"linux": object{
			"namespaces": []object{{"type": "pid"}, {"type": "ipc"}, {"type": "uts"}, {"type": "mount"}},
			"resources": object{
				"memory":  object{"limit": manager.Resources.Limits.Memory().Value()},
				"devices": []object{{"allow": false, "access": "rwm"}},
			},
			"maskedPaths": []string{
				"/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
				"/proc/sched_debug", "/proc/scsi", "/sys/firmware",
			},
			"readonlyPaths": []string{"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"},
		},
	}
}

// capabilities returns those that a container keeps. A runtime gives some to a container that drops none.
func capabilities(of *corev1.Capabilities) object {
	kept := []string{"CAP_CHOWN", "CAP_NET_BIND_SERVICE", "CAP_SETUID"}
	if of != nil && len(of.Drop) == 1 && of.Drop[0] == "ALL" && len(of.Add) == 0 {
		kept = []string{}
	}
	return object{"bounding": kept, "effective": kept, "permitted": kept}
}

// environment returns what the Deployment and the kubelet set.
func (c *container) environment(manager corev1.Container) []string {
	c.Helper()
	server, err := url.Parse(c.ground.Plane.Config.Host)
	if err != nil {
		c.Fatal(err)
	}
	all := []string{"KUBERNETES_SERVICE_HOST=" + server.Hostname(), "KUBERNETES_SERVICE_PORT=" + server.Port()}
	for _, each := range manager.Env {
		if each.ValueFrom == nil || each.ValueFrom.ResourceFieldRef == nil || each.ValueFrom.ResourceFieldRef.Resource != "limits.memory" {
			c.Fatalf("the test does not know how a kubelet sets %s", each.Name)
		}
		all = append(all, each.Name+"="+strconv.FormatInt(manager.Resources.Limits.Memory().Value(), 10))
	}
	return all
}

// mounts returns what every container has, and the credentials of the manager's ServiceAccount.
func (c *container) mounts() []object {
	c.Helper()
	access, err := c.ground.TokenFor(c.Context(), playground.Namespace, "seatplane-manager")
	if err != nil {
		c.Fatal(err)
	}
	folder := filepath.Join(c.folder, "credentials")
	if err := os.Mkdir(folder, 0o755); err != nil {
		c.Fatal(err)
	}
	for name, content := range map[string]string{
		"token": access.BearerToken, "ca.crt": string(access.CAData), "namespace": playground.Namespace,
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o644); err != nil {
			c.Fatal(err)
		}
	}
	return []object{
		{"destination": "/proc", "type": "proc", "source": "proc", "options": []string{"nosuid", "noexec", "nodev"}},
		{"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": []string{"nosuid", "strictatime", "mode=755", "size=65536k"}},
		{"destination": "/dev/shm", "type": "tmpfs", "source": "shm", "options": []string{"nosuid", "noexec", "nodev", "mode=1777", "size=65536k"}},
		{"destination": "/sys", "type": "sysfs", "source": "sysfs", "options": []string{"nosuid", "noexec", "nodev", "ro"}},
		{"destination": credentials, "type": "bind", "source": folder, "options": []string{"rbind", "ro"}},
	}
}
