// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1_test

const (
	notAnObjectName = "the name of an object has lower-case letters, digits, - and . only, and begins and ends with a letter or a digit: correct it"
	notAnEntryName  = "a name has letters, digits, -, _ and . only, and begins and ends with a letter or a digit: choose another"
	notASecretKey   = "a key of a Secret has letters, digits, -, _ and . only: correct it"
	notAnAddress    = "an address begins with http:// or https://: write it in full"
)

// field makes a row of a field with a value.
func field(path, from, value, reason, refused string) row {
	return row{reason: reason, from: from, with: "{" + path + `: "` + value + `"}`, refused: refused}
}

// objectNames makes rows for a field that holds the name of an object.
func objectNames(path, from string) map[string]row {
	return map[string]row{
		path + " of an object":   field(path, from, "a.b-2", "objects are named so", ""),
		path + " in capitals":    field(path, from, "Acme", "no object is named so", notAnObjectName),
		path + " with a dash":    field(path, from, "acme-", "no object is named so", notAnObjectName),
		path + " with a newline": field(path, from, `acme\nglobex`, "no object is named so", notAnObjectName),
	}
}

// entryNames makes rows for a field that holds the name of an item or a plan.
func entryNames(path, from string) map[string]row {
	return map[string]row{
		path + " in capitals":  field(path, from, "Editor_Seats.2", "people name them so", ""),
		path + " in two words": field(path, from, "editor seats", "a flag or a label could not hold it", notAnEntryName),
		path + " with a dash":  field(path, from, "-editors", "a flag could not hold it", notAnEntryName),
	}
}

// secretKeys makes rows for a field that names a value in a Secret.
func secretKeys(path, from string) map[string]row {
	return merge(objectNames(path+".name", from), map[string]row{
		path + ".key of a file": field(path+".key", from, "tls_2.crt", "keys are named so", ""),
		path + ".key of a path": field(path+".key", from, "tls/ca.crt", "no key is named so", notASecretKey),
	})
}

// addresses makes rows for a field that holds the address of a server.
func addresses(path, from string) map[string]row {
	return map[string]row{
		path + " by HTTPS":       field(path, from, "https://example.com:8443/a?b=c", "an address", ""),
		path + " by HTTP":        field(path, from, "http://billing.default.svc", "a service of the cluster has no certificate", ""),
		path + " of a file":      field(path, from, "file:///etc/passwd", "servers are asked by HTTP", notAnAddress),
		path + " without scheme": field(path, from, "example.com", "servers are asked by HTTP", notAnAddress),
		path + " of no server":   field(path, from, "https://", "there is nobody to ask", notAnAddress),
	}
}

// selectors makes rows for a field that selects by labels, in a manifest that has one.
func selectors(path, from string) map[string]row {
	const (
		noValues = "In and NotIn need values, and Exists and DoesNotExist do not allow them: add or remove them"
		oddValue = "the value of a label has letters, digits, -, _ and . only, and begins and ends with a letter or a digit: correct it"
		longKey  = "the key of a label has 1 to 317 characters: shorten it"
	)
	expression := func(value string) string {
		return "{" + path + ".matchExpressions: [" + value + "]}"
	}

	return map[string]row{
		path + " by one of two":         {"a label with one of two values", from, expression("{key: tier, operator: In, values: [a, b]}"), "", "", ""},
		path + " by one of none":        {"no label has one of no values", from, expression("{key: tier, operator: In}"), "", "", noValues},
		path + " by none of none":       {"every label has none of no values", from, expression("{key: tier, operator: NotIn, values: []}"), "", "", noValues},
		path + " by being there":        {"whatever the value", from, expression("{key: tier, operator: Exists}"), "", "", ""},
		path + " by absence":            {"absence has no value", from, expression("{key: tier, operator: DoesNotExist}"), "", "", ""},
		path + " by absence of a value": {"absence has no value", from, expression("{key: tier, operator: DoesNotExist, values: [a]}"), "", "", noValues},
		path + " by an odd value":       {"no label has such a value", from, "{" + path + `.matchLabels: {tier: "a b"}}`, "", "", oddValue},
		path + " by one odd value":      {"no label has such a value", from, expression("{key: tier, operator: In, values: [-a]}"), "", "", oddValue},
		path + " by an empty value":     {"a label may be empty", from, "{" + path + `.matchLabels: {tier: ""}}`, "", "", ""},
		path + " by an empty key":       {"a label has a key", from, "{" + path + `.matchLabels: {"": a}}`, "", "", longKey},
	}
}

// hasControls is what a rule against control and format characters says about a field.
func hasControls(what string) string {
	return what + " has control or format characters, such as a line break, which can corrupt terminals and reports: remove them"
}

// identifiers makes rows for a field that people and programs read as one line. what is how its rule names it.
func identifiers(path, from, what string) map[string]row {
	return map[string]row{
		path + " in any script":          field(path, from, "Åsa, 北京 + أحمد / #7", "people and systems name things so", ""),
		path + " with a line break":      field(path, from, `u-77\nu-78`, "it would be two lines of a report", hasControls(what)),
		path + " with an escape":         field(path, from, `u-77\e[2J`, "a terminal would clear its screen", hasControls(what)),
		path + " with a reversal":        field(path, from, `u-77\u202e87-u`, "it would read as another", hasControls(what)),
		path + " with an invisible":      field(path, from, `u-77\u200b`, "it would read as u-77", hasControls(what)),
		path + " with a line separator":  field(path, from, `u-77\u2028u-78`, "it would be two lines of a report", hasControls(what)),
		path + " with a deleted control": field(path, from, `u-77\x7f`, "a terminal would obey it", hasControls(what)),
	}
}

// displayNames makes rows for a field that is the name of something for people.
func displayNames(path, from, what string) map[string]row {
	return map[string]row{
		path + " in any script":     field(path, from, `Åsa می\u200cخواهم 👩\u200d💻`, "joiners are part of how some scripts are written", ""),
		path + " with a line break": field(path, from, `Ada\nBob`, "it would be two lines of a report", hasControls(what)),
		path + " with an escape":    field(path, from, `Ada\e[2J`, "a terminal would clear its screen", hasControls(what)),
		path + " with a reversal":   field(path, from, `Ada\u202eboB`, "it would read as another", hasControls(what)),
		path + " with an invisible": field(path, from, `Ada\u200b`, "it would read as Ada", hasControls(what)),
	}
}
