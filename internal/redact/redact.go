// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package redact removes from objects what a support bundle must not have: the names, addresses and IDs of customers and
// assignees, free text, addresses of data sources, and queries. A name always gets the same substitute within
// one bundle, so that objects still refer to each other.
package redact

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// removed stands for text that is left out.
const removed = "(removed)"

// Redactor remembers which name has which substitute. Names are learned before anything is redacted, because messages of
// one object quote those of another.
type Redactor struct {
	substitutes map[string]string
	public      map[string]bool
	counts      map[string]int
	sorted      []string
}

// New returns a redactor that knows no name.
func New() *Redactor {
	return &Redactor{substitutes: map[string]string{}, public: map[string]bool{}, counts: map[string]int{}}
}

// Learn adds the names of an object.
func (r *Redactor) Learn(object client.Object) {
	switch o := object.(type) {
	case *v1alpha1.Subscription:
		r.customer(o.Spec.Customer)
		r.name("subscription", o.Name)
		r.name("external", o.Spec.ExternalRef)
		for n := range o.Spec.Items {
			r.public[o.Spec.Items[n].Name], r.public[o.Spec.Items[n].Plan] = true, true
		}
	case *v1alpha1.SeatProduct:
		r.public[o.Name] = true
		for n := range o.Spec.Plans {
			r.public[o.Spec.Plans[n].Name] = true
		}
	case *v1alpha1.ProrationPolicy:
		r.public[o.Name] = true
	case *v1alpha1.Invoice:
		r.customer(o.Spec.Customer)
		r.name("subscription", o.Spec.SubscriptionRef.Name)
	case *v1alpha1.SubscriptionUpdate:
		r.name("subscription", o.Spec.SubscriptionRef.Name)
	case *v1alpha1.SeatAssignment:
		r.name("subscription", o.Spec.SubscriptionRef.Name)
		r.name("assignment", o.Name)
		r.name("holder", o.Spec.Holder.ID)
		r.name("holder-name", o.Spec.Holder.DisplayName)
		r.name("holder-email", o.Spec.Holder.Email)
	}
}

func (r *Redactor) customer(c v1alpha1.Customer) {
	r.name("customer", c.ID)
	r.name("customer-name", c.DisplayName)
	r.name("customer-email", c.Email)
}

// name gives a name a substitute, unless it has one.
func (r *Redactor) name(kind, name string) {
	if name == "" || r.substitutes[name] != "" {
		return
	}
	r.counts[kind]++
	r.substitutes[name] = fmt.Sprintf("%s-%d", kind, r.counts[kind])
	r.sorted = nil
}

// Object returns a copy of an object as JSON, without what is private. Learn every object first.
func (r *Redactor) Object(object client.Object) (map[string]any, error) {
	copied, ok := object.DeepCopyObject().(client.Object)
	if !ok {
		return nil, fmt.Errorf("redact %T: its copy is not an object", object)
	}
	strip(copied)
	text, err := json.Marshal(copied)
	if err != nil {
		return nil, fmt.Errorf("redact %s: %w", object.GetName(), err)
	}
	content := map[string]any{}
	if err := json.Unmarshal(text, &content); err != nil {
		return nil, fmt.Errorf("redact %s: %w", object.GetName(), err)
	}
	redacted, ok := r.walk("", content).(map[string]any)
	if !ok {
		return nil, fmt.Errorf("redact %s: it is not an object", object.GetName())
	}
	return redacted, nil
}

// strip removes what is never needed: the metadata of others, free text and where data comes from.
func strip(object client.Object) {
	object.SetManagedFields(nil)
	object.SetLabels(nil)
	object.SetOwnerReferences(nil)
	own := map[string]string{}
	for key, value := range object.GetAnnotations() {
		if strings.HasPrefix(key, v1alpha1.GroupName+"/") {
			own[key] = value
		}
	}
	object.SetAnnotations(own)
	switch o := object.(type) {
	case *v1alpha1.SubscriptionUpdate:
		if o.Spec.Reason != "" {
			o.Spec.Reason = removed
		}
	case *v1alpha1.SeatProduct:
		stripLoader(o.Spec.DataLoader)
	}
}

// stripLoader keeps the kind of the source and how it is queried. Secrets are only named; their contents are elsewhere.
func stripLoader(l *v1alpha1.DataLoader) {
	if l == nil {
		return
	}
	if l.SQL != nil {
		l.SQL.Query = removed
	}
	if l.HTTP != nil {
		l.HTTP.URL = schemeOf(l.HTTP.URL)
	}
	if l.Prometheus != nil {
		l.Prometheus.URL, l.Prometheus.Query = schemeOf(l.Prometheus.URL), removed
	}
	if l.Kubernetes != nil {
		l.Kubernetes.LabelSelector = nil
	}
}

// schemeOf keeps only the scheme of an address: its server, path and query may name customers or carry a token.
func schemeOf(address string) string {
	parsed, err := url.Parse(address)
	if err != nil || parsed.Scheme == "" {
		return removed
	}
	return parsed.Scheme + "://" + removed
}

// walk replaces names in every text. A message may quote what a data source answered, so that it is redacted more.
func (r *Redactor) walk(key string, value any) any {
	switch v := value.(type) {
	case string:
		if key == "message" || key == "parked" {
			return r.Message(v)
		}
		return r.Text(v)
	case []any:
		for n := range v {
			v[n] = r.walk(key, v[n])
		}
		return v
	case map[string]any:
		if key == "attributes" && v["value"] != nil {
			v["value"] = removed // a fact about a customer, such as a tax number, in a spec or in an invoice that is owed
		}
		for key, inner := range v {
			v[key] = r.walk(key, inner)
		}
		return v
	default:
		return v
	}
}

// Message replaces the names in a message, and every quotation that is not the name of an item, a plan, a product or a
// policy: it may be the key of a customer that no object of the bundle names.
func (r *Redactor) Message(text string) string {
	parts := strings.Split(text, `"`)
	for n := range parts {
		switch isQuoted := n%2 == 1 && n < len(parts)-1; {
		case !isQuoted:
			parts[n] = r.Text(parts[n])
		case r.substitutes[parts[n]] != "":
			parts[n] = r.substitutes[parts[n]]
		case !r.public[parts[n]]:
			parts[n] = removed
		}
	}
	return strings.Join(parts, `"`)
}

// Text replaces the names in a text. A name counts only as a whole word, so that the customer "a" does not change every
// word. Longer names come first, so that one that is part of another is not left behind.
func (r *Redactor) Text(text string) string {
	if substitute := r.substitutes[text]; substitute != "" {
		return substitute
	}
	if r.sorted == nil {
		for name := range r.substitutes {
			r.sorted = append(r.sorted, name)
		}
		slices.SortFunc(r.sorted, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) })
	}
	for _, name := range r.sorted {
		if strings.Contains(text, name) {
			text = replaceWord(text, name, r.substitutes[name])
		}
	}
	return text
}

func replaceWord(text, word, substitute string) string {
	out := &strings.Builder{}
	for {
		at := strings.Index(text, word)
		if at < 0 {
			out.WriteString(text)
			return out.String()
		}
		before, _ := utf8.DecodeLastRuneInString(text[:at])
		after, _ := utf8.DecodeRuneInString(text[at+len(word):])
		if isPartOfWord(before, at == 0) || isPartOfWord(after, at+len(word) == len(text)) {
			out.WriteString(text[:at+len(word)])
		} else {
			out.WriteString(text[:at] + substitute)
		}
		text = text[at+len(word):]
	}
}

func isPartOfWord(r rune, isEdge bool) bool {
	return !isEdge && (unicode.IsLetter(r) || unicode.IsDigit(r))
}
