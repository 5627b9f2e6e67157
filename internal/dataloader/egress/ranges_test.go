// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package egress

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestPermits(t *testing.T) {
	cases := map[string]struct {
		reason  string
		address string
		want    bool
	}{
		"Public":              {"a public server", "93.184.215.14", true},
		"PublicV6":            {"a public server", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", true},
		"PublicMapped":        {"IPv4 written as IPv6 is that IPv4", "::ffff:93.184.215.14", true},
		"BelowPrivate":        {"the last address before 10/8", "9.255.255.255", true},
		"AbovePrivate":        {"the first address after 10/8", "11.0.0.0", true},
		"BelowPrivate172":     {"the last address before 172.16/12", "172.15.255.255", true},
		"AbovePrivate172":     {"the first address after 172.16/12", "172.32.0.0", true},
		"BelowCGNAT":          {"the last address before 100.64/10", "100.63.255.255", true},
		"AboveCGNAT":          {"the first address after 100.64/10", "100.128.0.0", true},
		"Loopback":            {"loopback", "127.0.0.1", false},
		"LoopbackHigh":        {"all of 127/8 is loopback", "127.255.255.254", false},
		"Unspecified":         {"0.0.0.0 connects to loopback", "0.0.0.0", false},
		"ThisNetwork":         {"0/8", "0.1.2.3", false},
		"Private10":           {"private", "10.0.0.1", false},
		"Private172":          {"private", "172.31.255.255", false},
		"Private192":          {"private", "192.168.1.1", false},
		"CGNAT":               {"carrier-grade NAT", "100.64.0.1", false},
		"AlibabaMetadata":     {"a cloud's metadata", "100.100.100.200", false},
		"LinkLocal":           {"link-local", "169.254.0.1", false},
		"Metadata":            {"clouds' metadata", "169.254.169.254", false},
		"AzureMetadata":       {"a cloud's metadata at a public address", "168.63.129.16", false},
		"OracleMetadata":      {"a cloud's metadata", "192.0.0.192", false},
		"Documentation1":      {"documentation", "192.0.2.1", false},
		"Documentation2":      {"documentation", "198.51.100.1", false},
		"Documentation3":      {"documentation", "203.0.113.1", false},
		"Benchmark":           {"benchmarks", "198.19.255.255", false},
		"Relay6to4":           {"relays of 6to4", "192.88.99.1", false},
		"Multicast":           {"multicast", "224.0.0.1", false},
		"MulticastHigh":       {"multicast", "239.255.255.255", false},
		"Reserved":            {"reserved", "240.0.0.1", false},
		"Broadcast":           {"broadcast", "255.255.255.255", false},
		"LoopbackV6":          {"loopback", "::1", false},
		"UnspecifiedV6":       {"unspecified", "::", false},
		"LinkLocalV6":         {"link-local", "fe80::1", false},
		"LinkLocalZone":       {"link-local with a zone", "fe80::1%eth0", false},
		"PublicZone":          {"a zone has no place in a public address", "2606:2800:21f::1%eth0", false},
		"MappedZone":          {"nor in IPv4 written as IPv6", "::ffff:93.184.215.14%eth0", false},
		"SiteLocal":           {"site-local, given up long ago", "fec0::1", false},
		"UniqueLocal":         {"unique-local", "fc00::1", false},
		"UniqueLocalMetadata": {"a cloud's metadata", "fd00:ec2::254", false},
		"MulticastV6":         {"multicast", "ff02::1", false},
		"DocumentationV6":     {"documentation", "2001:db8::1", false},
		"DocumentationV6New":  {"documentation", "3fff::1", false},
		"BenchmarkV6":         {"benchmarks", "2001:2::1", false},
		"ORCHID":              {"no address at all", "2001:20::1", false},
		"Discard":             {"a sink", "100::1", false},
		"SegmentRouting":      {"segment routing", "5f00::1", false},
		"MappedLoopback":      {"loopback within IPv6", "::ffff:127.0.0.1", false},
		"MappedMetadata":      {"metadata within IPv6, in hexadecimal", "::ffff:a9fe:a9fe", false},
		"MappedPrivate":       {"private within IPv6", "::ffff:10.1.2.3", false},
		"CompatibleLoopback":  {"loopback within IPv6, the old way", "::127.0.0.1", false},
		"CompatiblePublic":    {"nothing is reached the old way", "::93.184.215.14", false},
		"TranslatedLoopback":  {"loopback, to be translated", "::ffff:0:127.0.0.1", false},
		"NAT64Private":        {"private behind NAT64", "64:ff9b::10.0.0.1", false},
		"NAT64Metadata":       {"metadata behind NAT64", "64:ff9b::a9fe:a9fe", false},
		"NAT64Public":         {"NAT64 itself is for the operator to allow", "64:ff9b::93.184.215.14", false},
		"NAT64Local":          {"NAT64 of one's own", "64:ff9b:1::10.0.0.1", false},
		"6to4Loopback":        {"loopback behind 6to4", "2002:7f00:1::", false},
		"6to4Private":         {"private behind 6to4", "2002:a00:1::1", false},
		"6to4Public":          {"6to4 itself", "2002:5db8:d70e::1", false},
		"TeredoLoopback":      {"loopback behind Teredo, its bits inverted", "2001:0:4136:e378:8000:63bf:80ff:fffe", false},
		"TeredoPublic":        {"Teredo itself", "2001:0:4136:e378:8000:63bf:a247:28f1", false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := (Policy{}).Permits(netip.MustParseAddr(tc.address)); got != tc.want {
				t.Errorf("%s: %s: got %v", tc.reason, tc.address, got)
			}
		})
	}
	if (Policy{}).Permits(netip.Addr{}) {
		t.Error("no address at all is permitted")
	}
}

func TestPermitsWhatTheOperatorAllows(t *testing.T) {
	cases := map[string]struct {
		reason   string
		networks string
		address  string
		want     bool
	}{
		"Inside":              {"allowed", "10.96.0.0/12", "10.100.0.1", true},
		"Outside":             {"another private network", "10.96.0.0/12", "10.0.0.1", false},
		"Mapped":              {"the same written as IPv6", "10.96.0.0/12", "::ffff:10.100.0.1", true},
		"One":                 {"one address", "127.0.0.1/32", "127.0.0.1", true},
		"OneNotTheNext":       {"one address only", "127.0.0.1/32", "127.0.0.2", false},
		"UniqueLocal":         {"allowed", "fd00::/8", "fd12::1", true},
		"LoopbackV6":          {"allowed", "::1/128", "::1", true},
		"NAT64Public":         {"what is behind is public", "64:ff9b::/96", "64:ff9b::93.184.215.14", true},
		"NAT64Private":        {"what is behind is not allowed", "64:ff9b::/96", "64:ff9b::10.0.0.1", false},
		"NAT64PrivateAllowed": {"both are allowed", "64:ff9b::/96,10.0.0.0/8", "64:ff9b::10.0.0.1", true},
		"NAT64NotAllowed":     {"only what is behind is allowed", "10.0.0.0/8", "64:ff9b::10.0.0.1", false},
		"TeredoPublic":        {"what is behind is public", "2001::/32", "2001:0:4136:e378:8000:63bf:a247:28f1", true},
		"TeredoLoopback":      {"what is behind, its bits inverted, is loopback", "2001::/32", "2001:0:4136:e378:8000:63bf:80ff:fffe", false},
		"AllOfV6":             {"loopback in 6to4 is still loopback", "::/0", "2002:7f00:1::", false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			networks, err := ParseNetworks(tc.networks)
			if err != nil {
				t.Fatal(err)
			}
			if got := (Policy{Networks: networks}).Permits(netip.MustParseAddr(tc.address)); got != tc.want {
				t.Errorf("%s: %s within %s: got %v", tc.reason, tc.address, tc.networks, got)
			}
		})
	}
}

func TestParseNetworks(t *testing.T) {
	got, err := ParseNetworks(" 10.96.0.0/12, ::1/128,,10.96.0.0/12 ")
	want := []netip.Prefix{netip.MustParsePrefix("10.96.0.0/12"), netip.MustParsePrefix("::1/128")}
	if diff := cmp.Diff(want, got, cmpopts.EquateComparable(netip.Prefix{})); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	if got, err := ParseNetworks(""); err != nil || len(got) > 0 {
		t.Errorf("nothing: got %v, %v", got, err)
	}
	for list, says := range map[string]string{
		"10.0.0.0":           "not a network",
		"all":                "not a network",
		"10.0.0.1/8":         "did you mean 10.0.0.0/8",
		"::ffff:10.0.0.0/96": "did you mean ::ffff:0.0.0.0/96",
		"::ffff:0:0/96":      "write it as IPv4",
	} {
		if _, err := ParseNetworks(list); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: got %v, want %q", list, err, says)
		}
	}
}
