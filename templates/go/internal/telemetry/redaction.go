package telemetry

import (
	"regexp"
	"strings"
)

const redacted = "[redacted]"

// Fields that hold a secret or a personal datum, by their names in lower case without dashes and underscores.
var secretName = regexp.MustCompile(
	`^(authorization|proxyauthorization|cookies?|setcookie|.*passwords?|passwd|pwd|.*passphrase|.*tokens?|jwt|.*secrets?` +
		`|.*(api|private|secret|secretaccess)key|credentials?|.*emails?|.*emailaddress|.*phone(number)?|iban|.*cardnumber|cvv|cvc|ssn)$`)

// What a text needs for any of the patterns: most texts are looked at once.
var suspicious = regexp.MustCompile(`(?i)[=:@%]|bearer|eyJ|AKIA|gh[pousr]_|glpat-|sk_|xox`)

var patterns = []struct {
	pattern *regexp.Regexp
	by      string
}{
	{regexp.MustCompile(`(://[^\s:/@"\\]*):[^\s/?#"\\]+@`), "$1:" + redacted + "@"},
	{regexp.MustCompile(`(?i)([?&](?:[\w-]*(?:token|secret|password|api[_-]?key|signature)|key|sig|code)=)[^\s&#"\\]+`), "${1}" + redacted},
	// password=x, "token": "x", Authorization: Bearer x
	{regexp.MustCompile(`(?i)((?:password|passwd|passphrase|pwd|secret|token|api[_-]?key|authorization|cookie|credential)s?["'\\]*\s*[=:]\s*["'\\]*)` +
		`(?:(?:bearer|basic|digest)\s+)?[^\s"'\\,;&}\])\[]+`), "${1}" + redacted},
	{regexp.MustCompile(`(?i)\b(bearer\s+)[\w+/=.~-]+`), "${1}" + redacted},
	// Keys that tell by their form what they are.
	{regexp.MustCompile(`\b(?:eyJ[\w-]{10,}(?:\.[\w-]+)*|AKIA[0-9A-Z]{16}|gh[pousr]_\w{20,}|glpat-[\w-]{10,}|sk_(?:live|test)_\w+|xox[abprs]-[\w-]+)`), redacted},
	// E-mail addresses; the last label is of letters, unlike the version in package@1.2.3.
	{regexp.MustCompile(`[^\s@"'<>\\,;:()\[\]{}/?&=|]{1,64}(?:@|%40)(?:[^\s@"'<>\\,;:()\[\]{}/?&=|.%]{1,63}\.){1,10}[a-zA-Z]{2,63}`), redacted},
}

// Redact removes passwords and keys, and e-mail addresses: messages of drivers repeat what they were given.
func Redact(text string) string {
	if !suspicious.MatchString(text) {
		return text
	}
	for _, one := range patterns {
		text = one.pattern.ReplaceAllString(text, one.by)
	}
	return text
}

func isSecret(name string) bool {
	return secretName.MatchString(strings.NewReplacer("-", "", "_", "").Replace(strings.ToLower(name)))
}
