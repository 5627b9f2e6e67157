// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/rest"

	"github.com/seatplane/seatplane/internal/cli"
	"github.com/seatplane/seatplane/internal/preview"
)

// catalog are a product that is counted and one that is declared, as in examples/gitops.
const catalog = `
apiVersion: v1
kind: ConfigMap
metadata: {name: counts}
data: {acme: "10"}
---
kind: ProrationPolicy
metadata: {name: by-day}
spec: {displayName: By day, rounding: Up}
---
kind: SeatProduct
metadata: {name: editor-seat}
spec:
  plans:
  - name: monthly
    currency: EUR
    interval: {unit: Month, count: 1}
    pricing: {model: PerUnit, unitAmount: "12.50"}
  dataLoader: {configMap: {name: counts}}
  refresh: {schedule: "0 0 * * *"}
  prorationPolicyRef: {kind: ProrationPolicy, name: by-day}
---
kind: SeatProduct
metadata: {name: support-seat}
spec:
  plans:
  - name: monthly
    currency: EUR
    interval: {unit: Month, count: 1}
    pricing: {model: PerUnit, unitAmount: "40.00"}
  prorationPolicyRef: {kind: ProrationPolicy, name: by-day}
`

const customers = `
kind: Subscription
metadata: {name: acme}
spec:
  customer: {id: acme, email: billing@acme.example}
  startTime: 2026-04-01T00:00:00Z
  items:
  - {name: editors, productRef: {name: editor-seat}, plan: monthly}
  - {name: support, productRef: {name: support-seat}, plan: monthly, quantity: 3}
  testClockRef: {name: clock}
---
kind: Subscription
metadata: {name: globex}
spec:
  customer: {id: globex}
  startTime: 2026-04-01T00:00:00Z
  items:
  - {name: support, productRef: {name: support-seat}, plan: monthly, quantity: 5}
  testClockRef: {name: clock}
`

// plugin runs the kubectl plugin in the scenario's namespace.
func (o *office) plugin(config *rest.Config, stdin string, args ...string) (code cli.Code, out, errOut string) {
	o.Helper()
	stdout, stderr := &bytes.Buffer{}, &bytes.Buffer{}
	options := cli.NewOptions(genericiooptions.IOStreams{In: strings.NewReader(stdin), Out: stdout, ErrOut: stderr}, "test")
	options.Config = func() (*rest.Config, error) { return config, nil }
	*options.Flags.Namespace = o.namespace
	options.Now = func() time.Time { return time.Now().UTC() }
	code = cli.Run(o.Context(), options, args)
	return code, stdout.String(), stderr.String()
}

// A pull request has the same price against the cluster and against a snapshot of it.
func TestPreviewOfAPullRequest(t *testing.T) {
	o := open(t, "2026-04-01T00:00:00Z")
	o.apply(catalog)
	o.apply(customers)
	o.started("acme", "globex")
	o.moveClock("2026-04-16T00:00:00Z")
	file := filepath.Join(t.TempDir(), "snapshot.json")
	if code, _, says := o.plugin(ground.Plane.Config, "", "snapshot", "--file", file); code != cli.Done {
		t.Fatal(says)
	}
	all := catalog + "---" + customers
	_, globex, _ := strings.Cut(customers, "---")
	cases := map[string]struct {
		reason   string
		proposed string
		code     cli.Code
		want     string
	}{
		"nothing": {reason: "what is applied already changes nothing", proposed: all, code: cli.Done, want: "0 up, 0 down, 0 refused: "},
		"one quantity": {
			reason: "acme takes two more for half of April", proposed: strings.Replace(all, "quantity: 3", "quantity: 5", 1), code: cli.MoneyChanges,
			want: "1 up, 0 down, 0 refused: EUR 0.00, 120.00, 80.00",
		},
		"a price": {
			reason: "support costs more for both", proposed: strings.Replace(all, `"40.00"`, `"41.00"`, 1), code: cli.MoneyChanges,
			want: "2 up, 0 down, 0 refused: EUR 0.00, 8.00, 8.00",
		},
		"a policy": {
			reason: "how changes are rounded changes nothing yet", proposed: strings.Replace(all, "rounding: Up", "rounding: Down", 1), code: cli.Done,
			want: "0 up, 0 down, 0 refused: ",
		},
		"a new customer": {
			reason:   "the first month is due at once",
			proposed: strings.NewReplacer("name: globex", "name: hooli", "id: globex", "id: hooli", "2026-04-01T00", "2026-04-16T00").Replace("---" + globex),
			code:     cli.MoneyChanges, want: "1 up, 0 down, 0 refused: EUR 200.00, 200.00, 200.00",
		},
		"an invalid manifest": {
			reason: "the sentence is the API server's", proposed: strings.Replace(all, "quantity: 5", "quantity: -5", 1), code: cli.Refused,
			want: "0 up, 0 down, 0 refused: ",
		},
		"a plan that goes": {
			reason: "support could not be renewed", proposed: strings.Replace(all, "  - name: monthly\n    currency: EUR\n    interval: {unit: Month, count: 1}\n    pricing: {model: PerUnit, unitAmount: \"40.00\"}",
				"  - name: other\n    currency: EUR\n    interval: {unit: Month, count: 1}\n    pricing: {model: PerUnit, unitAmount: \"40.00\"}", 1), code: cli.Refused,
			want: "0 up, 0 down, 2 refused: ",
		},
		"an update": {
			reason: "a change by an update", code: cli.MoneyChanges, want: "0 up, 1 down, 0 refused: EUR 0.00, -40.00, -40.00",
			proposed: "kind: SubscriptionUpdate\nmetadata: {name: less}\nspec:\n  subscriptionRef: {name: globex}\n  applicationSchedule: NextPeriod\n" +
				"  changeItems: {items: [{name: support, productRef: {name: support-seat}, plan: monthly, quantity: 4}]}\n",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			manifests := strings.ReplaceAll("\n"+c.proposed, "\nkind:", "\napiVersion: billing.seatplane.dev/v1alpha1\nkind:")
			manifests = strings.ReplaceAll(manifests, "apiVersion: v1\napiVersion: billing.seatplane.dev/v1alpha1\n", "apiVersion: v1\n")
			var reports []preview.Report
			for _, against := range []string{"cluster", file} {
				code, out, says := o.plugin(ground.Plane.Config, manifests, "preview", "-f", "-", "--against", against, "-o", "json")
				if code != c.code {
					t.Fatalf("%s: against %s, it ends with %d: %s%s", c.reason, against, code, out, says)
				}
				var report preview.Report
				if err := json.Unmarshal([]byte(out), &report); err != nil {
					t.Fatal(err)
				}
				if got := summaryOf(&report); got != c.want {
					t.Errorf("%s: against %s, it says %q, want %q: %s", c.reason, against, got, c.want, out)
				}
				report.Against, report.Time, report.StateTime = "", "", ""
				reports = append(reports, report)
			}
			if diff := gocmp.Diff(reports[0], reports[1]); diff != "" {
				t.Errorf("(-cluster +snapshot):\n%s", diff)
			}
		})
	}
	t.Run("without rights", func(t *testing.T) {
		nobody := rest.CopyConfig(ground.Plane.Config)
		nobody.Impersonate.UserName = "nobody"
		code, out, says := o.plugin(nobody, strings.ReplaceAll(customers, "kind:", "apiVersion: billing.seatplane.dev/v1alpha1\nkind:"), "preview", "-f", "-")
		if code != cli.Failed || out != "" || !strings.Contains(says, "you may not do this") || strings.Count(says, "\n") != 1 {
			t.Errorf("it ends with %d: %q, %q", code, out, says)
		}
	})
}

// summaryOf is how many go up and down, and what they cost: due now, with the next invoice, and in a month.
func summaryOf(r *preview.Report) string {
	var totals []string
	for _, total := range r.Totals {
		totals = append(totals, fmt.Sprintf("%s %s, %s, %s", total.Currency, total.DueNow.Difference, total.NextInvoice.Difference, total.PerMonth.Difference))
	}
	return fmt.Sprintf("%d up, %d down, %d refused: %s", r.Counts.Up, r.Counts.Down, r.Counts.Refused, strings.Join(totals, "; "))
}
