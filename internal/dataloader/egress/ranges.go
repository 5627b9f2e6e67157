// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package egress

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// globalV6 contains all public IPv6 addresses. Everything outside it is denied without being
// listed: loopback, unspecified, link-local, unique-local, multicast, NAT64.
var globalV6 = netip.MustParsePrefix("2000::/3")

// special are the ranges without public servers, according to IANA's registries of special-purpose
// addresses. IPv6 ranges outside globalV6 are not listed.
var special = prefixes(
	"0.0.0.0/8",         // this host and this network
	"10.0.0.0/8",        // private
	"100.64.0.0/10",     // carrier-grade NAT; some clouds' metadata
	"127.0.0.0/8",       // loopback
	"168.63.129.16/32",  // a cloud's metadata at a public address
	"169.254.0.0/16",    // link-local; most clouds' metadata
	"172.16.0.0/12",     // private
	"192.0.0.0/24",      // protocol assignments
	"192.0.2.0/24",      // documentation
	"192.52.193.0/24",   // multicast tunnels (AMT)
	"192.88.99.0/24",    // relays of 6to4
	"192.168.0.0/16",    // private
	"198.18.0.0/15",     // benchmarks
	"198.51.100.0/24",   // documentation
	"203.0.113.0/24",    // documentation
	"224.0.0.0/4",       // multicast
	"240.0.0.0/4",       // reserved, and broadcast
	"2001::/23",         // protocol assignments: Teredo, ORCHID, benchmarks
	"2001:db8::/32",     // documentation
	"2002::/16",         // 6to4
	"2620:4f:8000::/48", // sinks of reverse DNS (AS112)
	"3fff::/20",         // documentation
)

// embedding are the IPv6 ranges whose addresses contain an IPv4 address that a gateway may forward
// to. offset is the index of its first byte, and mask is combined with its bytes.
var embedding = []struct {
	prefix netip.Prefix
	offset int
	mask   byte
}{
	{netip.MustParsePrefix("64:ff9b::/96"), 12, 0},    // NAT64
	{netip.MustParsePrefix("64:ff9b:1::/48"), 12, 0},  // NAT64 of a local network, in its usual form
	{netip.MustParsePrefix("2002::/16"), 2, 0},        // 6to4
	{netip.MustParsePrefix("2001::/32"), 12, 0xFF},    // Teredo, which inverts the bits
	{netip.MustParsePrefix("::/96"), 12, 0},           // IPv4-compatible
	{netip.MustParsePrefix("::ffff:0:0:0/96"), 12, 0}, // IPv4-translated (SIIT)
}

func prefixes(texts ...string) []netip.Prefix {
	all := make([]netip.Prefix, len(texts))
	for n, text := range texts {
		all[n] = netip.MustParsePrefix(text)
	}
	return all
}

// ParseNetworks parses a list of networks in CIDR notation, separated by commas. It returns them
// sorted and without duplicates.
func ParseNetworks(list string) ([]netip.Prefix, error) {
	var networks []netip.Prefix
	for part := range strings.SplitSeq(list, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		network, err := netip.ParsePrefix(part)
		if err != nil {
			return nil, fmt.Errorf("%q is not a network: write one such as 10.96.0.0/12", part)
		}
		if network != network.Masked() {
			return nil, fmt.Errorf("%q has bits set beyond its length: did you mean %s?", part, network.Masked())
		}
		if network.Addr().Is4In6() {
			return nil, fmt.Errorf("%q maps IPv4 into IPv6: write it as IPv4", part)
		}
		networks = append(networks, network)
	}
	slices.SortFunc(networks, netip.Prefix.Compare)
	return slices.Compact(networks), nil
}

// Permits reports whether a data loader may connect to an address: the address must be public, or the
// operator must allow its network. If an address contains another address, both must be permitted.
func (p Policy) Permits(address netip.Addr) bool {
	if !address.IsValid() || address.Zone() != "" {
		return false
	}
	// ::ffff:10.0.0.1 is 10.0.0.1, which is where the connection goes.
	address = address.Unmap()
	for _, each := range embedding {
		if each.prefix.Contains(address) && !p.permitsCarried(address, each.offset, each.mask) {
			return false
		}
	}
	return contains(p.Networks, address) || isPublic(address)
}

func (p Policy) permitsCarried(address netip.Addr, offset int, mask byte) bool {
	// ::1 and :: do not embed an IPv4 address.
	if address.IsLoopback() || address.IsUnspecified() {
		return true
	}
	bytes := address.As16()
	var carried [4]byte
	for n := range carried {
		carried[n] = bytes[offset+n] ^ mask
	}
	v4 := netip.AddrFrom4(carried)
	return contains(p.Networks, v4) || isPublic(v4)
}

func isPublic(address netip.Addr) bool {
	if address.Is6() && !globalV6.Contains(address) {
		return false
	}
	return !contains(special, address)
}

func contains(networks []netip.Prefix, address netip.Addr) bool {
	return slices.ContainsFunc(networks, func(network netip.Prefix) bool { return network.Contains(address) })
}
