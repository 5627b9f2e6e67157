// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/seatplane/seatplane/internal/transfer"
)

// newImport returns the command that creates the objects of an export.
func newImport(o *Options) *cobra.Command {
	return &cobra.Command{
		Use:   "import FILE",
		Short: "Create the objects of an export in an empty cluster, with their statuses",
		Long: "Create the objects of an export in a cluster, or a namespace, that has none of these objects, with their\n" +
			"statuses. Billing continues where it was: with the same invoice numbers, and with nothing billed twice. Nothing is\n" +
			"billed before everything is in place. If the command was interrupted, run it again with the same file.\n\n" +
			"Stop the manager of the old cluster before the export, or both clusters bill. The namespaces have to exist.\n" +
			"The admission policies let only the account seatplane-importer import.",
		Example: "  kubectl create clusterrolebinding seatplane-import --clusterrole=seatplane-importer \\\n" +
			"    --serviceaccount=seatplane-system:seatplane-importer\n" +
			"  kubectl seatplane import backup.jsonl --as=system:serviceaccount:seatplane-system:seatplane-importer\n" +
			"  kubectl delete clusterrolebinding seatplane-import",
		Args: arguments("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error { return o.importFile(cmd.Context(), args[0]) },
	}
}

func (o *Options) importFile(ctx context.Context, path string) error {
	content, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Fail(Failed, "there is no file %q: use the path of an export", path)
	}
	if err != nil {
		return err
	}
	defer content.Close()
	file, err := transfer.Open(content)
	if err != nil {
		return Fail(Refused, "%s cannot be imported: %w", path, err)
	}
	cluster, err := o.Connect()
	if err != nil {
		return err
	}
	var mu sync.Mutex
	progress, shown := o.NewProgress(""), ""
	importer := &transfer.Importer{Client: cluster, Each: func(step string, done int) {
		mu.Lock()
		defer mu.Unlock()
		if step != shown {
			progress.End()
			progress, shown = o.NewProgress(step), step
		}
		progress.At(done, 0)
	}}
	summary, err := importer.Import(ctx, file)
	progress.End()
	if err != nil {
		return importFailed(err)
	}
	_, err = fmt.Fprintf(o.Out, "imported %d objects, %d of them subscriptions, from the export of %s\n",
		summary.Total(), summary.Objects["Subscription"], file.Header.Time.Format("2006-01-02 15:04:05Z07:00"))
	return err
}

// importFailed adds what to do to the error of an import. Whatever stopped it, the same file continues it.
func importFailed(err error) error {
	said := err.Error()
	switch {
	case isNamespaceMissing(err):
		return Fail(Failed, "%w: create the namespaces of the export, and import again", err)
	case apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause):
		return Fail(Failed, "%w: wait until the namespace is gone, create it again, and import again with the same file", err)
	case apierrors.IsForbidden(err) && strings.Contains(said, "exceeded quota"):
		return Fail(Failed, "%w: raise the quota, and import again with the same file, which continues", err)
	case apierrors.IsForbidden(err) && (strings.Contains(said, " cannot ") || strings.Contains(said, "AdmissionPolicy 'seatplane-")):
		return Fail(Failed, "%w: bind the role seatplane-importer and add "+
			"--as=system:serviceaccount:seatplane-system:seatplane-importer, as \"kubectl seatplane import --help\" shows", err)
	case apierrors.IsForbidden(err) || strings.Contains(said, "denied the request"):
		return Fail(Failed, "%w: change whatever refuses this object, and import again with the same file, which continues", err)
	default:
		return err
	}
}

// isNamespaceMissing reports whether an object could not be created because its namespace does not exist.
func isNamespaceMissing(err error) bool {
	status := apierrors.APIStatus(nil)
	if !errors.As(err, &status) || !apierrors.IsNotFound(err) {
		return false
	}
	details := status.Status().Details
	return details != nil && details.Kind == "namespaces"
}
