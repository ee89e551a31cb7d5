package app_test

import (
	"net/netip"
	"testing"

	"gondor/app"
)

func TestWhatIsOfTheLinkCanNotBeSentTo(t *testing.T) {
	for name, c := range map[string]struct {
		ip   string
		code app.Code
	}{
		"a public address":                    {"192.0.2.1", ""},
		"a private one":                       {"10.1.2.3", ""},
		"this machine":                        {"127.0.0.1", ""},
		"the metadata service of clouds":      {"169.254.169.254", app.CodeInvalid},
		"the same in IPv6's form":             {"::ffff:169.254.169.254", app.CodeInvalid},
		"one of the link in IPv6, with scope": {"fe80::1%eth0", app.CodeInvalid},
		"no address":                          {"0.0.0.0", app.CodeInvalid},
		"many":                                {"224.0.0.1", app.CodeInvalid},
	} {
		t.Run(name, func(t *testing.T) { wantCode(t, app.CheckFarAddress(netip.MustParseAddr(c.ip)), c.code) })
	}
}
