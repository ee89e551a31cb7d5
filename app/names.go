package app

import (
	"net/netip"
	"regexp"
	"strings"
)

// The lengths that names may have, in bytes.
const (
	MaxNameLength  = 63  // of a group, site, label or service: a DNS label, RFC 1035 section 2.3.4
	MaxHostLength  = 253 // of a host name: RFC 1035 section 2.3.4, in text form
	MaxVariableKey = 255
	MaxVariable    = 128 << 10 // what Linux takes for one string of an environment
	MaxEmailLength = 254       // RFC 5321 section 4.5.3.1.3, without the angle brackets
)

var (
	namePattern        = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	processTypePattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,63}$`)
	variableKeyPattern = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	hostLabelPattern   = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)
)

// CheckName checks the name of a resource group, a site, a service or an instance's
// label: lower-case letters, digits and single hyphens inside, so that it can stand
// in a host name. field names it in the error.
func CheckName(field, name string) error {
	switch {
	case name == "":
		return Invalid(field, "is missing; give a name such as %q", "my-site")
	case len(name) > MaxNameLength:
		return Invalid(field, "is %d characters long; at most %d fit in a host name", len(name), MaxNameLength)
	case !namePattern.MatchString(name):
		return Invalid(field, "%q can't be used; use lower-case letters and digits, with single hyphens between them, such as %q", name, "my-site")
	}
	return nil
}

// CheckProcessType checks the name of a process type of a Procfile.
func CheckProcessType(field, name string) error {
	if !processTypePattern.MatchString(name) {
		return Invalid(field, "%q is not a process type; use letters, digits, hyphens and underscores, such as %q", name, "web")
	}
	return nil
}

// CheckVariableKey checks the key of an environment variable as POSIX.1-2017 section
// 8.1 has it, lower case allowed.
func CheckVariableKey(field, key string) error {
	if len(key) > MaxVariableKey || !variableKeyPattern.MatchString(key) {
		return Invalid(field, "%q is not the name of an environment variable; use letters, digits and underscores, not beginning with a digit, such as %q", key, "DATABASE_URL")
	}
	return nil
}

// CheckVariableValue checks the value of an environment variable. The system takes
// "KEY=VALUE" and a NUL behind it as one string.
func CheckVariableValue(field, key, value string) error {
	most := MaxVariable - len(key) - len("=\x00")
	switch {
	case len(value) > most:
		return Invalid(field, "%s is %d bytes long; the system takes at most %d", key, len(value), most)
	case strings.ContainsRune(value, 0):
		return Invalid(field, "%s holds a NUL byte, which no environment variable can carry", key)
	}
	return nil
}

// checkCommand checks a command line for sh; the message for none gives an example.
func checkCommand(command, example string) error {
	switch {
	case strings.TrimSpace(command) == "":
		return Invalid("command", "is missing; give a command such as %q", example)
	case strings.ContainsRune(command, 0):
		return Invalid("command", "holds a NUL byte, which no command can have")
	}
	return nil
}

// CheckDomain checks the host name of the dashboard, below which sites get theirs: a host
// name without a wildcard, or one label such as localhost. field names it in the error.
func CheckDomain(field, domain string) error {
	switch {
	case CheckName("", domain) == nil:
		return nil
	case domain == "":
		return Invalid(field, "is missing; give the host name of the dashboard, such as %q", "apps.example.com")
	case strings.HasPrefix(domain, "*."):
		return Invalid(field, "%q is a wildcard; give the host name of the dashboard alone, such as %q", domain, strings.TrimPrefix(domain, "*."))
	}
	return CheckHost(field, domain)
}

// CheckHost checks a host name: labels of letters, digits and hyphens, at least two of
// them, lower case, without a port; the last begins with a letter, so that nothing can
// be read as an IP address; the first may be * (RFC 9110 section 4.2.3, RFC 1123 section
// 2.1, RFC 6125 section 6.4.3 for the wildcard). field names it in the error.
func CheckHost(field, host string) error {
	labels := strings.Split(strings.TrimPrefix(host, "*."), ".")
	switch {
	case host == "":
		return Invalid(field, "is missing; give a host name such as %q", "www.example.com")
	case len(host) > MaxHostLength:
		return Invalid(field, "is %d characters long; a host name has at most %d", len(host), MaxHostLength)
	case isAddress(host):
		return Invalid(field, "%q is an IP address; give a host name such as %q", host, "www.example.com")
	case len(labels) < 2:
		return Invalid(field, "%q has no domain; give a full host name such as %q", host, "www.example.com")
	}
	for _, label := range labels {
		if !hostLabelPattern.MatchString(label) {
			return Invalid(field, "%q is not a host name; write it in lower case without scheme, port or path, and international names in their xn-- form, such as %q or %q", host, "www.example.com", "*.example.com")
		}
	}
	if last := labels[len(labels)-1]; last[0] < 'a' || last[0] > 'z' {
		return Invalid(field, "%q ends in %q, which is no domain; give a full host name such as %q", host, last, "www.example.com")
	}
	return nil
}

func isAddress(host string) bool {
	_, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil
}
