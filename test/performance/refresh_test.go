// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package performance

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader/guest"
	"github.com/seatplane/seatplane/internal/dataloader/sql"
	"github.com/seatplane/seatplane/internal/testing/controlplane"
	"github.com/seatplane/seatplane/internal/testing/databases"
)

// sizesEnv names the environment variable with the numbers of subscriptions, separated by commas; make
// bench-refresh sets it.
const sizesEnv = "SEATPLANE_BENCH_REFRESH"

// sizes reads numbers of subscriptions from an environment variable.
func sizes(t *testing.T, sizesEnv string, otherwise int) []int {
	t.Helper()
	text := os.Getenv(sizesEnv)
	if text == "" {
		return []int{otherwise}
	}
	var all []int
	for part := range strings.SplitSeq(text, ",") {
		size, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil || size < 100 {
			t.Fatalf("%s=%q: write numbers from 100 on, separated by commas", sizesEnv, text)
		}
		all = append(all, size)
	}
	return all
}

func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == guest.Argument {
		guest.Main(guest.Handlers{"sql": sql.Handle})
	}
	ctrllog.SetLogger(zap.New(zap.WriteTo(io.Discard)))
	os.Exit(m.Run())
}

// growth is by how much the cost a subscription may be higher than at the smallest number of them. What a
// hundred times as many take in memory is in no cache of a processor any more, which doubles it on some
// machines, and a busy machine adds its noise; a cost that grew with their number would be higher a
// hundred times.
const growth = 3

// A refresh asks the database once and writes the product's status; what changed is written besides, and
// nothing else. What it costs a subscription does not grow with their number.
func TestRefresh(t *testing.T) {
	config, stop, err := controlplane.StartForSuite()
	must(t, err)
	t.Cleanup(func() { _ = stop() })
	config.QPS, config.Burst = -1, -1
	database := databases.StartPostgres(t)
	var table strings.Builder
	table.WriteString("| subscriptions | refresh | queries | reads | writes | CPU | a subscription | time | allocated | heap grew |\n|---|---|---|---|---|---|---|---|---|---|\n")
	first := map[string]time.Duration{}
	for _, many := range sizes(t, sizesEnv, 500) {
		p := newPlant(t, config, database, many)
		for _, measured := range p.play() {
			table.WriteString(measured.row(many))
			each := measured.cpu / time.Duration(many)
			if smallest, known := first[measured.name]; !known {
				first[measured.name] = each
			} else if float64(each) > growth*float64(smallest) {
				t.Errorf("%d subscriptions, %s: %s each, and %s each when they were fewer", many, measured.name, each, smallest)
			}
		}
	}
	if os.Getenv(sizesEnv) != "" {
		fmt.Printf("\n%s\n", table.String())
	}
}

type measured struct {
	name string
	cost
}

// play refreshes without a change, with one, and again, and checks what is asked and written.
func (p *plant) play() []measured {
	p.Helper()
	p.pass() // writes the product's first status: its next refresh and its totals
	p.catchUp()
	changed := int64(p.many / 100)
	var all []measured
	add := func(name string, spent cost, queries, reads, writes int64) {
		p.Helper()
		all = append(all, measured{name, spent})
		if spent.queries != queries || spent.reads != reads || spent.writes != writes {
			p.Errorf("%d subscriptions, %s: %d queries, %d reads and %d writes, want %d, %d and %d",
				p.many, name, spent.queries, spent.reads, spent.writes, queries, reads, writes)
		}
	}
	// The Secret is read each time.
	add("nothing changed", p.refresh(), 1, 1, 1)
	p.change()
	add("1 % changed", p.refresh(), 1, 1+changed, 1+changed)
	if got := p.updates(p.admin); int64(got) != changed {
		p.Errorf("%d updates, want %d", got, changed)
	}
	add("the same, while they wait", p.refresh(), 1, 1, 1)
	p.use(v1alpha1.QueryBound, "SELECT tenant, count(*) FROM users WHERE active AND tenant = ANY($1) GROUP BY tenant")
	add("nothing changed, keys: Bound", p.refresh(), int64((p.many+9999)/10_000), 1, 1)
	return all
}

func (m measured) row(many int) string {
	const mega = 1 << 20
	return fmt.Sprintf("| %d | %s | %d | %d | %d | %s | %.1f µs | %s | %d MiB | %d MiB |\n",
		many, m.name, m.queries, m.reads, m.writes, m.cpu.Round(time.Millisecond),
		float64(m.cpu.Nanoseconds())/float64(many)/1000, m.wall.Round(time.Millisecond), m.allocated/mega, m.peak/mega)
}
