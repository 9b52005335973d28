import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { type FaultProxy, startFaultProxy } from "@plinth/kit/testing/fault-proxy.ts";
import { createAdmin } from "@plinth/local/kafka/admin.ts";
import { Kafka, logLevel } from "kafkajs";
import { kafka } from "../../../support/servers/servers.ts";

describe("an administration client of Kafka", () => {
  let way: FaultProxy;
  before(async () => {
    const { proxied } = await kafka();
    way = await startFaultProxy(proxied.target, proxied.port);
  });
  after(() => way.stop());

  for (const request of ["listTopics", "describeCluster", "fetchTopicMetadata"] as const)
    it(`says that no broker answered ${request}, also in the millisecond of its last answer`, async () => {
      const brokers = [`localhost:${way.port}`];
      const retry = { retries: 0 };
      const admin = createAdmin(new Kafka({ brokers, requestTimeout: 500, retry, logLevel: logLevel.NOTHING }));
      const { now } = Date;
      try {
        await admin.connect();
        const instant = now();
        // kafkajs keeps its metadata until the clock moves on, and measures its timeouts by it.
        Date.now = () => instant;
        assert.equal((await admin.describeCluster()).brokers.length, 1);
        way.blackHole();
        const asked = admin[request]();
        asked.catch(() => undefined);
        await sleep(20);
        Date.now = now;
        await assert.rejects(asked, {
          name: "KafkaJSConnectionError",
          message: "no broker answered: each connection closed, or its request timed out",
          retriable: true,
        });
      } finally {
        Date.now = now;
        await way.heal();
        await admin.disconnect();
      }
    });
});
