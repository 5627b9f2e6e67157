// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package money_test

import (
	"strings"
	"testing"

	"github.com/seatplane/seatplane/internal/billing/money"
)

// What ISO 4217, List One, says about the currencies in force: the digits of the
// minor unit. All that are not named here have two.
var minorUnits = map[int]string{
	0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
	2: "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW " +
		"CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF " +
		"IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK " +
		"MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP " +
		"SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG " +
		"YER ZAR ZMW ZWG",
	3: "BHD IQD JOD KWD LYD OMR TND",
	4: "CLF UYW",
}

func TestCurrencyDigits(t *testing.T) {
	for digits, codes := range minorUnits {
		for code := range strings.FieldsSeq(codes) {
			c, err := money.ParseCurrency(code)
			if err != nil {
				t.Errorf("%s: %v", code, err)
				continue
			}
			if c.Digits() != digits || c.Code() != code {
				t.Errorf("%s has %d digits, want %d", c.Code(), c.Digits(), digits)
			}
		}
	}
}

func TestParseCurrencyRefuses(t *testing.T) {
	tests := map[string]struct{ code, want string }{
		"empty":    {"", `"" is not a currency: write its ISO 4217 code in three capitals, such as "EUR"`},
		"small":    {"eur", `"eur" is not a currency: write its ISO 4217 code in three capitals, such as "EUR"`},
		"a symbol": {"€", `"€" is not a currency: write its ISO 4217 code in three capitals, such as "EUR"`},
		"unknown":  {"EUX", `"EUX" is not a currency of ISO 4217`},
		"none":     {"XXX", `"XXX" has no minor unit in ISO 4217, so nothing can be billed in it`},
		"a metal":  {"XAU", `"XAU" has no minor unit in ISO 4217, so nothing can be billed in it`},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			c, err := money.ParseCurrency(tc.code)
			if got := errorText(err); got != tc.want || c != (money.Currency{}) {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

// billing.md#3-rounding: half away from zero, to the minor unit.
func TestCurrencyRound(t *testing.T) {
	tests := map[string]struct{ code, amount, want string }{
		"down":                {"EUR", "1/3", "0.33"},
		"up":                  {"EUR", "2/3", "0.67"},
		"half":                {"EUR", "0.005", "0.01"},
		"half, negative":      {"EUR", "-0.005", "-0.01"},
		"below half":          {"EUR", "0.004999999999", "0"},
		"below half negative": {"EUR", "-0.004999999999", "0"},
		"yen":                 {"JPY", "2000/3", "667"},
		"half a yen":          {"JPY", "-1/2", "-1"},
		"dinar":               {"KWD", "0.0125", "0.013"},
		"half beyond 64 bits": {"EUR", "-99999999999999999999.005", "-99999999999999999999.01"},
		"beyond 64 bits":      {"EUR", "999999999999999999999/7", "142857142857142857142.71"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			c, err := money.ParseCurrency(tc.code)
			if err != nil {
				t.Fatal(err)
			}
			f, err := money.ParseFraction(tc.amount)
			if err != nil {
				t.Fatal(err)
			}
			if got := c.Round(f).String(); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}

func TestCurrencyFormat(t *testing.T) {
	tests := map[string]struct{ code, amount, want, exact string }{
		"cents":          {"EUR", "12.5", "12.50", "12.50"},
		"whole":          {"EUR", "100", "100.00", "100.00"},
		"zero":           {"EUR", "0", "0.00", "0.00"},
		"negative":       {"EUR", "-6.33", "-6.33", "-6.33"},
		"yen":            {"JPY", "1000", "1000", "1000"},
		"dinar":          {"KWD", "1.5", "1.500", "1.500"},
		"finer":          {"EUR", "0.0123", "0.01", "0.0123"},
		"finer negative": {"EUR", "-0.0012", "0.00", "-0.0012"}, // never -0.00
		"finer zeros":    {"EUR", "1.5000", "1.50", "1.50"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			c, err := money.ParseCurrency(tc.code)
			if err != nil {
				t.Fatal(err)
			}
			d := money.MustDecimal(tc.amount)
			if c.Format(d) != tc.want || c.FormatExact(d) != tc.exact {
				t.Errorf("got %s and %s, want %s and %s", c.Format(d), c.FormatExact(d), tc.want, tc.exact)
			}
		})
	}
}

func FuzzParseCurrency(f *testing.F) {
	for _, code := range []string{"EUR", "eur", "XXX", "", "EURO", "\x00\x00\x00", "JPY"} {
		f.Add(code)
	}
	f.Fuzz(func(t *testing.T, code string) {
		c, err := money.ParseCurrency(code)
		if err != nil {
			return
		}
		if c.Code() != code || c.Digits() < 0 || c.Digits() > 4 {
			t.Fatalf("%q is read as %s with %d digits", code, c.Code(), c.Digits())
		}
	})
}
