import assert from "node:assert/strict";
import { type Bus, createBus } from "@plinth/kit/kafka/bus.ts";
import { findFreePort } from "@plinth/toolchain/free-port.ts";
import { type Admin, Kafka, logLevel } from "kafkajs";
import { brokerProcess } from "../../../../../components/redpanda/process.ts";
import { waitUntil } from "../../../../support/eventually.ts";
import { logger } from "../../../../support/kit/test-topic.ts";
import { pathInFolder, type Server, startServer } from "../../../../support/servers/servers.ts";
import { makeTopics } from "../../../../support/servers/topics.ts";

/** The partition of the first broker. */
const KEPT = "kept";
/** The partition of the second broker, which the test moves to the first. */
const MOVED = "moved";

/** Two brokers; the first is also the controller. */
describe("bus with several brokers", function () {
  this.timeout(90_000);
  let client: Kafka;
  let admin: Admin;
  let bus: Bus;

  before(async () => {
    const port = await findFreePort(4);
    const first = await broker(port, port + 1, 1, "cGxpbnRoLWxvY2FsLWRpcg");
    await broker(port + 2, port + 1, 2, "cGxpbnRoLWxvY2FsLWRpMg");
    client = new Kafka({ clientId: "tests", brokers: [first.url], logLevel: logLevel.NOTHING });
    bus = createBus("kit-test", [first.url], logger);
    admin = client.admin();
    await admin.connect();
    await waitUntil("both brokers are there", async () => (await admin.describeCluster()).brokers.length === 2);
    const topics = [
      { topic: KEPT, replicaAssignment: [{ partition: 0, replicas: [1] }] },
      { topic: MOVED, replicaAssignment: [{ partition: 0, replicas: [2] }] },
    ];
    await makeTopics(admin, topics);
  });
  after(() => Promise.all([bus.close(), admin.disconnect()]));

  it("acknowledges no record that the partition's new leader does not have (SDG-6)", async () => {
    const publish = (text: string) =>
      bus.publish([KEPT, MOVED].map((topic) => ({ topic, key: "key", value: Buffer.from(text), headers: {} })));
    await publish("before");
    // As in every rolling restart: a producer that wrote before does not know yet.
    await admin.alterPartitionReassignments({
      topics: [{ topic: MOVED, partitionAssignment: [{ partition: 0, replicas: [1] }] }],
    });
    await waitUntil("the first broker leads", async () => {
      const { topics } = await admin.fetchTopicMetadata({ topics: [MOVED] });
      return topics[0]?.partitions[0]?.leader === 1;
    });
    await publish("during");
    for (const topic of [KEPT, MOVED])
      assert.deepEqual([...new Set(await all(client, admin, topic))], ["before", "during"], topic);
  });
});

function broker(port: number, controller: number, id: number, directoryId: string): Promise<Server> {
  const spec = brokerProcess({ brokerPort: port }, pathInFolder(`kafka-${id}`));
  const files = Object.entries(spec.files).map(([path, text]) => {
    if (path.endsWith("meta.properties")) return [path, `${text}node.id=${id}\ndirectory.id=${directoryId}\n`];
    if (!path.endsWith("server.properties")) return [path, text];
    // Of two lines for one property, Kafka takes the later.
    const member = `process.roles=broker\nlisteners=PLAINTEXT://127.0.0.1:${port}\n`;
    return [
      path,
      `${text}node.id=${id}\ncontroller.quorum.voters=1@127.0.0.1:${controller}\n${id === 1 ? "" : member}`,
    ];
  });
  return startServer(`kafka-${id}`, { ...spec, files: Object.fromEntries(files) }, port, `localhost:${port}`);
}

/** All records of the topic. */
async function all(client: Kafka, admin: Admin, topic: string): Promise<string[]> {
  const [end] = await admin.fetchTopicOffsets(topic);
  const texts: string[] = [];
  const consumer = client.consumer({ groupId: `reader-${topic}`, maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({ eachMessage: async ({ message }) => void texts.push(String(message.value)) });
  try {
    await waitUntil(`${topic} is read`, () => texts.length >= Number(end?.high));
  } finally {
    await consumer.disconnect();
  }
  return texts;
}
