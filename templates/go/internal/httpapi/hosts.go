package httpapi

import (
	"regexp"
	"slices"
	"strings"
)

// Names of the loopback, which a browser resolves itself, and a port.
var loopback = regexp.MustCompile(`^(localhost|([\w-]+\.)+localhost|127\.0\.0\.1|\[::1\])$`)

var port = regexp.MustCompile(`:[0-9]*$`)

// serves tells whether the service answers under a host. A page whose name leads to this machine must not read its answers.
func serves(host string, allowed []string) bool {
	name := port.ReplaceAllString(strings.ToLower(host), "")
	return allowed == nil || loopback.MatchString(name) || slices.Contains(allowed, name)
}
