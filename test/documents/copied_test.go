// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package documents

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	api "github.com/seatplane/seatplane/api/v1alpha1"
)

// What people copy from here bills the right days and the right seats.
func TestManifestsToCopy(t *testing.T) {
	report(t, costly(t, project))
}

// costly returns what would cost whoever copies a manifest of the project money, and still be Ready.
func costly(t *testing.T, files fs.FS) []problem {
	t.Helper()
	zone := zoneOfRepository(t, files)
	var problems []problem
	for _, m := range manifestsOf(t, files) {
		object, err := m.object()
		if err != nil || object.GroupVersionKind().Group != api.GroupVersion.Group {
			continue // whatever is wrong with it, other tests say
		}
		fallback := "UTC"
		if strings.HasPrefix(m.file, rendered+"/customers/") {
			fallback = zone
		}
		for _, sentence := range []string{forgetsZero(object, m.text), missesMidnight(object, fallback)} {
			if sentence != "" {
				problems = append(problems, problem{m.file, m.line, sentence})
			}
		}
	}
	return problems
}

// manifestInFile is a manifest and the file that it stands in.
type manifestInFile struct {
	manifest
	file string
}

// manifestsOf returns every manifest of the project: in files of YAML, and in the blocks of pages.
func manifestsOf(t *testing.T, files fs.FS) []manifestInFile {
	t.Helper()
	var all []manifestInFile
	add := func(file string, line int, text string) {
		for _, m := range split(line, text) {
			all = append(all, manifestInFile{m, file})
		}
	}
	err := fs.WalkDir(files, ".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := entry.Name(); entry.IsDir() && (name == "bin" || name == "dist" || name == ".git" || name == "templates") {
			return fs.SkipDir
		}
		if entry.IsDir() || path.Ext(file) != ".yaml" {
			return nil
		}
		text, err := fs.ReadFile(files, file)
		add(file, 1, string(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pagesOf(t, files) {
		for _, b := range p.Blocks {
			if b.Language == "yaml" && b.Word == "" {
				add(p.File, b.Line, b.Code)
			}
		}
	}
	return all
}

var (
	groupBy = regexp.MustCompile(`(?i)\bgroup\s+by\b`)
	// A comment that names the field gives the reason for another choice.
	excuse = regexp.MustCompile(`#.*\bonMissing\b`)
)

// forgetsZero complains about a query with GROUP BY that has no row for a customer whose last seat is gone, and a
// product that then keeps the old count.
func forgetsZero(object *unstructured.Unstructured, text string) string {
	query, _, _ := unstructured.NestedString(object.Object, "spec", "dataLoader", "sql", "query")
	onMissing, _, _ := unstructured.NestedString(object.Object, "spec", "refresh", "onMissing")
	if !groupBy.MatchString(query) || onMissing == string(api.OnMissingZero) || excuse.MatchString(text) {
		return ""
	}
	return "the query has GROUP BY, so a customer whose last seat is gone would pay for ever: write refresh.onMissing: Zero, " +
		"or a comment that says why onMissing is something else"
}

// missesMidnight complains about a subscription whose periods would begin in the middle of a local day.
func missesMidnight(object *unstructured.Unstructured, fallback string) string {
	if object.GetKind() != "Subscription" {
		return ""
	}
	name, found, _ := unstructured.NestedString(object.Object, "spec", "timeZone")
	if !found {
		name = fallback
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return fmt.Sprintf("timeZone %s cannot be read", name)
	}
	for _, field := range []string{"startTime", "billingCycleAnchor", "billedUntil"} {
		text, found, _ := unstructured.NestedString(object.Object, "spec", field)
		if !found {
			continue
		}
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return fmt.Sprintf("%s %s is not an instant", field, text)
		}
		local := at.In(zone)
		if midnight := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, zone); !midnight.Equal(at) {
			return fmt.Sprintf("%s is %s in %s: write a local midnight, such as %s",
				field, local.Format("15:04"), name, midnight.Format(time.RFC3339))
		}
	}
	return ""
}

// zoneOfRepository returns the time zone that the customers of the example repository have from their base.
func zoneOfRepository(t *testing.T, files fs.FS) string {
	t.Helper()
	const base = rendered + "/bases/subscription/subscription.yaml"
	text, err := fs.ReadFile(files, base)
	if err != nil {
		t.Fatal(err)
	}
	object, err := split(1, string(text))[0].object()
	if err != nil {
		t.Fatal(err)
	}
	zone, _, _ := unstructured.NestedString(object.Object, "spec", "timeZone")
	if zone == "" {
		t.Fatalf("%s has no time zone", base)
	}
	return zone
}

func TestCostlyManifestsAreFound(t *testing.T) {
	const (
		head     = "apiVersion: billing.seatplane.dev/v1alpha1\n"
		product  = head + "kind: SeatProduct\nspec:\n  dataLoader: {sql: {query: %q}}\n  refresh: {every: 1h%s}\n"
		sold     = head + "kind: Subscription\nspec: {%s}\n"
		customer = rendered + "/customers/acme/subscription.yaml"
	)
	for name, c := range map[string]struct{ reason, file, text, want string }{
		"zero": {
			reason: "a customer without rows pays nothing",
			text:   fmt.Sprintf(product, "SELECT a, count(*) FROM b GROUP BY a", ", onMissing: Zero"),
		},
		"kept": {
			reason: "a customer without rows would pay forever", want: "a.yaml:1: the query has GROUP BY",
			text: fmt.Sprintf(product, "SELECT a, count(*) FROM b group  by a", ""),
		},
		"kept on a page": {
			reason: "pages are copied too", file: "docs/a.md", want: "docs/a.md:4: the query has GROUP BY",
			text: fenced("", fmt.Sprintf(product, "SELECT a, count(*) FROM b GROUP BY a", ", onMissing: Keep")),
		},
		"kept for a reason": {
			reason: "the reader is told",
			text:   fmt.Sprintf(product, "SELECT a, count(*) FROM b GROUP BY a", "") + "  # onMissing: Keep, as the view has all customers\n",
		},
		"no group": {reason: "every row stands for itself", text: fmt.Sprintf(product, "SELECT a, n FROM b", "")},
		"midnight": {reason: "periods begin with the day", text: fmt.Sprintf(sold, "startTime: 2026-04-01T00:00:00Z")},
		"local midnight": {
			reason: "periods begin with the day", text: fmt.Sprintf(sold, "timeZone: Europe/Paris, billedUntil: 2026-07-01T00:00:00+02:00"),
		},
		"midnight elsewhere": {
			reason: "periods would begin at one in the morning",
			text:   fmt.Sprintf(sold, "timeZone: Europe/Paris, billedUntil: 2024-02-01T00:00:00Z"),
			want:   "a.yaml:1: billedUntil is 01:00 in Europe/Paris: write a local midnight, such as 2024-02-01T00:00:00+01:00",
		},
		"an anchor in the day": {
			reason: "periods would begin at noon", text: fmt.Sprintf(sold, "billingCycleAnchor: 2026-04-01T12:00:00Z"),
			want: "a.yaml:1: billingCycleAnchor is 12:00 in UTC",
		},
		"a zone from the base": {
			reason: "the base of the repository says the zone", file: customer, text: fmt.Sprintf(sold, "startTime: 2026-04-01T00:00:00Z"),
			want: customer + ":1: startTime is 02:00 in Europe/Paris",
		},
		"a zone that nobody knows": {
			reason: "the rule cannot be checked", text: fmt.Sprintf(sold, "timeZone: Europe/Pariss"), want: "a.yaml:1: timeZone Europe/Pariss",
		},
	} {
		t.Run(name, func(t *testing.T) {
			file := c.file
			if file == "" {
				file = "a.yaml"
			}
			files := fstest.MapFS{
				file: {Data: []byte(c.text)},
				rendered + "/bases/subscription/subscription.yaml": {Data: []byte(fmt.Sprintf(sold, "timeZone: Europe/Paris"))},
			}
			expect(t, c.reason, c.want, costly(t, files))
		})
	}
}
