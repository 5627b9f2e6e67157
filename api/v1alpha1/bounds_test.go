// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1_test

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// probe is a value on one side of a bound of a field.
type probe struct {
	name  string
	value any

	// refused is what the server says beyond the bound; empty on the right side of it.
	refused string
}

// patterns holds, for each pattern in the schemas, values on both sides of it. The right one is as long
// as the pattern and the field allow.
var patterns = map[string]struct{ right, wrong string }{
	`^-?[0-9]{1,15}(\.[0-9]{1,12})?$`: {"-999999999999999.999999999999", "1,5"},
	`^-?[0-9]+(\.[0-9]+)?(/[0-9]+)?$`: {"-" + strings.Repeat("1", 253) + "/3", "1/-3"},
	`^[A-Z]{3}$`:                      {"EUR", "eur"},
	`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`:    {"2026-04-16", "2026-4-16"},
	conditionReason:                   {"Reconciled", "not-a-reason"},
	conditionType:                     {"example.com/Ready", "a/b/c"},
}

// The patterns of metav1.Condition.
const (
	conditionReason = `^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$`
	conditionType   = `^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$`
)

// TestBounds tries both sides of every bound in the schemas: of the spec in the manifests of
// testdata/full, of the status in one that is made from the schema.
func TestBounds(t *testing.T) {
	crds := loadCRDs(t)
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			crd := crds[kind]
			endpoint := resource(t, crd)
			root := rootSchema(crd)
			spec, status := root.Properties["spec"], root.Properties["status"]
			seen := map[string]bool{}
			probed := 0

			for _, name := range fullNames(t, kind) {
				object := manifest(t, name)
				if found := tryCreate(t, endpoint, object); len(found) > 0 {
					t.Errorf("testdata/%s must be accepted; refused: %v", name, found)
				}
				eachField("spec", &spec, object.Object["spec"], func(path, schemaPath string, schema *apiextensionsv1.JSONSchemaProps, value any) {
					if seen[schemaPath] {
						return
					}
					seen[schemaPath] = true
					for _, p := range probes(t, schema, value) {
						probed++
						changed := object.DeepCopy()
						setPath(t, changed.Object, strings.Split(path, "."), p.value)
						p.judge(t, path, schema, tryCreate(t, endpoint, changed))
					}
				})
			}
			expectAllSeen(t, "spec", &spec, seen)

			object := create(t, endpoint, minimal(t, kind))
			object.Object["status"] = example(t, &status)
			if _, err := endpoint.UpdateStatus(t.Context(), object, statusDryRun); err != nil {
				t.Fatalf("a status with every field must be accepted: %v", err)
			}
			eachField("status", &status, object.Object["status"], func(path, schemaPath string, schema *apiextensionsv1.JSONSchemaProps, value any) {
				seen[schemaPath] = true
				for _, p := range probes(t, schema, value) {
					probed++
					changed := object.DeepCopy()
					setPath(t, changed.Object, strings.Split(path, "."), p.value)
					_, err := endpoint.UpdateStatus(t.Context(), changed, statusDryRun)
					p.judge(t, path, schema, causes(t, err))
				}
			})
			expectAllSeen(t, "status", &status, seen)
			t.Logf("%d values on either side of a bound", probed)
		})
	}
}

var statusDryRun = metav1.UpdateOptions{DryRun: dryRun, FieldValidation: metav1.FieldValidationStrict}

// expectAllSeen asserts that no field of a schema was left out.
func expectAllSeen(t *testing.T, path string, schema *apiextensionsv1.JSONSchemaProps, seen map[string]bool) {
	t.Helper()
	eachSchema(path, schema, func(path string, _ *apiextensionsv1.JSONSchemaProps) {
		if !seen[path] {
			t.Errorf("no manifest in testdata/full writes %s: add it to one", path)
		}
	})
}

// judge asserts that the server refuses a value for what it is, or has nothing against it. A rule may
// still refuse the manifest for another reason: those have tables of their own.
func (p probe) judge(t *testing.T, path string, schema *apiextensionsv1.JSONSchemaProps, found []metav1.StatusCause) {
	t.Helper()
	if p.refused != "" {
		if !slices.ContainsFunc(found, func(cause metav1.StatusCause) bool {
			return strings.HasPrefix(fieldAsPath(cause.Field), path) && strings.Contains(cause.Message, p.refused)
		}) {
			t.Errorf("%s %s must be refused with %q; got %v", path, p.name, p.refused, found)
		}
		return
	}
	for _, cause := range found {
		if fieldAsPath(cause.Field) == path && !isRule(schema, cause.Message) {
			t.Errorf("%s %s must be accepted; got %q", path, p.name, cause.Message)
		}
	}
}

func isRule(schema *apiextensionsv1.JSONSchemaProps, message string) bool {
	return slices.ContainsFunc(schema.XValidations, func(rule apiextensionsv1.ValidationRule) bool {
		return strings.Contains(message, rule.Message)
	})
}

// fieldAsPath turns spec.plans[0].name into spec.plans.0.name.
func fieldAsPath(field string) string {
	return strings.NewReplacer("[", ".", "]", "").Replace(field)
}

// probes are the values on both sides of the bounds of a field, given one that is within them.
func probes(t *testing.T, schema *apiextensionsv1.JSONSchemaProps, value any) []probe {
	t.Helper()
	switch schema.Type {
	case "string":
		return stringProbes(t, schema)
	case "integer":
		return integerProbes(schema)
	case "array":
		return listProbes(t, schema, value)
	case "object":
		return objectProbes(t, schema, value)
	default:
		return []probe{{"of another type", "word", "must be of type " + schema.Type}}
	}
}

func stringProbes(t *testing.T, schema *apiextensionsv1.JSONSchemaProps) []probe {
	t.Helper()
	var found []probe
	if len(schema.Enum) > 0 {
		for _, member := range schema.Enum {
			word, err := strconv.Unquote(string(member.Raw))
			if err != nil {
				t.Fatal(err)
			}
			found = append(found, probe{"as " + word, word, ""})
		}
		return append(found, probe{"as another word", "Sometimes", `Unsupported value: "Sometimes"`})
	}
	if schema.Format == "date-time" {
		return []probe{{"as no instant", "yesterday", "must be of type date-time"}}
	}
	if schema.Pattern != "" {
		sides, ok := patterns[schema.Pattern]
		if !ok {
			t.Fatalf("patterns has no values for %s: add them", schema.Pattern)
		}
		found = append(found, probe{"within its pattern", sides.right, ""}, probe{"beyond its pattern", sides.wrong, "should match"})
	}
	if schema.MaxLength != nil {
		long := strings.Repeat("a", int(*schema.MaxLength))
		if schema.Pattern == "" {
			found = append(found, probe{"of the greatest length", long, ""})
		}
		found = append(found, probe{"of a greater length", long + "a", fmt.Sprintf("Too long: may not be more than %d bytes", *schema.MaxLength)})
	}
	if schema.MinLength != nil && *schema.MinLength > 0 {
		least := strings.Repeat("a", int(*schema.MinLength))
		found = append(found, probe{"of the least length", least, ""},
			probe{"of a lesser length", least[1:], fmt.Sprintf("should be at least %d chars long", *schema.MinLength)})
	}

	return found
}

func integerProbes(schema *apiextensionsv1.JSONSchemaProps) []probe {
	found := []probe{{"as a word", "seven", "must be of type integer"}}
	if schema.Minimum != nil {
		least := int64(*schema.Minimum)
		found = append(found, probe{"at the least", least, ""},
			probe{"below the least", least - 1, fmt.Sprintf("should be greater than or equal to %d", least)})
	}
	if schema.Maximum != nil {
		most := int64(*schema.Maximum)
		found = append(found, probe{"at the most", most, ""},
			probe{"above the most", most + 1, fmt.Sprintf("should be less than or equal to %d", most)})
	}

	return found
}

func listProbes(t *testing.T, schema *apiextensionsv1.JSONSchemaProps, value any) []probe {
	t.Helper()
	list, ok := value.([]any)
	if !ok || len(list) == 0 {
		t.Fatalf("%v is no list with an element", value)
	}
	most := int(*schema.MaxItems)
	found := []probe{
		{"of the most elements", elements(schema, list[0], most), ""},
		{"of more elements", elements(schema, list[0], most+1), fmt.Sprintf("must have at most %d items", most)},
	}
	if schema.MinItems != nil {
		found = append(found, probe{"of no elements", []any{}, fmt.Sprintf("should have at least %d items", *schema.MinItems)})
	}
	if schema.XListType != nil && *schema.XListType != "atomic" {
		found = append(found, probe{"of one element twice", []any{list[0], list[0]}, "Duplicate value"})
	}

	return found
}

// elements makes a list of copies, each with a key of its own where the list asks for that.
func elements(schema *apiextensionsv1.JSONSchemaProps, element any, count int) []any {
	list := make([]any, 0, count)
	for i := range count {
		number := strconv.Itoa(i)
		switch *schema.XListType {
		case "map":
			entry := maps.Clone(element.(map[string]any))
			entry[schema.XListMapKeys[0]] = "a" + number
			list = append(list, entry)
		case "set":
			list = append(list, strings.Repeat("a", i+1))
		default:
			list = append(list, element)
		}
	}

	return list
}

func objectProbes(t *testing.T, schema *apiextensionsv1.JSONSchemaProps, value any) []probe {
	t.Helper()
	object, ok := value.(map[string]any)
	if !ok {
		t.Fatalf("%v is no object", value)
	}
	found := []probe{{"as a word", "word", "must be of type object"}}
	for _, name := range schema.Required {
		without := maps.Clone(object)
		delete(without, name)
		found = append(found, probe{"without " + name, without, "Required value"})
	}
	if schema.MaxProperties != nil {
		most := int(*schema.MaxProperties)
		full := map[string]any{}
		for i := range most {
			full["a"+strconv.Itoa(i)] = "b"
		}
		over := maps.Clone(full)
		over["b"] = "b"
		found = append(found, probe{"of the most entries", full, ""},
			probe{"of more entries", over, fmt.Sprintf("must have at most %d items", most)})
	}

	return found
}

// eachField calls visit for a value and all below it that the schema knows, with the path of the value,
// such as spec.plans.0.name, and that of its schema, such as spec.plans[].name.
func eachField(path string, schema *apiextensionsv1.JSONSchemaProps, value any, visit func(path, schemaPath string, schema *apiextensionsv1.JSONSchemaProps, value any)) {
	eachFieldBelow(path, path, schema, value, visit)
}

func eachFieldBelow(path, schemaPath string, schema *apiextensionsv1.JSONSchemaProps, value any, visit func(path, schemaPath string, schema *apiextensionsv1.JSONSchemaProps, value any)) {
	visit(path, schemaPath, schema, value)
	switch value := value.(type) {
	case map[string]any:
		for _, name := range sortedKeys(value) {
			if child, ok := schema.Properties[name]; ok {
				eachFieldBelow(path+"."+name, schemaPath+"."+name, &child, value[name], visit)
			} else if schema.AdditionalProperties != nil && schema.AdditionalProperties.Schema != nil {
				eachFieldBelow(path+"."+name, schemaPath+"{}", schema.AdditionalProperties.Schema, value[name], visit)
			}
		}
	case []any:
		for i, element := range value {
			eachFieldBelow(path+"."+strconv.Itoa(i), schemaPath+"[]", schema.Items.Schema, element, visit)
		}
	}
}

// example makes a value that writes every field of a schema.
func example(t *testing.T, schema *apiextensionsv1.JSONSchemaProps) any {
	t.Helper()
	switch schema.Type {
	case "object":
		object := map[string]any{}
		for name := range schema.Properties {
			child := schema.Properties[name]
			object[name] = example(t, &child)
		}
		return object
	case "array":
		return []any{example(t, schema.Items.Schema)}
	case "boolean":
		return true
	case "integer":
		if schema.Minimum != nil {
			return max(1, int64(*schema.Minimum))
		}
		return int64(1)
	}
	switch {
	case len(schema.Enum) > 0:
		word, err := strconv.Unquote(string(schema.Enum[0].Raw))
		if err != nil {
			t.Fatal(err)
		}
		return word
	case schema.Format == "date-time":
		return "2026-04-16T00:00:00Z"
	case schema.Pattern != "":
		return strings.TrimPrefix(patterns[schema.Pattern].right, "-")
	}

	return "a"
}
