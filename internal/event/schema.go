// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package event

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// dataOf has the data of each type without values, for its schema.
var dataOf = map[Type]any{
	SubscriptionStarted:     periodData{},
	SubscriptionRenewed:     periodData{},
	SubscriptionTrialEnding: trialEndingData{},
	SubscriptionCanceled:    canceledData{},
	SubscriptionParked:      parkedData{},
	UpdateScheduled:         waitingData{},
	UpdateHeld:              waitingData{},
	UpdateApplied:           appliedData{},
	UpdateRejected:          droppedData{},
	UpdateSuperseded:        droppedData{},
	SeatsLimitReached:       limitData{},
	UsageSoftLimitReached:   limitData{},
	UsageTrialLimitReached:  limitData{},
	UsageHardLimitReached:   limitData{},
	InvoiceIssued:           invoiceData{},
	ProductRefreshFailed:    refreshFailedData{},
	ProductRefreshRecovered: refreshRecoveredData{},
}

// meanings says when an event of each type happens, in a sentence.
var meanings = map[Type]string{
	SubscriptionStarted:     "The subscription has started: its first billing period, or its trial, begins.",
	SubscriptionRenewed:     "A billing period or a trial has ended, and the next period has begun.",
	SubscriptionTrialEnding: "The trial ends in three days. If the trial is shorter, the event happens at its start.",
	SubscriptionCanceled:    "The subscription has ended. Its Final document, if there is one, has a separate event.",
	SubscriptionParked:      "Billing has stopped until a person sets the annotation billing.seatplane.dev/unpark. Nothing is charged until then.",
	UpdateScheduled:         "A change waits for its time: for the renewal, for a date, or for the next refresh.",
	UpdateHeld:              "A count changed more than the guard of the product allows, and the change is pending approval.",
	UpdateApplied:           "A change has taken effect. The event has one object for each item that changed.",
	UpdateRejected:          "A change was refused and will never apply.",
	UpdateSuperseded:        "A newer edit or a newer count replaced a change before it took effect.",
	SeatsLimitReached:       "An item has 75, 90 or 100 percent of the maximum number of seats of its plan.",
	UsageSoftLimitReached:   "The usage of an item has reached 75, 90 or 100 percent of its soft limit. Usage continues, and is billed.",
	UsageTrialLimitReached:  "The usage of an item has reached the limit of the trial. Usage is not counted until the trial ends.",
	UsageHardLimitReached:   "The usage of an item has reached its hard limit. More usage in this period is not billed.",
	InvoiceIssued:           "An invoice or a credit note was issued.",
	ProductRefreshFailed:    "The counts of a product could not be refreshed, for the first time since they could. Further failed attempts do not send an event.",
	ProductRefreshRecovered: "The counts of a product were refreshed again after a failure.",
}

// Meaning says when an event of the type happens, in one or two sentences.
func (t Type) Meaning() string { return meanings[t] }

// property is a schema, and whether an object has to have it.
type property struct {
	name     string
	required bool
	schema   schema
}

// schema is a JSON Schema whose keys keep their order.
type schema []keyed

type keyed struct {
	key   string
	value any
}

// MarshalJSON writes the keys in their order.
func (s schema) MarshalJSON() ([]byte, error) {
	var written strings.Builder
	written.WriteByte('{')
	for n, each := range s {
		if n > 0 {
			written.WriteByte(',')
		}
		value, err := encode(each.value)
		if err != nil {
			return nil, err
		}
		written.WriteString(strconv.Quote(each.key) + ":")
		written.Write(value)
	}
	written.WriteByte('}')
	return []byte(written.String()), nil
}

// Schema returns the JSON Schema (draft 2020-12) of the data of a type, indented and with a line break at its end. New
// versions of Seatplane may add fields that can be absent, so the schema allows more than it describes.
func Schema(t Type) ([]byte, error) {
	data, known := dataOf[t]
	if !known {
		return nil, fmt.Errorf("there is no type %q", t)
	}
	described, err := describe(reflect.TypeOf(data))
	if err != nil {
		return nil, err
	}
	whole := append(schema{
		{"$schema", "https://json-schema.org/draft/2020-12/schema"},
		{"$id", schemas + t.SchemaFile()},
		{"title", "The data of " + t.Full()},
		{"description", t.Meaning()},
	}, described...)
	text, err := json.MarshalIndent(whole, "", "  ")
	return append(text, '\n'), err
}

var (
	instantType = reflect.TypeFor[instant]()
	decimalType = reflect.TypeFor[decimal]()
	numberType  = reflect.TypeFor[json.Number]()
)

// describe returns the schema of a Go type.
func describe(t reflect.Type) (schema, error) {
	switch t {
	case instantType:
		return schema{{"type", "string"}, {"format", "date-time"}, {"pattern", `^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$`}}, nil
	case decimalType:
		return schema{{"type", "string"}, {"pattern", `^-?[0-9]{1,15}([.][0-9]{1,12})?$`}}, nil
	case numberType:
		return schema{{"type", "number"}}, nil
	}
	switch t.Kind() {
	case reflect.String:
		return schema{{"type", "string"}}, nil
	case reflect.Int, reflect.Int32, reflect.Int64:
		return schema{{"type", "integer"}, {"minimum", 0}}, nil
	case reflect.Slice:
		items, err := describe(t.Elem())
		return schema{{"type", "array"}, {"items", items}}, err
	case reflect.Struct:
		return describeStruct(t)
	default:
		return nil, fmt.Errorf("data of type %s has no schema", t)
	}
}

func describeStruct(t reflect.Type) (schema, error) {
	properties, required := schema{}, []string{}
	for n := range t.NumField() {
		each, err := describeField(t.Field(n))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", t.Name(), err)
		}
		properties = append(properties, keyed{each.name, each.schema})
		if each.required {
			required = append(required, each.name)
		}
	}
	return schema{{"type", "object"}, {"required", required}, {"properties", properties}}, nil
}

func describeField(f reflect.StructField) (property, error) {
	name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
	optional := options == "omitempty"
	doc := f.Tag.Get("doc")
	if name == "" || doc == "" {
		return property{}, fmt.Errorf("field %s needs the tags json and doc", f.Name)
	}
	t, nullable := f.Type, false
	if t.Kind() == reflect.Pointer {
		t, nullable = t.Elem(), !optional
	}
	described, err := describe(t)
	if err != nil {
		return property{}, err
	}
	if nullable {
		described[0].value = []string{described[0].value.(string), "null"}
	}
	if values := f.Tag.Get("enum"); values != "" {
		described = append(described, keyed{"enum", enum(t, values)})
	}
	described = append(schema{{"description", doc}}, described...)
	return property{name: name, required: !optional, schema: described}, nil
}

// enum returns the values of a field, as its type writes them.
func enum(t reflect.Type, values string) any {
	texts := strings.Split(values, ",")
	if t.Kind() == reflect.String {
		return texts
	}
	numbers := make([]json.Number, 0, len(texts))
	for _, text := range texts {
		numbers = append(numbers, json.Number(text))
	}
	return numbers
}

// Field is a field of the data of a type, as the catalogue lists it.
type Field struct {
	// Path is where it is: "changes[].item".
	Path string
	// Type is string, integer, number, object or array, with "or null" if it can be null.
	Type string
	// Optional means that it can be absent.
	Optional bool
	// Meaning describes it.
	Meaning string
}

// Fields returns the fields of the data of a type, in order, each after the object that it is in. It returns none for a
// type that does not exist.
func Fields(t Type) []Field {
	data, known := dataOf[t]
	if !known {
		return nil
	}
	return fieldsOf(reflect.TypeOf(data), "")
}

func fieldsOf(t reflect.Type, prefix string) []Field {
	var fields []Field
	for n := range t.NumField() {
		f := t.Field(n)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		field := Field{Path: prefix + name, Optional: options == "omitempty", Meaning: f.Tag.Get("doc")}
		inner := f.Type
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
			if !field.Optional {
				field.Type = " or null"
			}
		}
		field.Type = typeName(inner) + field.Type
		fields = append(fields, field)
		switch {
		case inner.Kind() == reflect.Struct:
			fields = append(fields, fieldsOf(inner, field.Path+".")...)
		case inner.Kind() == reflect.Slice:
			fields = append(fields, fieldsOf(inner.Elem(), field.Path+"[].")...)
		}
	}
	return fields
}

// typeName names a Go type as JSON Schema does.
func typeName(t reflect.Type) string {
	switch {
	case t == numberType:
		return "number"
	case t.Kind() == reflect.String:
		return "string"
	case t.Kind() == reflect.Slice:
		return "array"
	case t.Kind() == reflect.Struct:
		return "object"
	default:
		return "integer"
	}
}
