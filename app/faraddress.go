package app

import "net/netip"

// CheckFarAddress refuses addresses that Gondor must not be led to by what people choose, as
// webhooks and drains: only a machine itself should reach them. Among those of the link are
// the services from which clouds tell a machine its secrets. Private networks are not refused.
func CheckFarAddress(ip netip.Addr) error {
	if ip = ip.Unmap(); ip.IsLinkLocalUnicast() || ip.IsMulticast() || ip.IsUnspecified() {
		return Invalid("address", "%s is no address that anything can be sent to; name another host", ip)
	}
	return nil
}
