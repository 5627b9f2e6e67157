// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"

	"github.com/seatplane/seatplane/internal/testing/controlplane"
)

// referenceFields are the fields, values, behaviours and errors of the reference APIs, by the sections
// of docs/reference-apis.md.
var referenceFields = map[string][]string{
	"Hyperline: refresh seat products": {
		"POST refresh-seat-products", "Authorization: Bearer <token>", "path id", "connected seat products", "dataloader query", "201",
		"response []", "id",
		"application_schedule", "application_schedule: immediately", "application_schedule: next_period",
		"application_schedule: custom", "application_schedule: scheduled", "apply_at",
		"payment_schedule", "payment_schedule: immediately", "payment_schedule: next_invoice", "payment_schedule: custom",
		"calculation_method", "calculation_method: pro_rata", "calculation_method: pay_in_full", "calculation_method: do_not_charge",
		"adjustment_amount", "adjustment_amount: null", "subscription_id", "product_id", "previous_count", "new_count",
		"next_refresh_date", "next_refresh_date: null",
	},
	"Rebilly: change items": {
		"POST change-items", "path id", "Content-Type",
		"expand", "expand: several", "expand: customer", "expand: leadSource", "expand: website", "expand: shippingRate",
		"expand: initialInvoice", "expand: recentInvoice", "expand: upcomingInvoice", "expand: paymentInstrument",
		"prorated", "prorated: true", "prorated: false", "prorated: percentage of the normal period size", "preview", "preview: default",
		"items[]", "items[].quantity", "items[].plan", "items[].usageLimits", "items[].usageLimits: not metered",
		"items[].usageLimits.softLimit", "items[].usageLimits.softLimit.amount", "items[].usageLimits.softLimit.quantity",
		"softLimit: 75 %", "softLimit: 90 %", "softLimit: 100 %", "softLimit: usage continues",
		"items[].usageLimits.trialLimit", "trialLimit: in its trial phase", "trialLimit: trial-usage-limit-reached",
		"trialLimit: no more usage",
		"items[].usageLimits.hardLimit", "items[].usageLimits.hardLimit.amount", "items[].usageLimits.hardLimit.quantity",
		"hardLimit: event", "hardLimit: no more usage",
		"effectiveTime", "effectiveTime: default", "keepTrial", "keepTrial: default", "keepTrial: only with retain",
		"renewalPolicy", "renewalPolicy: retain", "renewalPolicy: reset", "ignoreRecurring", "ignoreRecurring: default",
		"ignoreRecurring: only on a trial-only one that keeps its trial",
	},
	"Salable: update seat count": {
		"updateSeatCount", "initSalable API_KEY", "initSalable v3", "subscriptionUuid", "subscriptionUuid: required", "options: required",
		"increment", "increment: maximum", "increment: seats are unassigned", "increment: assign with manage seats",
		"decrement", "decrement: minimum", "decrement: only unassigned seats", "decrement: unassign with manage seats",
		"proration", "proration: default", "proration: create_prorations", "proration: none", "proration: always_invoice",
		"return: Subscription Seat Object",
	},
	"Elastic Path: update proration policy": {
		"PUT proration-policies", "path proration_policy_uuid", "at any time", "applies to subscriptions that use it",
		"other attributes stay", "empty attributes", "required attributes stay", "external_ref stays unique",
		"external_ref can be removed",
		"request data", "request data.id", "request data.type: subscription_proration_policy", "request data.attributes", "request external_ref",
		"request name", "request rounding", "request rounding: up", "request rounding: down", "request rounding: nearest",
		"success", "response data", "response data.id", "response data.type: subscription_proration_policy", "response data.attributes",
		"response name",
		"response rounding", "response rounding: up", "response rounding: down", "response rounding: nearest", "response external_ref",
		"response meta", "response meta.owner", "response meta.owner: store", "response meta.owner: organization",
		"response meta.timestamps", "response meta.timestamps.updated_at", "response meta.timestamps.created_at",
	},
}

// referenceRow is a row of the tables.
type referenceRow struct{ reference, here, otherwise, test string }

// Nothing in the references is without a row, no row is without a test that exists, and every field and
// value that a row names is in the contract.
func TestReferenceTableIsComplete(t *testing.T) {
	root, err := controlplane.Root()
	if err != nil {
		t.Fatal(err)
	}
	tables := readTables(t, filepath.Join(root, "docs", "reference-apis.md"))
	tests, contract := testsIn(t, filepath.Join(root, "test", "acceptance")), schemas(t, filepath.Join(root, "config", "crd", "bases"))
	for section, fields := range referenceFields {
		var named []string
		for _, row := range tables[section] {
			named = append(named, row.reference)
			if !slices.Contains(tests, row.test) {
				t.Errorf("%s, %s: there is no test %q", section, row.reference, row.test)
			}
			if row.here == "" {
				t.Errorf("%s, %s: the row does not say what it is here", section, row.reference)
			}
			for _, text := range []string{row.here, row.otherwise} {
				for _, match := range contractPath.FindAllStringSubmatch(text, -1) {
					checkPath(t, contract, section+", "+row.reference, match[1], match[2], match[3])
				}
			}
		}
		for _, field := range fields {
			if !slices.Contains(named, field) {
				t.Errorf("%s: %s has no row", section, field)
			}
		}
		for i, name := range named {
			if !slices.Contains(fields, name) || slices.Contains(named[:i], name) {
				t.Errorf("%s: the reference has no such field, or it has two rows: %s", section, name)
			}
		}
	}
	if len(tables) != len(referenceFields) {
		t.Errorf("there are tables for %d references, want %d", len(tables), len(referenceFields))
	}
}

// readTables reads the rows of all tables, by the heading above them.
func readTables(t *testing.T, file string) map[string][]referenceRow {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	tables, section := map[string][]referenceRow{}, ""
	for line := range strings.Lines(string(content)) {
		line = strings.TrimSpace(line)
		if heading, is := strings.CutPrefix(line, "## "); is {
			section = heading
		}
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		if len(cells) != 4 {
			t.Errorf("a row of %s has %d cells, want 4: %s", section, len(cells), line)
			continue
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		tables[section] = append(tables[section], referenceRow{strings.Trim(cells[0], "`"), cells[1], cells[2], cells[3]})
	}
	return tables
}

// testsIn returns the names of the tests of a package.
func testsIn(t *testing.T, folder string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, declaration := range parsed.Decls {
			if f, is := declaration.(*ast.FuncDecl); is && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Test") && f.Name.Name != "TestMain" {
				names = append(names, f.Name.Name)
			}
		}
	}
	return names
}

// schemas reads the schema of each kind.
func schemas(t *testing.T, folder string) map[string]*apiextensionsv1.JSONSchemaProps {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]*apiextensionsv1.JSONSchemaProps{}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var crd apiextensionsv1.CustomResourceDefinition
		if err := yaml.UnmarshalStrict(content, &crd); err != nil {
			t.Fatal(err)
		}
		kinds[crd.Spec.Names.Kind] = crd.Spec.Versions[0].Schema.OpenAPIV3Schema
	}
	return kinds
}

// contractPath finds `Kind.field[].field: Value`, as the tables write what is ours.
var contractPath = regexp.MustCompile("`([A-Z][A-Za-z]+)((?:[.][a-zA-Z]+(?:\\[\\])?)+)(?:: ([A-Za-z]+))?`")

// checkPath checks that a kind has a field, and the field a value.
func checkPath(t *testing.T, contract map[string]*apiextensionsv1.JSONSchemaProps, row, kind, path, value string) {
	t.Helper()
	schema := contract[kind]
	if schema == nil {
		t.Errorf("%s: there is no kind %s", row, kind)
		return
	}
	for field := range strings.SplitSeq(strings.TrimPrefix(path, "."), ".") {
		name, isList := strings.CutSuffix(field, "[]")
		property, found := schema.Properties[name]
		if !found {
			t.Errorf("%s: %s has no field %s", row, kind, path)
			return
		}
		if name == "metadata" {
			return // Kubernetes' own
		}
		schema = &property
		if isList {
			schema = property.Items.Schema
		}
	}
	hasValue := func(v apiextensionsv1.JSON) bool { return string(v.Raw) == `"`+value+`"` }
	if value != "" && !slices.ContainsFunc(schema.Enum, hasValue) {
		t.Errorf("%s: %s%s has no value %s", row, kind, path, value)
	}
}
