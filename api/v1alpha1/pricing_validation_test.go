// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1_test

const (
	needsUnitAmount = "PerUnit, Package and Flat need a unitAmount: set it"
	needsTiers      = "Graduated and Volume need tiers: set them"
	priceNotDecimal = "a price is a decimal in major units, not negative, with at most 15 digits before the point and 12 after it: write one such as 12.50"
)

// pricingRows are the models with what belongs to each and what does not.
var pricingRows = map[string]row{
	"PerUnit":                  pricing(`{model: PerUnit, unitAmount: "10", includedUnits: 3}`, "a price for each unit, some of them free", ""),
	"PerUnit of nothing":       pricing(`{model: PerUnit, unitAmount: "0"}`, "a unit may be free", ""),
	"PerUnit finer than cents": pricing(`{model: PerUnit, unitAmount: "0.000000000001"}`, "a unit price may be finer than the minor unit", ""),
	"PerUnit without a price":  pricing(`{model: PerUnit}`, "nobody knows what a unit costs", needsUnitAmount),
	"PerUnit below zero":       pricing(`{model: PerUnit, unitAmount: "-10"}`, "nobody is paid for having a seat", priceNotDecimal),
	"PerUnit with tiers":       pricing(`{model: PerUnit, unitAmount: "10", tiers: [{unitAmount: "10"}]}`, "the tiers would not count", "tiers belong to Graduated and Volume: remove them or change the model"),
	"PerUnit in packages":      pricing(`{model: PerUnit, unitAmount: "10", packageSize: 5}`, "the packages would not count", "packageSize belongs to Package: remove it or change the model"),

	"Package":                 pricing(`{model: Package, unitAmount: "40", packageSize: 5}`, "a price for each package", ""),
	"Package without a size":  pricing(`{model: Package, unitAmount: "40"}`, "nobody knows when the next one begins", "Package needs a packageSize: set it"),
	"Package without a price": pricing(`{model: Package, packageSize: 5}`, "nobody knows what a package costs", needsUnitAmount),

	"Flat":                     pricing(`{model: Flat, unitAmount: "99"}`, "a price for all", ""),
	"Flat without a price":     pricing(`{model: Flat}`, "nobody knows what it costs", needsUnitAmount),
	"Flat with included units": pricing(`{model: Flat, unitAmount: "99", includedUnits: 3}`, "they would not count", "Flat costs the same for any quantity: remove includedUnits"),

	"Graduated":                    pricing(`{model: Graduated, tiers: [{upTo: 10, unitAmount: "12"}, {unitAmount: "10"}], includedUnits: 1}`, "a price for each tier", ""),
	"Graduated without tiers":      pricing(`{model: Graduated}`, "nobody knows what a unit costs", needsTiers),
	"Graduated with a unit amount": pricing(`{model: Graduated, unitAmount: "10", tiers: [{unitAmount: "10"}]}`, "it would not count", "Graduated and Volume are priced by their tiers: remove unitAmount"),
	"Volume":                       pricing(`{model: Volume, tiers: [{upTo: 10, unitAmount: "12"}, {unitAmount: "10"}]}`, "a price for each tier", ""),
	"Volume without tiers":         pricing(`{model: Volume}`, "nobody knows what a unit costs", needsTiers),
}

// tierRows are tiers in all their shapes.
var tierRows = map[string]row{
	"one open tier":           tiers(`{unitAmount: "10"}`, "one price for all", ""),
	"one closed tier":         tiers(`{upTo: 10, unitAmount: "10"}`, "an eleventh unit has no price", "the last tier must not have an upTo, so that every quantity has a price: remove it"),
	"two open tiers":          tiers(`{unitAmount: "12"}, {unitAmount: "10"}`, "the second is never reached", "only the last tier may have no upTo: set it on every tier before the last one"),
	"rising tiers":            tiers(`{upTo: 10, unitAmount: "12"}, {upTo: 11, unitAmount: "11"}, {unitAmount: "10"}`, "each begins after the one before", ""),
	"falling tiers":           tiers(`{upTo: 11, unitAmount: "12"}, {upTo: 10, unitAmount: "11"}, {unitAmount: "10"}`, "the second is never reached", tiersMustRise),
	"equal tiers":             tiers(`{upTo: 10, unitAmount: "12"}, {upTo: 10, unitAmount: "11"}, {unitAmount: "10"}`, "the second is never reached", tiersMustRise),
	"a flat tier":             tiers(`{upTo: 10, flatAmount: "50"}, {unitAmount: "10"}`, "a tier may cost the same whatever the units", ""),
	"a tier without a price":  tiers(`{upTo: 10}, {unitAmount: "10"}`, "nobody knows what a unit costs: free is 0", "a tier needs a price: set unitAmount, flatAmount or both"),
	"a tier of a minus":       tiers(`{unitAmount: "-10"}`, "nobody is paid for having a seat", priceNotDecimal),
	"a flat tier of a minus":  tiers(`{flatAmount: "-0.01"}`, "nobody is paid for having a seat", priceNotDecimal),
	"a tier up to no unit":    tiers(`{upTo: 0, unitAmount: "12"}, {unitAmount: "10"}`, "tiers begin at one unit", "should be greater than or equal to 1"),
	"a price with a currency": tiers(`{unitAmount: "10 EUR"}`, "the currency is the plan's", priceNotDecimal),
	"a price in exponents":    tiers(`{unitAmount: "1e3"}`, "amounts are decimals", priceNotDecimal),
}

const tiersMustRise = "the tiers must be in ascending order: give each a greater upTo than the one before it"

func pricing(value, reason, refused string) row {
	return row{reason: reason, refused: refused, with: "{spec.plans.0.pricing: " + value + "}"}
}

func tiers(value, reason, refused string) row {
	return pricing("{model: Graduated, tiers: ["+value+"]}", reason, refused)
}
