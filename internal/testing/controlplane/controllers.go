// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"fmt"
	"os"
	"os/exec"
)

// startControllers starts kube-controller-manager, which collects garbage, empties namespaces, gathers
// aggregated roles and makes the pods of deployments. There is no node for them to run on.
func (r *Running) startControllers() error {
	const name = "kube-controller-manager"
	if info, err := os.Stat(r.Binary(name)); err != nil || info.IsDir() {
		return fmt.Errorf("%s has no %s: `hack/control-plane.sh --all` provides one", r.assets, name)
	}
	log, err := os.Create(r.logOf(name))
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command(r.Binary(name),
		"--kubeconfig="+r.Kubeconfig, "--secure-port=0", "--leader-elect=false",
		// Each controller has an account of its own, as in most clusters: admission policies tell them apart.
		"--use-service-account-credentials",
		// Nothing here is about nodes, volumes or certificates.
		"--controllers=clusterrole-aggregation-controller,deployment-controller,disruption-controller,"+
			"garbage-collector-controller,namespace-controller,replicaset-controller,serviceaccount-controller,"+
			"validatingadmissionpolicy-status-controller")
	cmd.Stdout, cmd.Stderr = log, log
	if err := r.Guard(cmd); err != nil {
		return fmt.Errorf("starting %s: %w", name, err)
	}
	// Whoever waits for its work sees that it is gone: Stop kills it, and only then it ends.
	go func() { _ = cmd.Wait() }()
	return nil
}
