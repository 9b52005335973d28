import unittest

from app.redaction import redact, redact_field


class RedactionTest(unittest.TestCase):
    def test_texts_lose_passwords_keys_and_addresses_and_nothing_else(self) -> None:
        for text, clean in (
            ("postgresql://app:s3cret@db/app", "postgresql://app:[redacted]@db/app"),
            ("GET /?token=s3cret&page=2", "GET /?token=[redacted]&page=2"),
            ("Authorization: Bearer s3cret", "Authorization: [redacted]"),
            ('{"password":"s3cret","a":1}', '{"password":"[redacted]","a":1}'),
            ("ann@example.org is taken", "[redacted] is taken"),
            ("package@1.2.3 at 127.0.0.1:9092", "package@1.2.3 at 127.0.0.1:9092"),
        ):
            self.assertEqual(redact(text), clean)

    def test_fields_named_like_a_secret_lose_their_values(self) -> None:
        self.assertEqual(redact_field("api_key", "k"), "[redacted]")
        self.assertEqual(redact_field("user", {"Password": "p", "age": 7}), {"Password": "[redacted]", "age": 7})
