package kube

import (
	"fmt"
	"net"
	"regexp"
	"strconv"
	"strings"
)

// quotaMessage is what the API server says when a quota is exceeded: its name, what was
// asked for, what is used and what the limit is.
var quotaMessage = regexp.MustCompile(`exceeded quota: ([^,]+), requested: (.+), used: (.+), limited: (.+?)$`)

// refusalSentence says why the cluster does not let a pod be made.
func refusalSentence(message string) string {
	switch {
	case strings.Contains(message, "exceeded quota"):
		return quotaSentence(message)
	case strings.Contains(message, "violates PodSecurity"):
		return "the cluster allows no such pods: " + sentence(after(message, "violates PodSecurity"))
	case strings.Contains(message, "maximum "), strings.Contains(message, "minimum "):
		return "a LimitRange of the namespace does not allow this size: " + sentence(after(message, "is forbidden: "))
	case strings.Contains(message, "is forbidden: "):
		return "the cluster does not allow its pods: " + sentence(after(message, "is forbidden: "))
	default:
		return "the cluster can't make its pods: " + sentence(message)
	}
}

// quotaSentence says which quota has no room.
func quotaSentence(message string) string {
	parts := quotaMessage.FindStringSubmatch(sentence(message))
	if parts == nil {
		return "a quota of the namespace is used up: " + sentence(after(message, "exceeded quota: "))
	}
	return fmt.Sprintf("the quota %q of the namespace has no room for it: it asks for %s, %s is used of %s; raise the quota or choose a smaller size",
		parts[1], parts[2], parts[3], parts[4])
}

// after is what follows the first separator, or all when there is none.
func after(text, separator string) string {
	if _, rest, found := strings.Cut(text, separator); found {
		return rest
	}
	return text
}

func hostPort(host string, port int) string { return net.JoinHostPort(host, strconv.Itoa(port)) }
