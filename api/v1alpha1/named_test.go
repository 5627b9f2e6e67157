// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// untested are the names of the contract that no test reaches, each with the reason.
var untested = map[string]string{
	"ConditionVoid": "set by whoever collects; the operator does not act on it",
}

// TestEveryNameOfTheContractHasATest: every condition type, every reason and every state of a
// Subscription or a SubscriptionUpdate is named in a test that runs a controller, so that a reader finds
// the test by the name.
func TestEveryNameOfTheContractHasATest(t *testing.T) {
	named := namesInTests(t, "../../internal/controller", "../../test/acceptance", "../../test/crash", "../../test/endurance")
	contract := namesOfTheContract(t)
	if len(contract) < 80 {
		t.Fatalf("only %d names were found in the contract: this test does not see it", len(contract))
	}
	for _, name := range slices.Sorted(maps.Keys(contract)) {
		reason, excused := untested[name]
		switch {
		case named[name] && excused:
			t.Errorf("%s has a test: take it out of the list of those that have none (%s)", name, reason)
		case !named[name] && !excused:
			t.Errorf("no test that runs a controller names v1alpha1.%s: add a row that reaches it", name)
		}
	}
	for name := range untested {
		if _, known := contract[name]; !known {
			t.Errorf("%s is excused, but is no name of the contract", name)
		}
	}
}

// TestEveryReasonOfTheCoreIsInTheContract: the engine's reasons come out on conditions as they are, so
// each has to be one that the contract promises.
func TestEveryReasonOfTheCoreIsInTheContract(t *testing.T) {
	contract := namesOfTheContract(t)
	promised := slices.Collect(maps.Values(contract))
	core := constants(t, "../../internal/billing/subscription", func(_, kind string) bool { return kind == "Reason" })
	if len(core) < 30 {
		t.Fatalf("only %d reasons were found in the core: this test does not see them", len(core))
	}
	for name, value := range core {
		if !slices.Contains(promised, value) {
			t.Errorf("internal/billing/subscription.%s is %q, which api/v1alpha1/conditions.go does not have", name, value)
		}
	}
}

// namesOfTheContract returns the constants that a person may meet in a status, with their values.
func namesOfTheContract(t *testing.T) map[string]string {
	t.Helper()
	return constants(t, ".", func(name, kind string) bool {
		return strings.HasPrefix(name, "Reason") || strings.HasPrefix(name, "Condition") ||
			kind == "SubscriptionState" || kind == "UpdateState"
	})
}

// constants returns the string constants of a package's own code that are wanted by name and type.
func constants(t *testing.T, dir string, wanted func(name, kind string) bool) map[string]string {
	t.Helper()
	found := map[string]string{}
	eachFile(t, dir, func(path string) bool { return !strings.HasSuffix(path, "_test.go") }, func(file *ast.File) {
		ast.Inspect(file, func(node ast.Node) bool {
			spec, ok := node.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 {
				return true
			}
			literal, ok := spec.Values[0].(*ast.BasicLit)
			if !ok || literal.Kind != token.STRING {
				return true
			}
			kind, _ := spec.Type.(*ast.Ident)
			if kind == nil {
				kind = &ast.Ident{}
			}
			if value, err := strconv.Unquote(literal.Value); err == nil && wanted(spec.Names[0].Name, kind.Name) {
				found[spec.Names[0].Name] = value
			}
			return true
		})
	})
	return found
}

// namesInTests returns the names that tests below the folders take from the contract.
func namesInTests(t *testing.T, dirs ...string) map[string]bool {
	t.Helper()
	named := map[string]bool{}
	for _, dir := range dirs {
		eachFile(t, dir, func(path string) bool { return strings.HasSuffix(path, "_test.go") }, func(file *ast.File) {
			ast.Inspect(file, func(node ast.Node) bool {
				selector, ok := node.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				if from, ok := selector.X.(*ast.Ident); ok && from.Name == "v1alpha1" {
					named[selector.Sel.Name] = true
				}
				return true
			})
		})
	}
	return named
}

// eachFile parses the wanted Go files below a folder.
func eachFile(t *testing.T, dir string, wanted func(path string) bool, visit func(*ast.File)) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".go" || !wanted(path) {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		visit(file)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
