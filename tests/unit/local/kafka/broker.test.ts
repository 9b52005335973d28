import assert from "node:assert/strict";
import { kafkaBroker } from "@plinth/local/kafka/broker.ts";

describe("the local Kafka broker", () => {
  const broker = kafkaBroker(19092, "/kafka/libs", "/data/kafka");

  it("has its controller on the next port", () => {
    assert.deepEqual(broker.ports, { kafka: 19092, controller: 19093 });
    const properties = broker.files["/data/kafka/server.properties"]!.split("\n");
    for (const line of [
      "listeners=PLAINTEXT://127.0.0.1:19092,CONTROLLER://127.0.0.1:19093",
      "advertised.listeners=PLAINTEXT://localhost:19092",
      "controller.quorum.voters=1@127.0.0.1:19093",
    ])
      assert.ok(properties.includes(line), line);
  });

  it("keeps data and configuration in its folder", () => {
    assert.deepEqual(Object.keys(broker.files), [
      "/data/kafka/server.properties",
      "/data/kafka/log4j2.properties",
      "/data/kafka/data/meta.properties",
    ]);
    assert.deepEqual(broker.args.slice(-4), ["-cp", "/kafka/libs/*", "kafka.Kafka", "/data/kafka/server.properties"]);
    assert.ok(broker.args.includes("-Dlog4j2.configurationFile=log4j2.properties"));
  });

  it("is formatted as the node that its properties name", () => {
    const meta = broker.files["/data/kafka/data/meta.properties"]!;
    assert.match(meta, /^version=1\ncluster\.id=\S{22}\nnode\.id=1\ndirectory\.id=\S{22}\n$/);
    assert.match(broker.files["/data/kafka/server.properties"]!, /^node\.id=1$/m);
  });
});
