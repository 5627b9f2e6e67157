// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"fmt"
	"os"
	"os/exec"
)

// startControllers starts kube-controller-manager, which collects garbage, empties namespaces,
// aggregates roles and creates the pods of deployments. There is no node for the pods to run on.
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
		// Each controller has a separate account, as in most clusters, and admission policies distinguish
		// them.
		"--use-service-account-credentials",
		// Nothing here concerns nodes, volumes or certificates.
		"--controllers=clusterrole-aggregation-controller,deployment-controller,disruption-controller,"+
			"garbage-collector-controller,namespace-controller,replicaset-controller,serviceaccount-controller,"+
			"validatingadmissionpolicy-status-controller")
	cmd.Stdout, cmd.Stderr = log, log
	if err := r.Guard(cmd); err != nil {
		return fmt.Errorf("starting %s: %w", name, err)
	}
	// Its users see when it ends, because it only ends when Stop kills it.
	go func() { _ = cmd.Wait() }()
	return nil
}
