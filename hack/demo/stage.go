// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/hack/internal/crm"
	"github.com/seatplane/seatplane/internal/testing/playground"
)

const (
	namespace = "default"

	// patience is how long kubectl waits for one step, on a slow machine too.
	patience = "--timeout=90s"
)

// stage is where the story is played.
type stage struct {
	*narrator
	kubectl playground.Kubectl
	objects client.Client
	users   *crm.Database
}

func newStage(ctx context.Context, n *narrator, ground *playground.Playground) (*stage, error) {
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
	return &stage{narrator: n, kubectl: ground.Kubectl, objects: objects, users: users}, users.Fill(ctx)
}

// act is a part of a chapter: it says, does, shows or checks something.
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

// awaits waits with kubectl, and shows how.
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

// queries changes the customer database, and shows how.
func (s *stage) queries(statements ...string) act {
	return func(ctx context.Context) error {
		if err := s.users.Exec(ctx, strings.Join(statements, "\n")); err != nil {
			return err
		}
		s.command("sql> "+strings.Join(statements, "\n     "), "")
		return nil
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

// movesClock moves the TestClock, shows how, and waits until everything on it has reached that time.
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

// clockIsReady waits for the TestClock. kubectl compares the observedGeneration of the condition: it
// does not take the Ready of an earlier time for this one's.
func (s *stage) clockIsReady(ctx context.Context) error {
	_, err := s.kubectl.Run(ctx, "wait", "testclock/clock", "--for=condition=Ready", patience)
	if err == nil || ctx.Err() != nil {
		return err
	}
	waits, _ := s.kubectl.Run(ctx, "get", "testclock", "clock", "-o", sentenceOf("Ready"))
	return fmt.Errorf("the clock does not become Ready (%q): %w", waits, err)
}

// subscriptionsAreReady waits for all subscriptions: a clock on which there is none yet is Ready.
func (s *stage) subscriptionsAreReady(ctx context.Context) error {
	_, err := s.kubectl.Run(ctx, "wait", "subscriptions", "--all", "--for=condition=Ready", patience)
	return err
}

// sentenceOf is kubectl's format for what a condition says.
func sentenceOf(kind string) string {
	return `jsonpath={.status.conditions[?(@.type=="` + kind + `")].message}`
}

// typed returns a kubectl command as one types it into a shell, on as many lines as it takes.
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
