package telemetry

import "testing"

func TestTextsLosePasswordsKeysAndAddressesAndNothingElse(t *testing.T) {
	for text, clean := range map[string]string{
		"postgresql://app:s3cret@db/app":  "postgresql://app:[redacted]@db/app",
		"GET /?token=s3cret&page=2":       "GET /?token=[redacted]&page=2",
		"Authorization: Bearer s3cret":    "Authorization: [redacted]",
		`{"password":"s3cret","a":1}`:     `{"password":"[redacted]","a":1}`,
		"ann@example.org is taken":        "[redacted] is taken",
		"package@1.2.3 at 127.0.0.1:9092": "package@1.2.3 at 127.0.0.1:9092",
	} {
		if got := Redact(text); got != clean {
			t.Errorf("%s became %s, not %s", text, got, clean)
		}
	}
}

func TestFieldsNamedLikeASecretAreSecret(t *testing.T) {
	for name, secret := range map[string]bool{"api_key": true, "Set-Cookie": true, "status": false, "topic": false} {
		if isSecret(name) != secret {
			t.Errorf("%s: %v", name, !secret)
		}
	}
}
