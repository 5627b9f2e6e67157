// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package books

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

var noon = time.Date(2026, 4, 16, 12, 0, 0, 0, time.UTC)

// archiveOf is an archive that selects a label, or everything.
func archiveOf(name, tier string) *v1alpha1.Archive {
	a := &v1alpha1.Archive{}
	a.Namespace, a.Name = "shop", name
	if tier != "" {
		a.Spec.SubscriptionSelector = &v1alpha1.LabelSelector{MatchLabels: map[string]v1alpha1.LabelValue{"tier": v1alpha1.LabelValue(tier)}}
	}
	return a
}

// desk is a set of books, and a cluster with archives.
type desk struct {
	*Books
	wall   *clocktesting.FakePassiveClock
	reader client.Reader
}

func newDesk(t *testing.T, archives ...client.Object) *desk {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	wall := clocktesting.NewFakePassiveClock(noon)
	return &desk{Books: New(wall), wall: wall, reader: fake.NewClientBuilder().WithScheme(scheme).WithObjects(archives...).Build()}
}

func (d *desk) judge(t *testing.T, sub *v1alpha1.Subscription) Verdict {
	t.Helper()
	verdict, err := d.Judge(t.Context(), d.reader, sub)
	if err != nil {
		t.Fatal(err)
	}
	return verdict
}

// acme was created an hour before noon.
func acme() *v1alpha1.Subscription {
	sub := builders.MakeSubscription("acme", "shop").Obj()
	sub.UID, sub.CreationTimestamp, sub.Labels = "s-1", metav1.NewTime(noon.Add(-time.Hour)), map[string]string{"tier": "paid"}
	return sub
}

// importedAt makes a subscription one that another cluster created at some time.
func importedAt(s *v1alpha1.Subscription, created time.Time) {
	s.Status.Imported = &v1alpha1.Imported{Export: "0123456789abcdef", UID: "s-3", CreationTime: metav1.NewTime(created)}
}

// said is how a subscription says that the archive "books" is ahead.
const said = `The Archive "books" holds the Invoice "acme-000007".`

// saysAhead makes a subscription one that was found behind an archive.
func saysAhead(s *v1alpha1.Subscription) {
	s.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: metav1.ConditionFalse, Reason: v1alpha1.ReasonArchiveAhead, Message: said}}
}

func TestJudge(t *testing.T) {
	books := types.NamespacedName{Namespace: "shop", Name: "books"}
	ahead := &Ahead{Archive: "books", Invoice: "acme-000007"}
	cases := map[string]struct {
		reason   string
		archives []client.Object
		do       func(*desk)
		sub      func(*v1alpha1.Subscription)
		want     Verdict
	}{
		"NoArchive":   {reason: "nothing is to be asked"},
		"Unselected":  {reason: "another subscription is archived", archives: []client.Object{archiveOf("books", "free")}},
		"Elsewhere":   {reason: "archives belong to a namespace", archives: []client.Object{archiveOf("books", "")}, sub: func(s *v1alpha1.Subscription) { s.Namespace = "other" }},
		"Unchecked":   {reason: "the archive was not asked yet", archives: []client.Object{archiveOf("books", "")}, want: Verdict{Wait: true}},
		"New":         {reason: "no archive knows a subscription that was created just now", archives: []client.Object{archiveOf("books", "")}, sub: func(s *v1alpha1.Subscription) { s.CreationTimestamp = metav1.NewTime(noon) }},
		"Imported":    {reason: "its earlier cluster was billing it until it was exported, and maybe after", archives: []client.Object{archiveOf("books", "")}, sub: func(s *v1alpha1.Subscription) { importedAt(s, noon.Add(time.Hour)) }, want: Verdict{Wait: true}},
		"Late":        {reason: "each subscription gets the whole time, however long the archive is known", archives: []client.Object{archiveOf("books", "")}, do: func(d *desk) { d.wall.SetTime(noon.Add(time.Hour)) }, sub: func(s *v1alpha1.Subscription) { s.UID = "s-2" }, want: Verdict{Wait: true}},
		"Checked":     {reason: "nothing is wrong", archives: []client.Object{archiveOf("books", "paid")}, do: func(d *desk) { d.Check(books, "s-1") }},
		"Ahead":       {reason: "the archive has a later invoice", archives: []client.Object{archiveOf("books", "")}, do: func(d *desk) { d.Recall(books, "s-1", "acme", *ahead) }, want: Verdict{Ahead: ahead}},
		"AheadOfNew":  {reason: "what is known counts, whatever its age", archives: []client.Object{archiveOf("books", "")}, sub: func(s *v1alpha1.Subscription) { s.CreationTimestamp = metav1.NewTime(noon) }, do: func(d *desk) { d.Recall(books, "s-1", "acme", *ahead) }, want: Verdict{Ahead: ahead}},
		"SecondAhead": {reason: "one of two archives is enough", archives: []client.Object{archiveOf("a", ""), archiveOf("books", "")}, do: func(d *desk) { d.Recall(books, "s-1", "acme", *ahead) }, want: Verdict{Ahead: ahead}},
		"Patient":     {reason: "the archive is down for less than its patience", archives: []client.Object{archiveOf("books", "")}, do: func(d *desk) { d.wall.SetTime(noon.Add(Patience - time.Second)) }, want: Verdict{Wait: true}},
		"Impatient":   {reason: "billing goes on without an archive that does not answer", archives: []client.Object{archiveOf("books", "")}, do: func(d *desk) { d.wall.SetTime(noon.Add(Patience)) }},
		"Said": {
			reason: "an earlier process has found it, and no archive has said otherwise", archives: []client.Object{archiveOf("books", "")}, sub: saysAhead,
			want: Verdict{Ahead: &Ahead{Archive: "books", Said: said}},
		},
		"SaidForLong": {
			reason: "patience issues no number that an archive reports as its own", archives: []client.Object{archiveOf("books", "")}, sub: saysAhead,
			do: func(d *desk) { d.wall.SetTime(noon.Add(Patience)) }, want: Verdict{Ahead: &Ahead{Archive: "books", Said: said}},
		},
		"SaidByNew": {
			reason: "what is said counts, whatever its age", archives: []client.Object{archiveOf("books", "")}, sub: func(s *v1alpha1.Subscription) { saysAhead(s); s.CreationTimestamp = metav1.NewTime(noon) },
			want: Verdict{Ahead: &Ahead{Archive: "books", Said: said}},
		},
		"SaidAndKnown":   {reason: "the archive's own answer says more", archives: []client.Object{archiveOf("a", ""), archiveOf("books", "")}, sub: saysAhead, do: func(d *desk) { d.Recall(books, "s-1", "acme", *ahead) }, want: Verdict{Ahead: ahead}},
		"SaidAndRefuted": {reason: "a newer backup was restored", archives: []client.Object{archiveOf("books", "")}, sub: saysAhead, do: func(d *desk) { d.Check(books, "s-1") }},
		"SaidOfAnother": {
			reason: "that one was refuted, and this one is only waited for", archives: []client.Object{archiveOf("a", ""), archiveOf("books", "")}, sub: saysAhead,
			do: func(d *desk) { d.Check(books, "s-1") }, want: Verdict{Wait: true},
		},
		"SaidNoArchive": {reason: "nobody is left who could say otherwise", sub: saysAhead},
		"Recalled":      {reason: "the archive was fine before", archives: []client.Object{archiveOf("books", "")}, do: func(d *desk) { d.Check(books, "s-1"); d.Recall(books, "s-1", "acme", *ahead) }, want: Verdict{Ahead: ahead}},
		"RecalledLate":  {reason: "the archive answered after the wait", archives: []client.Object{archiveOf("books", "")}, do: func(d *desk) { d.wall.SetTime(noon.Add(time.Hour)); d.Recall(books, "s-1", "acme", *ahead) }, want: Verdict{Ahead: ahead}},
		"Doubted":       {reason: "it is to be compared again", archives: []client.Object{archiveOf("books", "")}, do: func(d *desk) { d.Recall(books, "s-1", "acme", *ahead); d.Doubt(books, "s-1") }, want: Verdict{Wait: true}},
		"ForgottenOne":  {reason: "an archive that was created again is asked again", archives: []client.Object{archiveOf("books", "")}, do: func(d *desk) { d.Check(books, "s-1"); d.Forget(books) }, want: Verdict{Wait: true}},
		"LeftOne":       {reason: "another manager works in the namespace", archives: []client.Object{archiveOf("books", "")}, do: func(d *desk) { d.Check(books, "s-1"); d.ForgetNamespace("shop") }, want: Verdict{Wait: true}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, tc.archives...)
			sub := acme()
			if tc.sub != nil {
				tc.sub(sub)
			}
			d.judge(t, acme()) // the first question begins the wait
			if tc.do != nil {
				tc.do(d)
			}
			if diff := cmp.Diff(tc.want, d.judge(t, sub)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

// A subscription is woken when the archive that it waits for has answered, once, and not if it does not wait.
func TestReleased(t *testing.T) {
	books := types.NamespacedName{Namespace: "shop", Name: "books"}
	cases := map[string]struct {
		reason string
		do     func(*testing.T, *desk)
		want   []string
	}{
		"Waits": {reason: "its documents can be issued now", do: func(t *testing.T, d *desk) { d.judge(t, acme()) }, want: []string{"shop/acme"}},
		"WaitsForLong": {reason: "it has asked many times", do: func(t *testing.T, d *desk) {
			for range 5 {
				d.judge(t, acme())
			}
		}, want: []string{"shop/acme"}},
		"NeverAsked": {reason: "it has nothing to issue", do: func(*testing.T, *desk) {}},
		"Answered": {reason: "it was woken before", do: func(t *testing.T, d *desk) {
			d.judge(t, acme())
			d.Check(books, "s-1")
			<-d.Released()
		}},
		"Gone": {reason: "it was deleted", do: func(t *testing.T, d *desk) {
			d.judge(t, acme())
			d.Tidy(books, func(types.UID) bool { return false })
		}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, archiveOf("books", ""))
			tc.do(t, d)
			d.Check(books, "s-1")
			d.Check(books, "s-2")
			if diff := cmp.Diff(tc.want, d.woken()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

// woken returns the subscriptions that were woken.
func (d *desk) woken() []string {
	var got []string
	for range len(d.Released()) {
		got = append(got, client.ObjectKeyFromObject((<-d.Released()).Object).String())
	}
	return got
}

// A subscription that an archive is ahead of is woken, whether or not it waits, until it has asked.
func TestRecall(t *testing.T) {
	books := types.NamespacedName{Namespace: "shop", Name: "books"}
	ahead := Ahead{Archive: "books", Invoice: "acme-000007"}
	cases := map[string]struct {
		reason string
		do     func(*testing.T, *desk)
		want   []string
	}{
		"Idle": {reason: "it has nothing to do, and has not asked", do: func(_ *testing.T, d *desk) {
			d.Recall(books, "s-1", "acme", ahead)
		}, want: []string{"shop/acme"}},
		"Waits": {reason: "it is woken once, and not as one that waits too", do: func(t *testing.T, d *desk) {
			d.judge(t, acme())
			d.Recall(books, "s-1", "acme", ahead)
		}, want: []string{"shop/acme"}},
		"Late": {reason: "it issues documents without the archive's word", do: func(t *testing.T, d *desk) {
			d.judge(t, acme())
			d.wall.SetTime(noon.Add(Patience))
			d.judge(t, acme())
			d.Recall(books, "s-1", "acme", ahead)
		}, want: []string{"shop/acme"}},
		"Compared": {reason: "nothing was wrong until now", do: func(t *testing.T, d *desk) {
			d.Check(books, "s-1")
			d.judge(t, acme())
			d.Recall(books, "s-1", "acme", ahead)
		}, want: []string{"shop/acme"}},
		"Again": {reason: "it has not asked since: its pass may have failed, or nobody could wake it", do: func(_ *testing.T, d *desk) {
			d.Recall(books, "s-1", "acme", ahead)
			<-d.Released()
			d.Recall(books, "s-1", "acme", ahead)
		}, want: []string{"shop/acme"}},
		"Told": {reason: "it knows", do: func(t *testing.T, d *desk) {
			d.Recall(books, "s-1", "acme", ahead)
			<-d.Released()
			d.judge(t, acme())
			d.Recall(books, "s-1", "acme", ahead)
		}},
		"ToldBefore": {reason: "that was another time", do: func(t *testing.T, d *desk) {
			d.Recall(books, "s-1", "acme", ahead)
			<-d.Released()
			d.judge(t, acme())
			d.Check(books, "s-1")
			d.Recall(books, "s-1", "acme", ahead)
		}, want: []string{"shop/acme"}},
		"Gone": {reason: "there is nobody to wake", do: func(_ *testing.T, d *desk) { d.Recall(books, "s-1", "", ahead) }},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, archiveOf("books", ""))
			tc.do(t, d)
			if diff := cmp.Diff(tc.want, d.woken()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

// If an archive is ahead of more subscriptions than can be woken at once, the others are woken when they are compared
// again.
func TestRecallBeyondTheBound(t *testing.T) {
	books := types.NamespacedName{Namespace: "shop", Name: "books"}
	d := newDesk(t, archiveOf("books", ""))
	const all = maxWakes + 10
	recallAll := func() {
		for n := range all {
			d.Recall(books, types.UID(fmt.Sprint("s-", n)), fmt.Sprint("customer-", n), Ahead{Archive: "books"})
		}
	}
	knows := map[string]bool{}
	for range 2 {
		recallAll()
		for _, each := range d.woken() {
			var n int
			if _, err := fmt.Sscanf(each, "shop/customer-%d", &n); err != nil {
				t.Fatal(err)
			}
			sub := acme()
			sub.UID = types.UID(fmt.Sprint("s-", n))
			d.judge(t, sub)
			knows[each] = true
		}
	}
	if len(knows) != all {
		t.Errorf("%d subscriptions know it, want %d", len(knows), all)
	}
}

// An archive is asked again soon as long as documents wait for its first answer.
func TestAwaited(t *testing.T) {
	books := types.NamespacedName{Namespace: "shop", Name: "books"}
	cases := map[string]struct {
		reason string
		do     func(*testing.T, *desk)
		want   bool
	}{
		"Nobody":   {reason: "nobody has asked", do: func(*testing.T, *desk) {}},
		"Somebody": {reason: "a subscription has asked", do: func(t *testing.T, d *desk) { d.judge(t, acme()) }, want: true},
		"Answered": {reason: "it was compared", do: func(t *testing.T, d *desk) { d.judge(t, acme()); d.Check(books, "s-1") }},
		"Recalled": {reason: "it was compared", do: func(t *testing.T, d *desk) { d.judge(t, acme()); d.Recall(books, "s-1", "acme", Ahead{}) }},
		"TooLate":  {reason: "its documents are issued without the archive", do: func(t *testing.T, d *desk) { d.judge(t, acme()); d.wall.SetTime(noon.Add(Patience)) }},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, archiveOf("books", ""))
			tc.do(t, d)
			if got := d.Awaited(books); got != tc.want {
				t.Errorf("%s: got %t, want %t", tc.reason, got, tc.want)
			}
		})
	}
}

// However many wait, nobody who writes an answer down waits for them to be woken.
func TestReleasedBeyondTheBound(t *testing.T) {
	books := types.NamespacedName{Namespace: "shop", Name: "books"}
	d := newDesk(t, archiveOf("books", ""))
	for n := range maxWakes + 10 {
		sub := acme()
		sub.UID = types.UID(fmt.Sprint("s-", n))
		d.judge(t, sub)
		d.Check(books, sub.UID)
	}
	if got := len(d.Released()); got != maxWakes {
		t.Errorf("%d are to be woken, want %d", got, maxWakes)
	}
}

func TestHold(t *testing.T) {
	books := types.NamespacedName{Namespace: "shop", Name: "books"}
	both := []types.NamespacedName{books, {Namespace: "shop", Name: "copy"}}
	d := newDesk(t)
	if d.Hold(both, "u-1") {
		t.Error("nobody has confirmed the record")
	}
	if d.Hold(both, "u-2"); len(d.wakes) != 2 {
		t.Errorf("%d archives were woken, want each once", len(d.wakes))
	}
	if diff := cmp.Diff(map[types.UID]bool{"u-1": true, "u-2": true}, d.Asked(books)); diff != "" {
		t.Error(diff)
	}
	d.Confirm(books, "u-1")
	if d.Hold(both, "u-1") {
		t.Error("one of two archives has not confirmed")
	}
	d.Confirm(both[1], "u-1")
	if !d.Hold(both, "u-1") {
		t.Error("both archives have confirmed")
	}
	d.Distrust(books)
	if d.Hold(both, "u-1") {
		t.Error("the database of an archive does not answer")
	}
	d.Confirm(books, "u-1")
	d.wall.SetTime(noon.Add(fresh))
	if d.Hold(both, "u-1") {
		t.Error("a confirmation is too old")
	}
	d.Tidy(books, func(types.UID) bool { return false })
	if len(d.Asked(books)) != 0 {
		t.Error("records that are gone are still asked for")
	}
	d.Confirm(books, "u-3")
	if d.Hold([]types.NamespacedName{books}, "u-3") {
		t.Error("an archive has confirmed what nobody asked")
	}
	if !(*Books)(nil).Hold(nil, "u-1") {
		t.Error("without archives, nothing is held back")
	}
}

func TestSelecting(t *testing.T) {
	broken := archiveOf("broken", "")
	broken.Spec.SubscriptionSelector = &v1alpha1.LabelSelector{MatchLabels: map[string]v1alpha1.LabelValue{"not a key": ""}}
	d := newDesk(t, archiveOf("all", ""), archiveOf("free", "free"), archiveOf("paid", "paid"), broken)
	cases := map[string]struct {
		reason string
		sub    *v1alpha1.Subscription
		want   []string
	}{
		"Paid": {reason: "by its label, and by a selector that cannot be read", sub: acme(), want: []string{"all", "broken", "paid"}},
		"Gone": {reason: "the labels of a deleted subscription are unknown", want: []string{"all", "broken", "free", "paid"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			found, err := Selecting(t.Context(), d.reader, "shop", tc.sub)
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, each := range found {
				names = append(names, each.Name)
			}
			if diff := cmp.Diff(tc.want, names); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}
