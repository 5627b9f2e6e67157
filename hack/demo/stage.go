// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/hack/internal/crm"
	"github.com/seatplane/seatplane/internal/testing/playground"
)

const (
	namespace = "default"

	// patience is how long kubectl waits for one step, which includes slow machines.
	patience = "--timeout=90s"
)

// stage is the environment in which the story is played.
type stage struct {
	*narrator
	kubectl playground.Kubectl
	objects client.Client
	users   *crm.Database
	others  *outside
}

func newStage(ctx context.Context, n *narrator, ground *playground.Playground, others *outside) (*stage, error) {
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		return nil, err
	}
	objects, err := client.New(ground.Plane.Config, client.Options{Scheme: scheme})
	if err != nil {
		return nil, err
	}
	folder, err := ground.Databases("default")
	if err != nil {
		return nil, err
	}
	users, err := crm.Open(filepath.Join(folder, crm.File))
	if err != nil {
		return nil, err
	}
	return &stage{narrator: n, kubectl: ground.Kubectl, objects: objects, users: users, others: others}, users.Fill(ctx)
}

// act is a part of a chapter that writes, runs, shows or checks something.
type act func(context.Context) error

// says writes a paragraph.
func (s *stage) says(words string) act {
	return func(context.Context) error {
		s.say("%s", words)
		return nil
	}
}

// shows runs kubectl, and shows what it prints.
func (s *stage) shows(args ...string) act {
	return func(ctx context.Context) error {
		out, err := s.kubectl.Run(ctx, args...)
		if err != nil {
			return err
		}
		s.command(typed(args), out)
		return nil
	}
}

// awaits waits with kubectl, and shows the command.
func (s *stage) awaits(args ...string) act {
	return func(ctx context.Context) error {
		out, err := s.kubectl.Run(ctx, append([]string{"wait", patience}, args...)...)
		if err != nil {
			return err
		}
		s.command(typed(append([]string{"wait"}, args...)), out)
		return nil
	}
}

// queries changes the customer database, and shows the statements.
func (s *stage) queries(statements ...string) act {
	return func(ctx context.Context) error {
		if err := s.users.Exec(ctx, strings.Join(statements, "\n")); err != nil {
			return err
		}
		s.command("sql> "+strings.Join(statements, "\n     "), "")
		return nil
	}
}

// asks puts a question to the archive, shows it with its answer, and checks the answer.
func (s *stage) asks(lines ...string) act {
	return func(ctx context.Context) error {
		answer, err := s.others.ask(ctx, strings.Join(lines, " "))
		if err != nil {
			return err
		}
		s.command("sql> "+strings.Join(lines, "\n     ")+";", answer.String())
		want := [][]string{{"2026-04", "3", "165.00", "EUR"}, {"2026-05", "3", "296.25", "EUR"}}
		return check("the archive's answer", fmt.Sprint(want), fmt.Sprint(answer.Rows))
	}
}

// receives shows the event that the receiver got about a customer's newest invoice, and checks what it says.
func (s *stage) receives(subscription string, amountDue v1alpha1.Amount) act {
	return func(ctx context.Context) error {
		got, err := s.others.received(ctx, "dev.seatplane.invoice.issued.v1", "subscriptions/"+subscription)
		if err != nil {
			return err
		}
		var data struct {
			Invoice struct {
				Name string `json:"name"`
			} `json:"invoice"`
			Currency string          `json:"currency"`
			Due      v1alpha1.Amount `json:"amount_due"`
		}
		if err := json.Unmarshal(got.Data, &data); err != nil {
			return err
		}
		s.point("type: %s", got.Type)
		s.point("subject: %s", got.Subject)
		s.point("time: %s", got.Time.Format(time.RFC3339))
		s.point("data.invoice.name: %s", data.Invoice.Name)
		s.point("data.amount_due: %s", data.Due)
		s.point("data.currency: %s", data.Currency)
		invoices, err := s.invoices(ctx, subscription)
		if err != nil {
			return err
		}
		if err := check("the invoice in the event about "+subscription, invoices[len(invoices)-1].Name, data.Invoice.Name); err != nil {
			return err
		}
		return check("the amount due in that event", amountDue, data.Due)
	}
}

// counts shows how many active users the database has.
func (s *stage) counts(ctx context.Context) error {
	counts, err := s.users.Counts(ctx)
	for _, c := range counts {
		s.point("%s: %d", c.Tenant, c.Users)
	}
	return err
}

// movesClock moves the TestClock, shows the command, and waits until everything on the clock has
// reached the time.
func (s *stage) movesClock(now string) act {
	return func(ctx context.Context) error {
		patch := []string{"patch", "testclock", "clock", "--type=merge", "-p", fmt.Sprintf(`{"spec":{"now":%q}}`, now)}
		if _, err := s.kubectl.Run(ctx, patch...); err != nil {
			return err
		}
		s.command(typed(patch)+"\n"+typed([]string{"wait", "testclock/clock", "--for=condition=Ready"}), "")
		return s.clockIsReady(ctx)
	}
}

// clockIsReady waits for the TestClock. kubectl compares the observedGeneration of the condition, so
// it does not mistake the Ready of an earlier time for the current one.
func (s *stage) clockIsReady(ctx context.Context) error {
	_, err := s.kubectl.Run(ctx, "wait", "testclock/clock", "--for=condition=Ready", patience)
	if err == nil || ctx.Err() != nil {
		return err
	}
	waits, _ := s.kubectl.Run(ctx, "get", "testclock", "clock", "-o", sentenceOf("Ready"))
	return fmt.Errorf("the clock does not become Ready (%q): %w", waits, err)
}

// subscriptionsAreReady waits for all subscriptions, because a clock without any subscription is
// Ready.
func (s *stage) subscriptionsAreReady(ctx context.Context) error {
	_, err := s.kubectl.Run(ctx, "wait", "subscriptions", "--all", "--for=condition=Ready", patience)
	return err
}

// sentenceOf is kubectl's output format for the message of a condition.
func sentenceOf(kind string) string {
	return `jsonpath={.status.conditions[?(@.type=="` + kind + `")].message}`
}

// typed returns a kubectl command in the form in which people type it into a shell, on as many
// lines as it needs.
func typed(args []string) string {
	const columns = 96
	text, line := "", "$ kubectl"
	for i := 0; i < len(args); i++ {
		word := shellWord(args[i])
		if args[i] == "-o" && i+1 < len(args) {
			i++
			word += " " + shellWord(args[i])
		}
		if len(line)+1+len(word) > columns {
			text += line + " \\\n"
			line = "     "
		}
		line += " " + word
	}
	return text + line
}

func shellWord(word string) string {
	if strings.ContainsAny(word, " {}'\"$*?@()[]") {
		return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	return word
}
