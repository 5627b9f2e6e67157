// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"
	"sigs.k8s.io/yaml"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/health"
	"github.com/seatplane/seatplane/internal/redact"
)

// maxReported is the largest number of subscriptions that are not Ready in a report.
const maxReported = 50

// reportFlags are the flags of report.
type reportFlags struct {
	subscriptions []string
	file          string
	withNames     bool
}

func newReport(o *Options) *cobra.Command {
	f := &reportFlags{}
	cmd := &cobra.Command{
		Use:   "report",
		Short: "Write a support bundle without names and secrets",
		Long: "Write one YAML file that helps others to understand a problem. It has the summary of \"status\", the products and " +
			"policies, and up to 50 subscriptions that are not Ready. With --subscription, it has everything that belongs to a " +
			"subscription. Secrets are never read. The names, IDs and addresses of customers, the names of subscriptions, and " +
			"the queries and addresses of data sources are replaced. Read the file before you send it.",
		Example: "  kubectl seatplane report --file report.yaml\n" +
			"  kubectl seatplane report --subscription acme --file report.yaml",
		Args: arguments(),
	}
	cmd.Flags().StringSliceVar(&f.subscriptions, "subscription", nil, "include everything about these subscriptions")
	cmd.Flags().StringVar(&f.file, "file", "", "the file to write; defaults to the standard output")
	cmd.Flags().BoolVar(&f.withNames, "with-names", false, "keep the names of customers and all other text")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		c, err := o.Connect()
		if err != nil {
			return err
		}
		bundle, err := f.bundle(cmd.Context(), o, c)
		if err != nil {
			return err
		}
		if f.file == "" {
			_, err := o.Out.Write(bundle)
			return err
		}
		const private = 0o600
		if err := os.WriteFile(f.file, bundle, private); err != nil {
			return err
		}
		_, err = fmt.Fprintf(o.Out, "Wrote %s. Read it before you send it.\n", f.file)
		return err
	}
	return cmd
}

// bundle reads everything before it writes.
func (f *reportFlags) bundle(ctx context.Context, o *Options, c *Cluster) ([]byte, error) {
	summary, err := readHealth(ctx, o, c, c.Namespace)
	if err != nil {
		return nil, err
	}
	objects, err := f.objects(ctx, c)
	if err != nil {
		return nil, err
	}
	redactor := redact.New()
	for _, object := range objects {
		redactor.Learn(object)
	}
	if !f.withNames {
		summary = withoutNames(summary)
	}
	out := &bytes.Buffer{}
	if err := writeDocument(out, map[string]any{"status": summary}); err != nil {
		return nil, err
	}
	for _, object := range objects {
		gvk, err := apiutil.GVKForObject(object, c.Scheme())
		if err != nil {
			return nil, err
		}
		object.GetObjectKind().SetGroupVersionKind(gvk)
		object.SetManagedFields(nil)
		document := any(object)
		if !f.withNames {
			if document, err = redactor.Object(object); err != nil {
				return nil, err
			}
		}
		if err := writeDocument(out, document); err != nil {
			return nil, err
		}
	}
	return out.Bytes(), nil
}

func writeDocument(out *bytes.Buffer, document any) error {
	text, err := yaml.Marshal(document)
	if err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	out.WriteString("---\n")
	out.Write(text)
	return nil
}

// withoutNames leaves out the objects of findings, which are useless without their names, and the messages, which may
// quote customers that are not in the report.
func withoutNames(s health.Summary) health.Summary {
	for n := range s.Findings {
		s.Findings[n].Objects, s.Findings[n].Message = nil, ""
	}
	return s
}

// objects are the objects in the report.
func (f *reportFlags) objects(ctx context.Context, c *Cluster) ([]client.Object, error) {
	var objects []client.Object
	err := Pages(ctx, c, c.Namespace, func(page *v1alpha1.SeatProductList) error {
		for n := range page.Items {
			objects = append(objects, &page.Items[n])
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = Pages(ctx, c, c.Namespace, func(page *v1alpha1.ProrationPolicyList) error {
		for n := range page.Items {
			objects = append(objects, &page.Items[n])
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(f.subscriptions) > 0 {
		for _, name := range f.subscriptions {
			found, err := aboutSubscription(ctx, c, name)
			if err != nil {
				return nil, err
			}
			objects = append(objects, found...)
		}
		return objects, nil
	}
	unwell, err := unwellSubscriptions(ctx, c)
	return append(objects, unwell...), err
}

// aboutSubscription is everything that belongs to a subscription.
func aboutSubscription(ctx context.Context, c *Cluster, name string) ([]client.Object, error) {
	s := &v1alpha1.Subscription{}
	if err := c.Find(ctx, name, s); err != nil {
		return nil, err
	}
	objects := []client.Object{s}
	updates, err := listUpdates(ctx, c, name)
	if err != nil {
		return nil, err
	}
	for n := range updates {
		objects = append(objects, &updates[n])
	}
	invoices, err := listInvoices(ctx, c, s)
	if err != nil {
		return nil, err
	}
	for n := range invoices {
		objects = append(objects, &invoices[n])
	}
	assignments, err := listAssignments(ctx, c, name)
	for n := range assignments {
		objects = append(objects, &assignments[n])
	}
	return objects, err
}

// unwellSubscriptions are subscriptions that are not Ready, up to a maximum.
func unwellSubscriptions(ctx context.Context, c *Cluster) ([]client.Object, error) {
	var unwell []client.Object
	err := Pages(ctx, c, c.Namespace, func(page *v1alpha1.SubscriptionList) error {
		for n := range page.Items {
			s := &page.Items[n]
			ready := meta.FindStatusCondition(s.Status.Conditions, v1alpha1.ConditionReady)
			isWell := ready != nil && (ready.Status == metav1.ConditionTrue || ready.Reason == v1alpha1.ReasonCanceled)
			if !isWell && len(unwell) < maxReported {
				unwell = append(unwell, s)
			}
		}
		return nil
	})
	return unwell, err
}
