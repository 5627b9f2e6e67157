// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package install

import (
	"encoding/json"
	"maps"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"

	"github.com/seatplane/seatplane/internal/testing/playground"
)

// What the values say reaches the manager as flags that it takes.
func TestValuesBecomeFlags(t *testing.T) {
	usual := []string{"--leader-elect", "--metrics-bind-address=:8443", "--health-probe-bind-address=:8081"}
	for name, c := range map[string]struct {
		reason string
		values []string
		want   []string
	}{
		"nothing said": {"the manager's own defaults hold", nil, usual},
		"namespaces": {
			"they are one flag", []string{"--set", "namespaces={b,a}"}, append(usual[:3:3], "--watch-namespaces=b,a"),
		},
		"selector": {
			"commas and spaces of a selector survive",
			[]string{"--set-string", "selector=region in (eu\\, us)"},
			append(usual[:3:3], "--watch-label-selector=region in (eu, us)"),
		},
		"namespace selector": {
			"it is one flag",
			[]string{"--set-string", "namespaceSelector=billing.seatplane.dev/shard=a"},
			append(usual[:3:3], "--watch-namespace-selector=billing.seatplane.dev/shard=a"),
		},
		"loaders": {
			"what loaders may reach",
			[]string{"--set", "loaders.allowedNetworks={10.96.0.0/12,fd00::/8}", "--set", "loaders.allowPlainHTTP=true"},
			append(usual[:3:3], "--loader-allowed-networks=10.96.0.0/12,fd00::/8", "--loader-allow-plain-http"),
		},
		"sinks": {
			"what EventSinks may reach",
			[]string{"--set", "sinks.allowedNetworks={10.96.0.0/12}", "--set", "sinks.allowPlainHTTP=true"},
			append(usual[:3:3], "--sink-allowed-networks=10.96.0.0/12", "--sink-allow-plain-http"),
		},
		"databases": {
			"plain connections, and other limits on loaders",
			[]string{"--set", "loaders.allowPlainSQL=true", "--set", "loaders.max=4", "--set", "loaders.memory=512Mi"},
			append(usual[:3:3], "--loader-allow-plain-sql", "--max-loaders=4", "--loader-memory=512Mi"),
		},
		"sqlite": {
			"a folder turns SQLite on", []string{"--set", "loaders.sqliteDir=/"}, append(usual[:3:3], "--sqlite-dir=/"),
		},
		"speed": {
			"a number stays a number",
			[]string{"--set", "maxConcurrentReconciles=4"},
			[]string{usual[0], usual[1], usual[2], "--max-concurrent-reconciles=4"},
		},
		"events": {
			"what is routine is announced too", []string{"--set", "events=All"}, append(usual[:3:3], "--events=All"),
		},
		"no metrics": {
			"0 serves none",
			[]string{"--set", "metrics.enabled=false"},
			[]string{usual[0], "--metrics-bind-address=0", usual[2]},
		},
		"further flags": {
			"they come last", []string{"--set", "extraArgs={--sync-period=1h}"}, append(usual[:3:3], "--sync-period=1h"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			args := parse(t, charted(t, c.values...)).args(t)
			if diff := cmp.Diff(c.want, args); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
			// The manager reads all flags before it obeys --version.
			if out, err := output(manager, append(args, "--version")...); err != nil {
				t.Errorf("the manager refuses %v: %v %s", args, err, out)
			}
		})
	}
}

func TestValuesThatCannotBeAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		reason string
		set    string
		says   string
	}{
		"unknown":      {"a typing error is no silent default", "replica=3", "replica"},
		"deep unknown": {"nor is one further down", "loaders.allowedNetwork={10.0.0.0/8}", "allowedNetwork"},
		"no replicas":  {"nobody would work", "replicas=0", "replicas"},
		"a namespace":  {"the manager would refuse it later", "namespaces={Team_A}", "namespaces"},
		"both":         {"the manager takes one of them", "namespaces={a},namespaceSelector=shard=a", "cannot be combined"},
		"a network":    {"an address is no network", "loaders.allowedNetworks={10.0.0.1}", "allowedNetworks"},
		"events":       {"there are two choices", "events=Warnings", "events"},
		"no loaders":   {"no source would be read", "loaders.max=0", "max"},
		"memory":       {"it is an amount with a unit", "loaders.memory=lots", "memory"},
		"a folder":     {"the container has no working directory of note", "loaders.sqliteDir=data", "sqliteDir"},
		"an account":   {"a user name without its kind is nobody", "admission.accounts={seatplane-manager}", "accounts"},
		"no image":     {"nothing could be pulled", "image.repository=", "repository"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := helm("template", "seatplane", filepath.Join(root, "charts", "seatplane"), "--set", c.set)
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s: --set %s: got %v, want a refusal that names %s", c.reason, c.set, err, c.says)
			}
		})
	}
}

// A section that is null is refused with one sentence that names it, wherever it is. Any other value that is null is
// refused by its name, or renders what an empty one does: nothing is switched off by it, and no template breaks.
func TestNullsAreRefusedOrHarmless(t *testing.T) {
	usual := parse(t, charted(t))
	for path, value := range flattened("", defaults(t)) {
		if strings.HasPrefix(path, "resources.") {
			continue // they are Kubernetes' own, and whoever removes one of them means it
		}
		t.Run(path, func(t *testing.T) {
			rendered, err := helm("template", "seatplane", filepath.Join(root, "charts", "seatplane"),
				"--namespace", playground.Namespace, "--set", path+"=null")
			section, isSection := value.(map[string]any)
			switch {
			case isSection && len(section) > 0:
				want := "the section " + path + " of the values is null: remove the line"
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("got %v, want a sentence that begins: %s", err, want)
				}
			case err != nil && strings.Contains(err.Error(), "nil pointer"), err != nil && !strings.Contains(err.Error(), last(path)):
				t.Errorf("got %v, want a refusal that names %s, or none", err, path)
			case err == nil:
				if diff := cmp.Diff(withoutMarks(usual), withoutMarks(parse(t, rendered))); diff != "" {
					t.Errorf("it changes what is installed:\n%s", diff)
				}
			}
		})
	}
}

// last returns the last name of a path of values.
func last(path string) string { return path[strings.LastIndex(path, ".")+1:] }

// flattened returns every value by its path, sections too.
func flattened(prefix string, values map[string]any) map[string]any {
	all := map[string]any{}
	for name, value := range values {
		all[prefix+name] = value
		if section, isSection := value.(map[string]any); isSection {
			maps.Copy(all, flattened(prefix+name+".", section))
		}
	}
	return all
}

// defaults returns the values of the chart.
func defaults(t *testing.T) map[string]any {
	t.Helper()
	shown, err := helm("show", "values", filepath.Join(root, "charts", "seatplane"))
	if err != nil {
		t.Fatal(err)
	}
	var values map[string]any
	if err := yaml.Unmarshal([]byte(shown), &values); err != nil {
		t.Fatal(err)
	}
	return values
}

// Every value has a place in the schema, so that a typing error in any of them is refused.
func TestSchemaKnowsEveryValue(t *testing.T) {
	var schema map[string]any
	if err := json.Unmarshal([]byte(file(t, "charts/seatplane/values.schema.json")), &schema); err != nil {
		t.Fatal(err)
	}
	mustDescribe(t, "", schema, defaults(t))
}

func mustDescribe(t *testing.T, path string, schema, values map[string]any) {
	t.Helper()
	properties, _, _ := unstructured.NestedMap(schema, "properties")
	if properties == nil {
		return
	}
	if schema["additionalProperties"] != false {
		t.Errorf("the schema takes any member of the values at %q", path)
	}
	for name, value := range values {
		property, isMap := properties[name].(map[string]any)
		if !isMap {
			t.Errorf("the schema does not know %s%s", path, name)
		}
		if inner, isMap := value.(map[string]any); isMap {
			mustDescribe(t, path+name+".", property, inner)
		}
	}
}
