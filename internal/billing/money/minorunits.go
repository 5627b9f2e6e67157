// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package money

// noMinorUnit marks codes whose minor unit is "N.A." in ISO 4217.
const noMinorUnit = -1

// minorUnits contains the decimal digits of the codes for which golang.org/x/text/currency differs
// from ISO 4217. Its tables are those of CLDR 32, of 2017. CLDR gives the digits that people
// usually write and not the minor unit (a Colombian peso has 100 centavos), and its tables lack the
// newest codes.
var minorUnits = map[string]int{
	// These have a minor unit in ISO 4217 that CLDR leaves out.
	"AFN": 2, "ALL": 2, "AMD": 2, "COP": 2, "GYD": 2, "IDR": 2, "IQD": 3, "IRR": 2,
	"KPW": 2, "LAK": 2, "LBP": 2, "MGA": 2, "MMK": 2, "MNT": 2, "MUR": 2, "PKR": 2,
	"RSD": 2, "SLL": 2, "SOS": 2, "SYP": 2, "TZS": 2, "UZS": 2, "YER": 2,

	// These are newer than the tables.
	"MRU": 2, "SLE": 2, "UYW": 4, "VED": 2, "VES": 2, "XAD": 2, "XCG": 2, "ZWG": 2,

	// These are metals, units of account, codes for tests, and the code for no currency.
	"XAG": noMinorUnit, "XAU": noMinorUnit, "XBA": noMinorUnit, "XBB": noMinorUnit,
	"XBC": noMinorUnit, "XBD": noMinorUnit, "XDR": noMinorUnit, "XFO": noMinorUnit,
	"XFU": noMinorUnit, "XPD": noMinorUnit, "XPT": noMinorUnit, "XRE": noMinorUnit,
	"XSU": noMinorUnit, "XTS": noMinorUnit, "XUA": noMinorUnit, "XXX": noMinorUnit,
}
