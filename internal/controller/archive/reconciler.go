// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package archive copies finished SubscriptionUpdates and Invoices to the databases that Archives name
// (docs/archive.md).
//
// A pass asks the database what it holds, the first time in this process. Then it stores what is missing, reads it
// back, and marks invoices that are equal as archived. It decides nothing about billing. It records its findings
// in internal/books, where the reconcilers of subscriptions and of retention read them.
package archive

import (
	"context"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/books"
	"github.com/seatplane/seatplane/internal/dataloader/egress"
	"github.com/seatplane/seatplane/internal/dataloader/guest"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/status"
)

// +kubebuilder:rbac:groups=billing.seatplane.dev,resources=archives,verbs=list;watch
// +kubebuilder:rbac:groups=billing.seatplane.dev,resources=archives/status,verbs=update
// +kubebuilder:rbac:groups=billing.seatplane.dev,resources=subscriptions;subscriptionupdates;invoices,verbs=get;list;watch
// +kubebuilder:rbac:groups=billing.seatplane.dev,resources=invoices/status,verbs=update
// +kubebuilder:rbac:groups="",resources=secrets,verbs=get

const (
	// maxRecords bounds the records of one pass, and maxBytes those of one loader process.
	maxRecords = 1000
	maxBytes   = 4 << 20
	// maxAsked bounds the records that a loader process is asked about.
	maxAsked = 20_000
	// soon is when the next pass is made while records are left, and catchUp while the cache has not shown a write.
	soon    = 100 * time.Millisecond
	catchUp = time.Second
	// firstRetry and lastRetry bound the time until a database that failed is asked again.
	firstRetry = 10 * time.Second
	lastRetry  = 5 * time.Minute
	// recheck is how often a record that could not be archived, and a subscription that the archive is ahead of, are
	// compared again.
	recheck = time.Minute
	// idle is how often an archive is asked although nothing happened, so that its condition stays up
	// to date.
	idle = 10 * time.Minute
)

// Reconciler copies the records of one namespace to one database at a time.
type Reconciler struct {
	// Client reads from the cache and writes to the API server.
	Client client.Client
	// Live reads from the API server.
	Live client.Reader
	// Clock is the wall clock.
	Clock clock.PassiveClock
	// Runner carries out jobs in loader processes.
	Runner guest.Runner
	// Egress defines which servers may be reached, and whether they must be verified.
	Egress egress.Policy
	// Books is where others read what this reconciler learns.
	Books *books.Books

	mu       sync.Mutex
	accounts map[types.NamespacedName]*account
}

// account is what this process knows about one archive. Only the archive's own pass uses it.
type account struct {
	// uid is the archive's, and generation that of its spec: another one begins a new account.
	uid        types.UID
	generation int64
	// synced means that the archive was asked about every record that existed when this process began.
	synced bool
	// held are the versions of the records that the archive holds.
	held map[types.UID]holding
	// problems are the records that could not be archived.
	problems map[types.UID]problem
	// states are the states of invoices that the archive does not have yet, by UID.
	states map[types.UID]state
	// failures counts attempts in a row that the database did not answer.
	failures int
	// last is when a record was last archived.
	last time.Time
}

// Reconcile makes one pass over an archive. It writes nothing if nothing has changed.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	var object v1alpha1.Archive
	err := r.Client.Get(ctx, req.NamespacedName, &object)
	if apierrors.IsNotFound(err) {
		r.forget(req.NamespacedName)
		return ctrl.Result{}, nil
	}
	if err != nil {
		return ctrl.Result{}, err
	}
	if facts.IsImporting(&object) {
		return ctrl.Result{}, nil // its status may not be in place yet; the end of the import triggers it
	}
	before := object.DeepCopy()
	p := &pass{Reconciler: r, archive: &object, name: req.NamespacedName, known: r.account(&object)}
	next, err := p.run(ctx)
	if err != nil {
		return ctrl.Result{}, err
	}
	if p.fault != nil && p.fault.detail != "" {
		log.FromContext(ctx).Info("an archive failed", "archive", req.NamespacedName, "reason", p.fault.reason, "detail", p.fault.detail)
	}
	describe(&object, p.findings(), r.Clock.Now())
	result, err := status.Commit(ctx, r.Client, before, &object)
	if err != nil || result.RequeueAfter > 0 {
		return result, client.IgnoreNotFound(err)
	}
	return ctrl.Result{RequeueAfter: next}, nil
}

// account returns what is known about an archive. After its spec changed, or another one got its name, nothing is.
func (r *Reconciler) account(of *v1alpha1.Archive) *account {
	r.mu.Lock()
	defer r.mu.Unlock()
	name := client.ObjectKeyFromObject(of)
	known := r.accounts[name]
	if known != nil && known.uid == of.UID && known.generation == of.Generation {
		return known
	}
	if r.accounts == nil {
		r.accounts = map[types.NamespacedName]*account{}
	}
	if known != nil {
		r.Books.Forget(name)
	}
	known = &account{
		uid: of.UID, generation: of.Generation,
		held: map[types.UID]holding{}, problems: map[types.UID]problem{}, states: map[types.UID]state{},
	}
	r.accounts[name] = known
	return known
}

func (r *Reconciler) forget(name types.NamespacedName) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.accounts, name)
	r.Books.Forget(name)
}

// ForgetNamespace drops what is known about the archives of a namespace that is no longer watched.
func (r *Reconciler) ForgetNamespace(namespace string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for name := range r.accounts {
		if name.Namespace == namespace {
			delete(r.accounts, name)
		}
	}
	r.Books.ForgetNamespace(namespace)
}
