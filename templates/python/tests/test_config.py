import unittest

from app.config import IncompleteEnvironment, read_config

COMPLETE = {"KAFKA_BROKERS": "a:9092,b:9092", "SCHEMA_REGISTRY_URL": "http://registry:8081/"}


class ReadConfig(unittest.TestCase):
    def test_reads_what_is_there_and_has_defaults_for_the_rest(self) -> None:
        config = read_config({**COMPLETE, "PORT": "7000"})
        self.assertEqual(config.brokers, ["a:9092", "b:9092"])
        self.assertEqual((config.registry_url, config.port, config.topic), ("http://registry:8081", 7000, "V1_SYSTEM"))
        self.assertEqual(config.dead_letter_topic, "V1_SYSTEM_DLQ")

    def test_every_fault_is_in_one_message_and_no_value(self) -> None:
        with self.assertRaises(IncompleteEnvironment) as raised:
            read_config({"PORT": "65536", "KAFKA_BROKERS": "secret"})
        self.assertEqual(
            str(raised.exception),
            "The environment is not complete:\n  PORT must be a port from 0 to 65535\n"
            "  KAFKA_BROKERS must be host:port, several parted by commas\n  SCHEMA_REGISTRY_URL is missing",
        )
