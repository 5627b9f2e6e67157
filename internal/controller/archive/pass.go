// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package archive

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/archive/postgres"
	"github.com/seatplane/seatplane/internal/books"
	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/facts"
)

// pass is one pass over an archive.
type pass struct {
	*Reconciler
	gathered
	archive *v1alpha1.Archive
	name    types.NamespacedName
	known   *account
	to      postgres.Client
	// mine are the records that the archive is to hold.
	mine []item
	// contacted means that the database was asked something.
	contacted bool
	// doubted means that the next pass has a subscription to compare.
	doubted bool
	// fault is why the archive cannot be worked with.
	fault *fault
}

// run makes the pass, and returns when to make the next one. A problem of the archive is in fault. The returned error
// is about the API server.
func (p *pass) run(ctx context.Context) (next time.Duration, err error) {
	selector, err := facts.Selector(p.archive.Spec.SubscriptionSelector)
	if err != nil {
		p.fault = &fault{reason: v1alpha1.ReasonInvalidSelector, message: "spec.subscriptionSelector cannot be read: " + err.Error()}
		return idle, nil //nolint:nilerr // what is wrong with the archive is in fault
	}
	if err := p.gather(ctx, selector); err != nil {
		return 0, err
	}
	p.sort(selector.Empty())
	database, err := p.database(ctx)
	if err == nil {
		p.to = postgres.Client{Runner: p.Runner, Database: database, Schema: facts.Schema(p.archive)}
		next, err = p.work(ctx, selector.Empty())
	}
	failure, isFailure := errors.AsType[*dataloader.Failure](err)
	switch {
	case err == nil:
		p.known.failures = 0
		return next, nil
	case !isFailure:
		return 0, err
	}
	p.known.failures++
	p.Books.Distrust(p.name)
	p.fault = faultOf(failure)
	if p.Books.Awaited(p.name) {
		return firstRetry, nil
	}
	return retry(p.known.failures), nil
}

// sort finds the records that belong to the archive, and drops what is known about others.
func (p *pass) sort(selectsAll bool) {
	p.mine = nil
	owners := map[types.UID]bool{}
	for _, i := range p.items {
		owners[i.subscription] = true
		if p.belongs(i, selectsAll, p.knows) {
			p.mine = append(p.mine, i)
		}
	}
	for uid := range p.known.held {
		if _, exists := p.items[uid]; !exists {
			delete(p.known.held, uid)
			delete(p.known.states, uid)
		}
	}
	for uid, each := range p.known.problems {
		if _, exists := p.items[uid]; !exists {
			p.settle(each.item)
		}
	}
	p.Books.Tidy(p.name, func(uid types.UID) bool {
		_, isRecord := p.items[uid]
		return isRecord || p.existing[uid] || owners[uid]
	})
}

// knows reports whether the archive has seen a subscription that no longer exists.
func (p *pass) knows(uid types.UID) bool {
	_, isChecked := p.Books.Checked(p.name, uid)
	return isChecked
}

// work asks the database what it holds, and then stores what is pending.
func (p *pass) work(ctx context.Context, selectsAll bool) (time.Duration, error) {
	if err := p.check(ctx, selectsAll); err != nil {
		return 0, err
	}
	asked := p.Books.Asked(p.name)
	chosen, more := p.known.choose(p.mine, asked, p.Clock.Now())
	conflicts, err := p.store(ctx, chosen)
	if err != nil {
		return 0, err
	}
	p.answer(asked)
	if !p.contacted {
		if _, err := p.do(ctx, postgres.Order{}); err != nil {
			return 0, err
		}
	}
	switch {
	case more, p.doubted:
		return soon, nil
	case conflicts > 0:
		return catchUp, nil
	case len(p.known.states) > 0:
		return firstRetry, nil
	case len(p.known.problems) > 0 || p.isAheadOfAny():
		return recheck, nil
	default:
		return idle, nil
	}
}

// answer tells retention about the records that the archive was asked about and is not responsible for.
func (p *pass) answer(asked map[types.UID]bool) {
	belongs := map[types.UID]bool{}
	for _, i := range p.mine {
		belongs[i.uid] = true
	}
	for uid := range asked {
		if _, exists := p.items[uid]; exists && !belongs[uid] {
			p.Books.Confirm(p.name, uid)
		}
	}
}

func (p *pass) isAheadOfAny() bool {
	for uid := range p.subscriptions {
		if found, _ := p.Books.Checked(p.name, uid); found != nil {
			return true
		}
	}
	return false
}

// check asks the database about records and subscriptions: about all of them in the first pass, and then about
// subscriptions that are new or that the archive was ahead of.
func (p *pass) check(ctx context.Context, selectsAll bool) error {
	if !p.known.synced {
		if err := p.checkRecords(ctx); err != nil {
			return err
		}
	}
	for chunk := range slices.Chunk(p.unchecked(), maxAsked) {
		reply, err := p.do(ctx, postgres.Order{Check: chunk})
		if err != nil {
			return err
		}
		if err := p.takeChecked(ctx, chunk, reply); err != nil {
			return err
		}
	}
	p.known.synced = true
	p.sort(selectsAll)
	return nil
}

// checkRecords asks the database about all records. A number that it has for another invoice is compared at once, before
// the subscription counts as checked.
func (p *pass) checkRecords(ctx context.Context) error {
	var records []postgres.Known
	for _, i := range p.items {
		records = append(records, postgres.Known{
			Kind: i.kind, UID: string(i.uid), Subscription: string(i.subscription), Sequence: i.sequence,
		})
	}
	slices.SortFunc(records, func(a, b postgres.Known) int { return cmp.Compare(a.UID, b.UID) })
	var others []item
	for chunk := range slices.Chunk(records, maxAsked) {
		reply, err := p.do(ctx, postgres.Order{Known: chunk})
		if err != nil {
			return err
		}
		others = append(others, p.takeKnown(reply)...)
	}
	_, err := p.store(ctx, others)
	return err
}

// do gives an order to the database.
func (p *pass) do(ctx context.Context, order postgres.Order) (postgres.Reply, error) {
	p.contacted = true
	return p.to.Do(ctx, order)
}

// unchecked returns the UIDs of the subscriptions that have to be compared with the archive: those that it selects,
// and deleted ones that still have records.
func (p *pass) unchecked() []string {
	wanted := map[types.UID]bool{}
	for uid := range p.subscriptions {
		wanted[uid] = true
	}
	if !p.known.synced {
		for _, i := range p.items {
			if i.subscription != "" && !p.existing[i.subscription] {
				wanted[i.subscription] = true
			}
		}
	}
	var uids []string
	for uid := range wanted {
		if found, isChecked := p.Books.Checked(p.name, uid); !isChecked || found != nil && !found.Other {
			uids = append(uids, string(uid))
		}
	}
	slices.Sort(uids)
	return uids
}

// takeKnown processes what the database reports about records. It returns the records whose number another
// invoice has.
func (p *pass) takeKnown(reply postgres.Reply) (others []item) {
	for _, found := range reply.Known {
		for uid, each := range found {
			i, exists := p.items[types.UID(uid)]
			switch {
			case !exists:
			case each.Other:
				others = append(others, i)
			default:
				p.known.held[i.uid] = holding{version: each.Version}
			}
		}
	}
	return others
}

// takeChecked processes what the database reports about subscriptions. If it seems to be ahead of one, the subscription
// is read from the API server, because the cache may be late.
func (p *pass) takeChecked(ctx context.Context, asked []string, reply postgres.Reply) error {
	for _, uid := range asked {
		sub, exists := p.subscriptions[types.UID(uid)]
		issued, isKnown := reply.Issued[uid]
		if !exists {
			if isKnown {
				p.Books.Check(p.name, types.UID(uid))
			}
			continue
		}
		found, err := p.compare(ctx, sub, issued)
		if err != nil {
			return err
		}
		if found != nil {
			p.recall(types.UID(uid), *found)
			continue
		}
		p.Books.Check(p.name, types.UID(uid))
	}
	return nil
}

// compare returns how the archive is ahead of a subscription, or nil.
func (p *pass) compare(ctx context.Context, sub *v1alpha1.Subscription, issued postgres.Issued) (*books.Ahead, error) {
	if !isAhead(sub, issued) {
		return nil, nil
	}
	var live v1alpha1.Subscription
	err := p.Live.Get(ctx, client.ObjectKeyFromObject(sub), &live)
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read Subscription %q: %w", sub.Name, err)
	}
	if live.UID != sub.UID || !isAhead(&live, issued) {
		return nil, nil
	}
	return ahead(p.name.Name, issued), nil
}
