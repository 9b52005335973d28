import assert from "node:assert/strict";
import {
  COMPATIBILITY_LEVEL,
  catalog,
  deadLetterTopic,
  EVENT_TYPE_PATTERN,
  findCatalogEntry,
  retryTopics,
  type Topic,
  topicEnvironment,
  topicSpecs,
  topicVariable,
} from "@plinth/schemas/catalog.ts";
import { entryFor } from "../../support/schema-folder.ts";

describe("the catalogue (INF-8)", () => {
  it("binds each topic to subject, file, key and tier", () => {
    assert.deepEqual(
      catalog.map(({ topic, subject, file, key, tier }) => [topic, subject, file, key, tier]),
      [
        ["V1_BETS", "V1_BETS-value", "V1_BETS.avsc", "aggregate_id", 1],
        ["V1_PAYMENTS", "V1_PAYMENTS-value", "V1_PAYMENTS.avsc", "aggregate_id", 1],
        ["V1_BALANCES", "V1_BALANCES-value", "V1_BALANCES.avsc", "aggregate_id", 1],
        ["V1_COMPLIANCE", "V1_COMPLIANCE-value", "V1_COMPLIANCE.avsc", "aggregate_id", 1],
        ["user-events", "user-events-value", "user-events.avsc", "aggregate_id", "system"],
        ["V1_SYSTEM", "V1_SYSTEM-value", "V1_SYSTEM.avsc", "aggregate_id", "system"],
      ],
    );
    assert.equal(COMPATIBILITY_LEVEL, "BACKWARD_TRANSITIVE");
  });

  it("gives each topic that a service may consume a dead-letter topic, kept at least as long", () => {
    const consumed = { ...entryFor("V1_ORDERS"), consumers: ["shop"], partitions: 6, retentionDays: 90 };
    assert.deepEqual(topicSpecs([consumed, { ...entryFor("V1_QUIET"), retentionDays: 1 }]), [
      { topic: "V1_ORDERS", partitions: 6, config: { "cleanup.policy": "delete", "retention.ms": "7776000000" } },
      { topic: "V1_ORDERS_DLQ", partitions: 1, config: { "cleanup.policy": "delete", "retention.ms": "7776000000" } },
      { topic: "V1_QUIET", partitions: 1, config: { "cleanup.policy": "delete", "retention.ms": "86400000" } },
    ]);
    const open = { ...entryFor("V1_OPEN"), tier: "system" } as const;
    assert.deepEqual(
      topicSpecs([open]).map(({ topic, config }) => [topic, config["retention.ms"]]),
      [
        ["V1_OPEN", "86400000"],
        ["V1_OPEN_DLQ", "2592000000"],
      ],
    );
    const names = topicSpecs().map(({ topic }) => topic);
    for (const topic of ["V1_PAYMENTS", "user-events", "V1_SYSTEM"])
      assert.ok(names.includes(deadLetterTopic(topic)), topic);
  });

  it("gives retry topics only to a topic whose events may be overtaken (SDG-6)", () => {
    const consumed = { ...entryFor("V1_ORDERS"), consumers: ["shop"], retries: 2, partitions: 6, retentionDays: 3 };
    assert.deepEqual(
      topicSpecs([consumed]).map(({ topic, partitions, config }) => [topic, partitions, config["retention.ms"]]),
      [
        ["V1_ORDERS", 6, "259200000"],
        ["V1_ORDERS_RETRY_1", 1, "259200000"],
        ["V1_ORDERS_RETRY_2", 1, "259200000"],
        ["V1_ORDERS_DLQ", 1, "2592000000"],
      ],
    );
    assert.deepEqual(retryTopics("user-events", 3), [
      "user-events_RETRY_1",
      "user-events_RETRY_2",
      "user-events_RETRY_3",
    ]);
    assert.equal(topicEnvironment().TOPIC_USER_EVENTS_RETRY_1, "user-events_RETRY_1");
    assert.equal(retryTopics("V1_PAYMENTS", findCatalogEntry("V1_PAYMENTS").retries).length, 0);
  });

  it("names each topic in the environment, once (INF-10)", () => {
    const environment = topicEnvironment();
    assert.equal(environment.TOPIC_V1_BETS, "V1_BETS");
    assert.equal(environment.TOPIC_V1_PAYMENTS_DLQ, "V1_PAYMENTS_DLQ");
    assert.equal(environment.TOPIC_V1_SYSTEM_DLQ, "V1_SYSTEM_DLQ");
    assert.equal(Object.keys(environment).length, topicSpecs().length);
    assert.equal(topicVariable("user-events.v2"), "TOPIC_USER_EVENTS_V2");
  });

  it("names its topics when asked for an unknown one", () => {
    assert.throws(() => findCatalogEntry("V9_NONE" as Topic), /no topic V9_NONE; it has V1_BETS, V1_PAYMENTS/);
    assert.equal(findCatalogEntry("V1_SYSTEM").owner, "platform");
  });

  for (const [text, good] of [
    ["BET_PLACED", true],
    ["A1_2", true],
    ["Bet", false],
    ["_A", false],
    ["A__B", false],
    ["A_", false],
    ["", false],
    ["1A", false],
  ] as const) {
    it(`${good ? "takes" : "refuses"} '${text}' as a type of event`, () =>
      assert.equal(EVENT_TYPE_PATTERN.test(text), good));
  }
});
