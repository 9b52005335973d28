package telemetry

import (
	"regexp"
	"strings"
)

const redacted = "[redacted]"

// Fields that hold a secret, by their names in lower case without dashes and underscores.
var secretName = regexp.MustCompile(
	`^(authorization|proxyauthorization|cookies?|setcookie|.*passwords?|passwd|pwd|.*passphrase|.*tokens?|jwt|.*secrets?|.*(api|private|secret|secretaccess)key|credentials?)$`)

var (
	urlCredentials = regexp.MustCompile(`(://[^\s:/@"\\]*):[^\s/?#"\\]+@`)
	urlKeys        = regexp.MustCompile(`(?i)([?&](?:[\w-]*(?:token|secret|password|api[_-]?key|signature)|key|sig|code)=)[^\s&#"\\]+`)
	email          = regexp.MustCompile(`[\w.+-]+@[\w-]+(\.[\w-]+)+`)
)

// Redact removes passwords and keys of URLs, and e-mail addresses: messages of drivers repeat what they were given.
func Redact(text string) string {
	if strings.Contains(text, "://") {
		text = urlCredentials.ReplaceAllString(text, "$1:"+redacted+"@")
	}
	if strings.Contains(text, "=") {
		text = urlKeys.ReplaceAllString(text, "$1"+redacted)
	}
	if strings.Contains(text, "@") {
		text = email.ReplaceAllString(text, redacted)
	}
	return text
}

func isSecret(name string) bool {
	return secretName.MatchString(strings.NewReplacer("-", "", "_", "").Replace(strings.ToLower(name)))
}
