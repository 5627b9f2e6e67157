// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package node

import (
	"fmt"
	"net"
	"net/http"

	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// sold is a product of a name whose seats a loader process counts at a server, and a subscription of that name.
const sold = `
apiVersion: billing.seatplane.dev/v1alpha1
kind: SeatProduct
metadata: {name: %[1]s}
spec:
  plans:
  - {name: monthly, currency: EUR, interval: {unit: Month, count: 1}, pricing: {model: PerUnit, unitAmount: "12.50"}}
  dataLoader:
    http: {url: %[2]q, rows: response, rowKey: row.id, rowCount: int(row.n)}
  refresh: {every: 1h}
---
apiVersion: billing.seatplane.dev/v1alpha1
kind: Subscription
metadata: {name: %[1]s}
spec:
  customer: {id: %[1]s}
  items:
  - {name: editors, productRef: {name: %[1]s}, plan: monthly}
`

// listens returns a listener that pods reach.
func (i *installation) listens() net.Listener {
	i.Helper()
	listener, err := net.Listen("tcp", net.JoinHostPort(hostAddress, "0"))
	if err != nil {
		i.Fatal(err)
	}
	return listener
}

// serves starts an HTTP server that pods reach, and returns its URL.
func (i *installation) serves(answer http.HandlerFunc) string {
	i.Helper()
	listener := i.listens()
	server := &http.Server{Handler: answer, ReadHeaderTimeout: patience}
	go func() { _ = server.Serve(listener) }()
	i.Cleanup(func() {
		if err := server.Close(); err != nil {
			i.Error(err)
		}
	})
	return "http://" + listener.Addr().String()
}

// bills sells seats to a customer and requires one invoice. Seats are counted by a loader process in the leader's pod
// that is as confined as the manager.
func (i *installation) bills(customer string, seats int, due string) {
	i.Helper()
	loaders := make(chan process, 100)
	url := i.serves(func(response http.ResponseWriter, _ *http.Request) {
		// The loader process waits for the answer.
		for _, pod := range everyPod(i.Context()) {
			for _, each := range processesOf(pod) {
				if !each.isManager {
					loaders <- each
				}
			}
		}
		response.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(response, `[{"id": %q, "n": %d}]`, customer, seats)
	})
	if err := site.apply(i.Context(), "default", fmt.Sprintf(sold, customer, url)); err != nil {
		i.Fatal(err)
	}
	i.eventually(customer+" has an invoice of "+due, func() (bool, string) {
		invoices := i.invoices(customer)
		return len(invoices) == 1 && invoices[0] == due, fmt.Sprint(invoices, i.conditionsOf(customer))
	})
	site.customers = append(site.customers, customer)
	if len(loaders) == 0 {
		i.Error("the manager asked the source itself, and not in a loader process")
	}
	for len(loaders) > 0 {
		i.requireConfined(<-loaders)
	}
}

// invoices returns the amounts that a customer was billed.
func (i *installation) invoices(customer string) []string {
	i.Helper()
	var list v1alpha1.InvoiceList
	if err := site.List(i.Context(), &list); err != nil {
		return []string{err.Error()}
	}
	var amounts []string
	for _, each := range list.Items {
		if string(each.Spec.SubscriptionRef.Name) == customer {
			amounts = append(amounts, fmt.Sprint(each.Spec.AmountDue))
		}
	}
	return amounts
}

// conditionsOf describes the product of a name.
func (i *installation) conditionsOf(product string) string {
	var found v1alpha1.SeatProduct
	if err := site.Get(i.Context(), client.ObjectKey{Namespace: "default", Name: product}, &found); err != nil {
		return err.Error()
	}
	condition := meta.FindStatusCondition(found.Status.Conditions, v1alpha1.ConditionLoaded)
	if condition == nil {
		return ""
	}
	return condition.Reason + ": " + condition.Message
}
