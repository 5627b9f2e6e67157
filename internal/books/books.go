// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package books is what this process knows about what the archives hold.
//
// The archive reconciler records it. The reconciler of subscriptions asks whether a subscription may issue documents,
// and retention asks whether a record may be deleted. Nothing here is stored: after a restart, the archives are asked
// again (decision 58).
package books

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/facts"
)

const (
	// Patience is how long documents of a subscription wait for an archive that does not answer. After that, billing
	// continues without it.
	Patience = 5 * time.Minute
	// youth is the age below which a subscription counts as new to every archive when this process begins to work,
	// because an archive takes longer to get its first document. Creation times are whole seconds.
	youth = 5 * time.Second
	// fresh is how long a record can be deleted after an archive has confirmed that it holds the record.
	fresh = 5 * time.Minute
	// maxWakes bounds the archives, and the subscriptions, that are woken at once. One that is not woken then makes its
	// next pass by itself, or is woken when it is compared again.
	maxWakes = 1024
)

// Books is what is known about all archives. The zero value knows nothing. A nil pointer means that there are no
// archives.
type Books struct {
	clock    clock.PassiveClock
	wakes    chan event.GenericEvent
	released chan event.GenericEvent

	mu    sync.Mutex
	began time.Time
	of    map[types.NamespacedName]*account
}

// account is what is known about one archive.
type account struct {
	// seen is when somebody first asked about a subscription that is not compared yet.
	seen map[types.UID]time.Time
	// checked are the subscriptions that were compared with the archive. Nil means that nothing is wrong.
	checked map[types.UID]*Ahead
	// told are the subscriptions that have asked since the archive was found to be ahead of them.
	told map[types.UID]bool
	// waiting are the subscriptions that have asked before they were compared.
	waiting map[types.UID]types.NamespacedName
	// asked are the records that retention waits for. confirmed is when the archive last had them, or was found not to
	// be responsible for them.
	asked     map[types.UID]bool
	confirmed map[types.UID]time.Time
}

// Ahead means that an archive holds an invoice of a subscription that the cluster does not have.
type Ahead struct {
	// Archive is the name of the archive, and Cell the cell whose invoice it holds.
	Archive, Cell string
	// Invoice is the name of the invoice.
	Invoice string
	// Other means that the cluster has another invoice under this number.
	Other bool
	// Said is the message in the status of the subscription, if nothing else is known: an earlier process has found
	// that the archive is ahead, and the archive has not answered since.
	Said string
}

// Verdict is whether a subscription may take a step. The zero value allows it.
type Verdict struct {
	// Wait means that no document may be issued yet, because an archive has not answered yet.
	Wait bool
	// Ahead means that no step may be taken at all.
	Ahead *Ahead
}

// New returns books without content.
func New(wall clock.PassiveClock) *Books {
	return &Books{
		clock: wall, of: map[types.NamespacedName]*account{},
		wakes: make(chan event.GenericEvent, maxWakes), released: make(chan event.GenericEvent, maxWakes),
	}
}

// Wakes returns the archives that somebody waits for.
func (b *Books) Wakes() <-chan event.GenericEvent { return b.wakes }

// Released returns the subscriptions that have to ask again: those that [Books.Judge] made wait, after the archive
// was compared with them, and those that an archive was found to be ahead of.
func (b *Books) Released() <-chan event.GenericEvent { return b.released }

// Selecting returns the archives that select a subscription, from the cache. For a nil subscription, it returns all
// archives of the namespace: the labels of a subscription that no longer exists are unknown. An archive whose selector
// is not valid selects everything, so that nothing is deleted by mistake.
func Selecting(ctx context.Context, reader client.Reader, namespace string, sub *v1alpha1.Subscription) ([]types.NamespacedName, error) {
	var list v1alpha1.ArchiveList
	if err := reader.List(ctx, &list, client.InNamespace(namespace), client.UnsafeDisableDeepCopy); err != nil {
		return nil, fmt.Errorf("list Archives: %w", err)
	}
	var names []types.NamespacedName
	for i := range list.Items {
		selector, err := facts.Selector(list.Items[i].Spec.SubscriptionSelector)
		if err == nil && sub != nil && !selector.Matches(labels.Set(sub.Labels)) {
			continue
		}
		names = append(names, client.ObjectKeyFromObject(&list.Items[i]))
	}
	return names, nil
}

// Judge says whether a subscription may take a step. A subscription that was created after this process began to work is
// new to every archive, unless it was imported: then its earlier cluster may have issued documents since the export. Any
// other one is compared with the archives that select it before it issues a document, unless an archive does not answer
// for [Patience] after the first question about that subscription. One whose status says that an archive is ahead takes
// no step until that archive has answered, however long that takes (decision 69).
func (b *Books) Judge(ctx context.Context, reader client.Reader, sub *v1alpha1.Subscription) (Verdict, error) {
	if b == nil {
		return Verdict{}, nil
	}
	names, err := Selecting(ctx, reader, sub.Namespace, sub)
	if err != nil {
		return Verdict{}, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	uid := facts.Identity(sub)
	var verdict Verdict
	for _, name := range names {
		a := b.account(name)
		ahead, isChecked := a.checked[uid]
		switch {
		case ahead != nil:
			a.told[uid] = true
			return Verdict{Ahead: ahead}, nil
		case isChecked:
		case facts.SaysAheadOf(sub, name.Name):
			verdict.Ahead = &Ahead{Archive: name.Name, Said: facts.SaysArchiveAhead(sub)}
			a.waiting[uid] = client.ObjectKeyFromObject(sub)
		case b.isNew(sub):
		case b.clock.Since(a.since(uid, b.clock.Now())) < Patience:
			verdict.Wait = true
			a.waiting[uid] = client.ObjectKeyFromObject(sub)
		}
	}
	return verdict, nil
}

// isNew reports whether no archive can know a subscription.
func (b *Books) isNew(sub *v1alpha1.Subscription) bool {
	return facts.ImportedFrom(sub) == "" && !facts.Created(sub).Before(b.began.Add(-youth))
}

// since returns when somebody first asked about a subscription, which is now if nobody has.
func (a *account) since(uid types.UID, now time.Time) time.Time {
	if _, isAsked := a.seen[uid]; !isAsked {
		a.seen[uid] = now
	}
	return a.seen[uid]
}

// Checked returns whether a subscription was compared with an archive, and what is wrong with it.
func (b *Books) Checked(archive types.NamespacedName, uid types.UID) (ahead *Ahead, isChecked bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	ahead, isChecked = b.account(archive).checked[uid]
	return ahead, isChecked
}

// Awaited reports whether documents wait for the first answer of an archive. It is asked again soon then: an answer
// after [Patience] comes too late for them.
func (b *Books) Awaited(archive types.NamespacedName) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, since := range b.account(archive).seen {
		if b.clock.Since(since) < Patience {
			return true
		}
	}
	return false
}

// Check records that a subscription was compared with an archive, and that nothing is wrong.
func (b *Books) Check(archive types.NamespacedName, uid types.UID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.account(archive)
	a.checked[uid] = nil
	delete(a.seen, uid)
	delete(a.told, uid)
	if name, isWaiting := a.waiting[uid]; isWaiting {
		delete(a.waiting, uid)
		b.release(name)
	}
}

// Recall records that an archive is ahead of a subscription, and wakes the subscription, whether or not it has
// anything to do. A pass that is under way asks [Books.Judge] again before it commits. A subscription that has not
// asked since is woken by each Recall. The name is "" for a subscription that no longer exists: there is nobody to
// wake.
func (b *Books) Recall(archive types.NamespacedName, uid types.UID, name string, ahead Ahead) {
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.account(archive)
	a.checked[uid] = &ahead
	delete(a.seen, uid)
	delete(a.waiting, uid)
	if name != "" && !a.told[uid] {
		b.release(types.NamespacedName{Namespace: archive.Namespace, Name: name})
	}
}

// Doubt drops the verdict about a subscription. The reason why the archive was ahead no longer exists, but the archive
// may be ahead for another reason. The subscription is compared again, and takes no step until then.
func (b *Books) Doubt(archive types.NamespacedName, uid types.UID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.account(archive)
	delete(a.checked, uid)
	delete(a.told, uid)
}

// Hold reports whether all archives have confirmed a record during the last minutes, so that it can be deleted. If one
// has not, it is asked, and a later call may report true.
func (b *Books) Hold(archives []types.NamespacedName, uid types.UID) bool {
	if b == nil {
		return true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	all := true
	for _, name := range archives {
		a := b.account(name)
		at, isConfirmed := a.confirmed[uid]
		if isConfirmed && b.clock.Since(at) < fresh {
			continue
		}
		all = false
		if len(a.asked) == 0 {
			b.wake(name)
		}
		a.asked[uid] = true
	}
	return all
}

// Asked returns the records that retention waits for.
func (b *Books) Asked(archive types.NamespacedName) map[types.UID]bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	asked := make(map[types.UID]bool, len(b.account(archive).asked))
	for uid := range b.account(archive).asked {
		asked[uid] = true
	}
	return asked
}

// Confirm records that an archive has a record, or is not responsible for it.
func (b *Books) Confirm(archive types.NamespacedName, uid types.UID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.account(archive)
	if !a.asked[uid] {
		return
	}
	delete(a.asked, uid)
	a.confirmed[uid] = b.clock.Now()
}

// Distrust drops all confirmations of an archive: its database does not answer.
func (b *Books) Distrust(archive types.NamespacedName) {
	b.mu.Lock()
	defer b.mu.Unlock()
	clear(b.account(archive).confirmed)
}

// Tidy drops what is no longer needed: confirmations that are too old, and questions about records that no longer
// exist.
func (b *Books) Tidy(archive types.NamespacedName, exists func(types.UID) bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.account(archive)
	maps.DeleteFunc(a.confirmed, func(_ types.UID, at time.Time) bool { return b.clock.Since(at) >= fresh })
	keep(a.asked, exists)
	keep(a.checked, exists)
	keep(a.told, exists)
	keep(a.waiting, exists)
	keep(a.seen, exists)
}

// keep drops what is about objects that are gone.
func keep[V any](of map[types.UID]V, exists func(types.UID) bool) {
	maps.DeleteFunc(of, func(uid types.UID, _ V) bool { return !exists(uid) })
}

// Forget drops what is known about an archive that no longer exists.
func (b *Books) Forget(archive types.NamespacedName) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.of, archive)
}

// ForgetNamespace drops what is known about the archives of a namespace.
func (b *Books) ForgetNamespace(namespace string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for name := range b.of {
		if name.Namespace == namespace {
			delete(b.of, name)
		}
	}
}

// account returns an archive's account, and opens it.
func (b *Books) account(name types.NamespacedName) *account {
	now := b.clock.Now()
	if b.began.IsZero() {
		b.began = now
	}
	if b.of[name] == nil {
		b.of[name] = &account{
			seen: map[types.UID]time.Time{}, checked: map[types.UID]*Ahead{}, told: map[types.UID]bool{},
			waiting: map[types.UID]types.NamespacedName{}, asked: map[types.UID]bool{}, confirmed: map[types.UID]time.Time{},
		}
	}
	return b.of[name]
}

// wake asks the archive's reconciler for a pass.
func (b *Books) wake(name types.NamespacedName) {
	object := &v1alpha1.Archive{}
	object.Namespace, object.Name = name.Namespace, name.Name
	send(b.wakes, object)
}

// release asks the reconciler of subscriptions for a pass.
func (b *Books) release(name types.NamespacedName) {
	sub := &v1alpha1.Subscription{}
	sub.Namespace, sub.Name = name.Namespace, name.Name
	send(b.released, sub)
}

// send wakes the reconciler of an object, unless too many wait to be woken.
func send(to chan<- event.GenericEvent, object client.Object) {
	select {
	case to <- event.GenericEvent{Object: object}:
	default:
	}
}
