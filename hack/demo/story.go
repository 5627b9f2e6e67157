// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/playground"
)

// tell returns the story, from its first chapter to its last.
func tell(n *narrator, others *outside) func(context.Context, *playground.Playground) error {
	return func(ctx context.Context, ground *playground.Playground) error {
		s, err := newStage(ctx, n, ground, others)
		if err != nil {
			return err
		}
		defer func() { _ = s.users.Close() }()
		began := time.Now()
		for _, chapter := range s.chapters() {
			n.heading(chapter.title)
			for _, act := range chapter.acts {
				if err := act(ctx); err != nil {
					return err
				}
			}
		}
		n.closing(time.Since(began))
		return nil
	}
}

type chapter struct {
	title string
	acts  []act
}

func (s *stage) chapters() []chapter {
	return []chapter{
		{"1 April: three customers start", s.start()},
		{"11 April, noon: two more support agents", s.addAgents()},
		{"11 April, still: too many support agents", s.addTooManyAgents()},
		{"16 April: users join and leave", s.countUsers()},
		{"20 April: the database fails", s.loseTable()},
		{"21 April: the database is back", s.findTable()},
		{"1 May: the renewal", s.renew()},
		{"1 May, still: others want to know", s.tellOthers()},
		{"1 June: a month in which nothing happened", s.renewAgain()},
		{"How the figures came about", s.explain()},
	}
}

// opening is written before anything runs.
func (n *narrator) opening() {
	n.heading("Seatplane: two months of seat billing, on a real API server")
	n.say("Starting etcd, kube-apiserver and the operator. This takes a few seconds. All data is deleted at the end.")
}

func (s *stage) start() []act {
	return []act{
		s.says("A small SQLite database lists the users of three customers. One SQL query, in " +
			"examples/demo/products.yaml, counts those who are active:"),
		s.counts,
		s.says("The manifests are applied: two products, a proration policy, three subscriptions, and a clock that " +
			"stands still until you move it. The operator counts the seats and invoices April in advance."),
		s.shows("apply", "-f", "examples/demo/"),
		s.subscriptionsAreReady,
		s.clockIsReady,
		s.shows("get", "subscriptions"),
		s.shows("get", "invoices"),
		s.holds("acme", "editors", 2),
		s.holds("globex", "editors", 5),
		s.holds("initech", "editors", 3),
		s.holds("initech", "agents", 4),
		s.invoiced("acme", "25.00"),
		s.invoiced("globex", "62.50"),
		s.invoiced("initech", "77.50"),
	}
}

func (s *stage) addAgents() []act {
	const name = "initech-two-more-agents"
	return []act{
		s.says("The clock moves to 11 April. kubectl wait returns when everything on the clock has reached that time."),
		s.movesClock("2026-04-11T12:00:00Z"),
		s.says("Now Initech buys two support agents. No database counts those: a SubscriptionUpdate with increment: 2 " +
			"asks for them. It applies at once and is charged for the rest of April."),
		s.shows("apply", "-f", "examples/demo/updates/two-more-agents.yaml"),
		s.awaits("subscriptionupdate/"+name, "--for=condition=Applied"),
		s.shows("get", "subscriptionupdate", name),
		s.updated("initech", "agents 4 → 6", v1alpha1.UpdateApplied, "13.33"),
		s.holds("initech", "agents", 6),
	}
}

func (s *stage) addTooManyAgents() []act {
	const name = "initech-too-many-agents"
	return []act{
		s.says("Another update asks for 20 more. The plan allows at most 10, so the update is rejected, says why, " +
			"and changes nothing."),
		s.shows("apply", "-f", "examples/demo/updates/too-many-agents.yaml"),
		s.awaits("subscriptionupdate/"+name, "--for=jsonpath={.status.state}=Rejected"),
		s.shows("get", "subscriptionupdate", name),
		s.shows("get", "subscriptionupdate", name, "-o", sentenceOf("Applied")),
		s.updated("initech", "agents 6 → 26", v1alpha1.UpdateRejected, ""),
		s.holds("initech", "agents", 6),
	}
}

func (s *stage) countUsers() []act {
	return []act{
		s.says("In the database, five people join Acme and one leaves Globex. Nobody tells Seatplane."),
		s.queries(
			"INSERT INTO users (tenant, email) VALUES ('acme', 'carol@acme.example'),",
			"  ('acme', 'dan@acme.example'), ('acme', 'erin@acme.example'),",
			"  ('acme', 'frank@acme.example'), ('acme', 'grace@acme.example');",
			"UPDATE users SET active = 0 WHERE email = 'scorpio@globex.example';"),
		s.says("At midnight the scheduled refresh counts again and records what differs. Acme's increase applies at once. " +
			"Globex's decrease waits for the renewal, as the product's onDecrease says. The amount in parentheses is what a " +
			"waiting change will cost. The changes from 0 are the first counts."),
		s.movesClock("2026-04-16T00:00:00Z"),
		s.shows("get", "subscriptionupdates"),
		s.shows("get", "subscriptions"),
		s.says("You can already see what Acme will owe on 1 May: seven seats for May, and five for the rest of April."),
		s.shows("get", "subscription", "acme", "-o", "jsonpath={.status.upcomingInvoice.amountDue}"),
		s.updated("acme", "editors 2 → 7", v1alpha1.UpdateApplied, "31.25"),
		s.updated("globex", "editors 5 → 4", v1alpha1.UpdateScheduled, ""),
		s.holds("acme", "editors", 7),
		s.holds("globex", "editors", 5),
	}
}

func (s *stage) loseTable() []act {
	return []act{
		s.says("A migration renames the table, and the next refresh fails. A source that fails never changes a count: " +
			"all seats stay as they were, and the product says what is wrong."),
		s.queries("ALTER TABLE users RENAME TO users_migrating;"),
		s.movesClock("2026-04-20T00:00:00Z"),
		s.shows("get", "seatproduct", "editor"),
		s.awaits("seatproduct/editor", "--for=condition=Loaded=False"),
		s.shows("get", "seatproduct", "editor", "-o", sentenceOf("Loaded")),
		s.shows("get", "subscriptions"),
		s.loaded(metav1.ConditionFalse, v1alpha1.ReasonSourceError),
		s.holds("acme", "editors", 7),
		s.holds("globex", "editors", 5),
		s.holds("initech", "editors", 3),
	}
}

func (s *stage) findTable() []act {
	return []act{
		s.says("The table is back, and somebody has joined Initech since then. The next refresh finds that change and no " +
			"other."),
		s.queries(
			"ALTER TABLE users_migrating RENAME TO users;",
			"INSERT INTO users (tenant, email) VALUES ('initech', 'milton@initech.example');"),
		s.movesClock("2026-04-21T00:00:00Z"),
		s.awaits("seatproduct/editor", "--for=condition=Loaded"),
		s.shows("get", "subscriptionupdates", "--field-selector", "spec.subscriptionRef.name=initech"),
		s.shows("get", "subscriptions"),
		s.updated("initech", "editors 3 → 4", v1alpha1.UpdateApplied, "4.17"),
		s.loaded(metav1.ConditionTrue, v1alpha1.ReasonRefreshed),
		s.holds("acme", "editors", 7),
		s.holds("globex", "editors", 5),
		s.holds("initech", "editors", 4),
	}
}

func (s *stage) renew() []act {
	return []act{
		s.says("April ends. First Globex's decrease applies. Then each customer gets one invoice: May in advance, and what " +
			"April's changes cost."),
		s.movesClock("2026-05-01T00:00:00Z"),
		s.shows("get", "subscriptions"),
		s.shows("get", "invoices"),
		s.updated("globex", "editors 5 → 4", v1alpha1.UpdateApplied, "0.00"),
		s.holds("globex", "editors", 4),
		s.invoiced("acme", "25.00", "118.75"),
		s.invoiced("globex", "62.50", "50.00"),
		s.invoiced("initech", "77.50", "127.50"),
	}
}

func (s *stage) tellOthers() []act {
	return []act{
		s.says("From now on, an EventSink posts each event to a receiver, which is a part of this program. An Archive copies " +
			"finished updates and invoices into a PostgreSQL database, where they stay after the cluster has deleted them."),
		func(context.Context) error { return s.others.write() },
		s.shows("apply", "-f", manifests+"/"),
		s.awaits("eventsink/receiver", "--for=condition=Ready"),
		s.askArchive,
	}
}

// askArchive asks the archive one question, if there is a database.
func (s *stage) askArchive(ctx context.Context) error {
	if why := s.others.lacksDatabase(); why != "" {
		s.say("The Archive is left out here, because %s.", why)
		return nil
	}
	for _, act := range []act{
		s.awaits("archive/books", "--for=condition=Ready"),
		s.says("Finance asks the archive in SQL, for example what each month has brought:"),
		s.asks("SELECT to_char(issued_at AT TIME ZONE 'UTC', 'YYYY-MM') AS month, count(*) AS invoices,",
			"  sum(amount_due) AS amount, currency",
			"FROM seatplane.invoices GROUP BY month, currency ORDER BY month"),
	} {
		if err := act(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (s *stage) renewAgain() []act {
	return []act{
		s.says("The clock jumps over May in one step. Nobody joined or left, so June is charged for the current seats, " +
			"and nothing else."),
		s.movesClock("2026-06-01T00:00:00Z"),
		s.shows("get", "invoices"),
		s.invoiced("acme", "25.00", "118.75", "87.50"),
		s.invoiced("globex", "62.50", "50.00", "50.00"),
		s.invoiced("initech", "77.50", "127.50", "110.00"),
		s.says("The receiver gets an event for each invoice, and verifies that the operator signed it. This is the one about " +
			"Acme, abridged:"),
		s.receives("acme", "87.50"),
	}
}

func (s *stage) explain() []act {
	return []act{
		s.says("Every amount comes with its arithmetic, in status.lines of an update and in spec.lines of an invoice. The " +
			"following is read from there."),
		func(ctx context.Context) error {
			update, err := s.update(ctx, "acme", "editors 2 → 7")
			if err != nil {
				return err
			}
			s.explainUpdate(update)
			invoices, err := s.invoices(ctx, "initech")
			if err != nil {
				return err
			}
			s.explainInvoice(&invoices[1])
			return nil
		},
	}
}

// closing is written after the story was confirmed.
func (n *narrator) closing(took time.Duration) {
	n.heading("What to try next")
	n.say("All of this ran in %d seconds and was checked to the cent. Everything that was started is stopped now.",
		int(took.Seconds()))
	n.point("make dev: the same control plane and operator, left running for you to play with")
	n.point("examples/demo: the manifests that were applied, short and with comments")
	n.point("README.md: what Seatplane does, and what it does not do yet")
}
