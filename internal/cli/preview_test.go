// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/rest"

	"github.com/seatplane/seatplane/internal/manifests"
	"github.com/seatplane/seatplane/internal/offline"
	"github.com/seatplane/seatplane/internal/snapshot"
)

// noon is in the middle of April, which has thirty days.
var noon = time.Date(2026, time.April, 16, 0, 0, 0, 0, time.UTC)

const (
	seatAt10 = `
apiVersion: billing.seatplane.dev/v1alpha1
kind: SeatProduct
metadata: {name: seat}
spec:
  plans:
  - name: monthly
    currency: EUR
    interval: {unit: Month, count: 1}
    pricing: {model: PerUnit, unitAmount: "10.00"}
`
	acmeOf10 = `
apiVersion: billing.seatplane.dev/v1alpha1
kind: Subscription
metadata: {name: acme}
spec:
  customer: {id: acme}
  startTime: 2026-04-01T00:00:00Z
  items: [{name: editors, productRef: {name: seat}, plan: monthly, quantity: 10}]
`
)

// folder writes files into a folder, pairs of a name and a content.
func folder(t *testing.T, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		if err := os.WriteFile(filepath.Join(dir, files[i]), []byte(files[i+1]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// taken is a snapshot of manifests, in a file.
func taken(t *testing.T, dir string) string {
	t.Helper()
	schemas, err := manifests.LoadSchemas()
	if err != nil {
		t.Fatal(err)
	}
	documents, err := manifests.Read(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	source, err := offline.FromManifests(t.Context(), dir, schemas, documents, "default", noon)
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if _, err := snapshot.Write(t.Context(), &text, source, nil); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(folder(t, "snapshot.json", text.String()), "snapshot.json")
}

// previewed runs the plugin without a cluster.
func previewed(t *testing.T, stdin string, args ...string) (code Code, out, errOut string) {
	t.Helper()
	stdout, stderr := &bytes.Buffer{}, &bytes.Buffer{}
	o := NewOptions(genericiooptions.IOStreams{In: strings.NewReader(stdin), Out: stdout, ErrOut: stderr}, "test")
	o.Now = func() time.Time { return noon }
	o.Config = func() (*rest.Config, error) {
		return &rest.Config{Host: "http://127.0.0.1:1", Timeout: time.Second}, nil
	}
	*o.Flags.Namespace = "default"
	code = Run(t.Context(), o, append([]string{"preview"}, args...))
	return code, stdout.String(), stderr.String()
}

func TestPreviewExitCodes(t *testing.T) {
	base := folder(t, "seat.yaml", seatAt10, "acme.yaml", acmeOf10)
	snap := taken(t, base)
	of := func(quantity string) string {
		return strings.Replace(acmeOf10, "quantity: 10", "quantity: "+quantity, 1)
	}
	changed := folder(t, "acme.yaml", of("14"))
	invalid := folder(t, "acme.yaml", of("-1"))
	cases := map[string]struct {
		reason string
		args   []string
		stdin  string
		code   Code
		out    string
		err    string
	}{
		"nothing": {
			reason: "0: the manifests are what is there", args: []string{"-f", base, "--against", snap}, code: Done, out: "No amount changes.",
		},
		"money": {
			reason: "3: money changes", args: []string{"-f", changed, "--against", snap}, code: MoneyChanges, out: "+40.00 EUR a month, 0.00 EUR due now.",
		},
		"against a directory": {
			reason: "3: the same without a snapshot, between two whole directories",
			args:   []string{"-f", folder(t, "seat.yaml", seatAt10, "acme.yaml", of("14")), "--against", base}, code: MoneyChanges, out: "+40.00 EUR a month",
		},
		"from the standard input": {
			reason: "as kubectl kustomize prints it", args: []string{"-f", "-", "--against", snap}, stdin: of("14"), code: MoneyChanges, out: "+40.00 EUR a month",
		},
		"for people": {
			reason: "0: whoever looks at it wants no failure", args: []string{"-f", changed, "--against", snap, "--exit-code=false"}, code: Done, out: "+40.00",
		},
		"invalid": {
			reason: "2: the API server would refuse it", args: []string{"-f", invalid, "--against", snap}, code: Refused, out: "greater than or equal to 0",
		},
		"limit": {
			reason: "4: a limit is exceeded", args: []string{"-f", changed, "--against", snap, "--max-increase-percent", "10"}, code: LimitExceeded, out: "Limit exceeded",
		},
		"invalid and limit": {
			reason: "2 goes before 4: without a total there is nothing to limit",
			args:   []string{"-f", invalid, "--against", snap, "--max-increase-percent", "10"}, code: Refused,
		},
		"expression": {
			reason: "4: an expression holds", args: []string{"-f", changed, "--against", snap, "--fail-if", "report.counts.up > 0"}, code: LimitExceeded,
		},
		"no manifests": {
			reason: "1: there is nothing to do", code: Failed, err: "there is nothing to preview: choose manifests with -f",
		},
		"an empty standard input": {
			reason: "1: kubectl kustomize has failed, which is not the same as no change", args: []string{"-f", "-", "--against", snap}, code: Failed,
			err: "there are no manifests in -: check -f, and the command that writes them",
		},
		"an empty file to compare with": {
			reason: "1: the snapshot was not written", code: Failed,
			args: []string{"-f", changed, "--against", filepath.Join(folder(t, "empty.json", ""), "empty.json")}, err: "has no manifests and is not a snapshot",
		},
		"another version of the kind": {
			reason: "2: the API server has no such kind", args: []string{"-f", "-", "--against", snap}, code: Refused,
			stdin: strings.Replace(acmeOf10, "v1alpha1", "v1", 1), out: `no matches for kind "Subscription" in version "billing.seatplane.dev/v1"`,
		},
		"a file that is missing": {
			reason: "1: the command cannot tell whether it is valid", args: []string{"-f", "nothing.yaml", "--against", snap}, code: Failed, err: "nothing.yaml cannot be read: no such file or directory",
		},
		"a file that does not parse": {
			reason: "2: and says where", args: []string{"-f", "-", "--against", snap}, stdin: "kind: [", code: Refused,
			err: "standard input does not parse: yaml: line 1: did not find expected node content",
		},
		"a text that is not a manifest": {
			reason: "2: and says what is missing", args: []string{"-f", "-", "--against", snap}, stdin: "a: b", code: Refused,
			err: "standard input does not parse: it has no apiVersion and kind, so it is not a manifest: complete it, or move it elsewhere",
		},
		"nothing to compare with": {
			reason: "1: --against leads nowhere", args: []string{"-f", changed, "--against", "nothing"}, code: Failed,
			err: `"nothing" is not a file or directory: set --against to a snapshot, a directory of manifests, or the word cluster`,
		},
		"another version": {
			reason: "1: a snapshot of another version is not guessed at", code: Failed,
			args: []string{"-f", changed, "--against", filepath.Join(folder(t, "old.json", `{"kind":"Snapshot","schemaVersion":"0","time":"2026-04-16T00:00:00Z"}`), "old.json")},
			err:  `it has schemaVersion "0", and this version of kubectl seatplane reads "1": take a new one`,
		},
		"a snapshot that breaks off": {
			reason: "1: half of the subscriptions are not all of them", code: Failed,
			args: []string{"-f", changed, "--against", brokenOff(t, snap)}, err: "it is incomplete: take a new one",
		},
		"a cluster that does not answer": {
			reason: "1: and says how to check it", args: []string{"-f", changed}, code: Failed, err: "the cluster does not answer",
		},
		"a limit that cannot be read": {
			reason: "1: before any work", args: []string{"-f", changed, "--max-due", "much"}, code: Failed, err: `"much" is not an amount`,
		},
		"a format that does not exist": {
			reason: "1: before any work", args: []string{"-f", changed, "-o", "pdf"}, code: Failed, err: `there is no format "pdf"`,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			code, out, errOut := previewed(t, c.stdin, c.args...)
			if code != c.code {
				t.Errorf("%s: the code is %d, not %d; %s%s", c.reason, code, c.code, out, errOut)
			}
			if !strings.Contains(out, c.out) || !strings.Contains(errOut, c.err) {
				t.Errorf("%s: it printed %q and %q", c.reason, out, errOut)
			}
			if c.code == Failed && out != "" {
				t.Errorf("half of it is printed: %q", out)
			}
			if c.err != "" && strings.Count(errOut, "\n") != 1 {
				t.Errorf("it is not one sentence: %q", errOut)
			}
		})
	}
}

// A snapshot does not have the reasons of updates. The manifest of an update that waits is still the same update.
func TestPreviewOfAnUpdateInASnapshot(t *testing.T) {
	later := `---
apiVersion: billing.seatplane.dev/v1alpha1
kind: SubscriptionUpdate
metadata: {name: more}
spec:
  subscriptionRef: {name: acme}
  applicationSchedule: Custom
  applyAt: 2026-04-20T00:00:00Z
  reason: Ada asked for it
  changeItems: {items: [{name: editors, productRef: {name: seat}, plan: monthly, quantity: 14}]}
`
	snap := taken(t, folder(t, "seat.yaml", seatAt10, "acme.yaml", acmeOf10+later))
	if text, err := os.ReadFile(snap); err != nil || strings.Contains(string(text), "Ada") {
		t.Errorf("the snapshot names people: %v", err)
	}
	cases := map[string]struct {
		reason, manifest string
		code             Code
	}{
		"the same":      {"nothing changes", later, Done},
		"another count": {"an update is immutable", strings.Replace(later, "quantity: 14", "quantity: 15", 1), Refused},
		"no reason":     {"its reason too", strings.Replace(later, "  reason: Ada asked for it\n", "", 1), Refused},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if code, out, said := previewed(t, c.manifest, "-f", "-", "--against", snap); code != c.code {
				t.Errorf("%s: exit code %d, out %s, and it said %q", c.reason, code, out, said)
			}
			if code, out, said := simulated(t, c.manifest, "-f", "-", "--against", snap, "--until", "2026-06-30"); code != c.code {
				t.Errorf("%s: the simulation ends with %d, out %s, and it said %q", c.reason, code, out, said)
			}
		})
	}
}

// Counts that are older than a day are still computed with, and the report says so.
func TestPreviewOfAnOldSnapshot(t *testing.T) {
	snap := taken(t, folder(t, "seat.yaml", seatAt10, "acme.yaml", acmeOf10))
	for days, warns := range map[int]bool{0: false, 2: true} {
		out := &bytes.Buffer{}
		o := NewOptions(genericiooptions.IOStreams{In: strings.NewReader(acmeOf10), Out: out, ErrOut: &bytes.Buffer{}}, "test")
		o.Now = func() time.Time { return noon.AddDate(0, 0, days) }
		*o.Flags.Namespace = "default"
		if code := Run(t.Context(), o, []string{"preview", "-f", "-", "--against", snap}); code != Done {
			t.Errorf("after %d days, it ends with %d: a warning never changes the code", days, code)
		}
		if strings.Contains(out.String(), "take a new snapshot") != warns {
			t.Errorf("after %d days, it says %s", days, out)
		}
	}
}

// brokenOff is a snapshot without its end.
func brokenOff(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(folder(t, "broken.json", strings.TrimSuffix(string(text), "]}\n")), "broken.json")
}
