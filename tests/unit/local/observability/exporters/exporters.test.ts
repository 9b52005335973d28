import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createExporters } from "@plinth/local/observability/exporters/exporters.ts";
import { metricText } from "@plinth/local/observability/exporters/exposition.ts";
import { readKafkaMetrics } from "@plinth/local/observability/exporters/kafka-metrics.ts";
import { KeptConnection } from "@plinth/local/observability/exporters/kept-connection.ts";
import { readPostgresMetrics } from "@plinth/local/observability/exporters/postgres-metrics.ts";
import { processMetricsText } from "@plinth/local/observability/exporters/process-metrics.ts";
import { SupervisorPaths } from "@plinth/local/supervisor/paths.ts";
import { pointerOf } from "@plinth/local/supervisor/socket.ts";

describe("the exporters of a stack of processes (OBS-1)", () => {
  const since = "2026-01-01T00:00:00.000Z";

  it("print Prometheus' text format, quoted where a value needs it", () =>
    assert.equal(
      metricText("a_total", "counter", "What it counts", [
        [{}, 1],
        [{ name: 'a "b" \\ \n', n: 2 }, 3n],
      ]),
      '# HELP a_total What it counts\n# TYPE a_total counter\na_total 1\na_total{name="a \\"b\\" \\\\ \\n",n="2"} 3\n',
    ));

  it("print nothing of a metric without samples", () => assert.equal(metricText("a", "gauge", "b", []), ""));

  it("count restarts of every process, and readiness of those that should run", () => {
    const text = processMetricsText([
      { name: "wallet", state: "ready", since, restarts: 2 },
      { name: "highload", state: "backing-off", since, restarts: 7 },
      { name: "kafka", state: "failed", since, restarts: 0 },
      { name: "redis", state: "stopped", since, restarts: 0 },
    ]);
    const values = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    assert.deepEqual(values, [
      'plinth_process_ready{process="wallet"} 1',
      'plinth_process_ready{process="highload"} 0',
      'plinth_process_ready{process="kafka"} 0',
      'plinth_process_restarts_total{process="wallet"} 2',
      'plinth_process_restarts_total{process="highload"} 7',
      'plinth_process_restarts_total{process="kafka"} 0',
      'plinth_process_restarts_total{process="redis"} 0',
    ]);
  });

  it("say what a running process uses", () => {
    const text = processMetricsText([{ name: "wallet", state: "ready", since, restarts: 0, pid: process.pid }]);
    const [, cpu] = /^plinth_process_cpu_seconds_total\{process="wallet"\} (.+)$/m.exec(text) ?? [];
    const [, memory] = /^plinth_process_resident_memory_bytes\{process="wallet"\} (.+)$/m.exec(text) ?? [];
    assert.ok(Number(cpu) > 0.05 && Number(memory) > 20e6, text);
  });

  it("say that broker and database are away instead of failing the scrape", async () => {
    const exporters = createExporters({
      directory: "/nonexistent",
      brokers: "127.0.0.1:1",
      databaseUrl: "postgresql://a:b@127.0.0.1:1/c",
    });
    const text = await exporters.metrics();
    assert.match(text, /^pg_up 0$/m);
    assert.match(text, /^redpanda_cluster_brokers 0$/m);
    await exporters.stop();
  });

  it("answer while the supervisor and the end of a connection hang", async function () {
    this.timeout(8000);
    const directory = mkdtempSync(join(tmpdir(), "exporters-"));
    writeFileSync(pointerOf(new SupervisorPaths(directory).state), join(directory, "socket"));
    const clients: Socket[] = [];
    const supervisor = createServer((client) => clients.push(client)).listen(join(directory, "socket"));
    await once(supervisor, "listening");
    const exporters = createExporters({ directory, brokers: "127.0.0.1:1" });
    try {
      assert.match(await exporters.metrics(), /^redpanda_cluster_brokers 0$/m);
      const hanging = new KeptConnection(
        async () => "open",
        () => new Promise<void>(() => undefined),
      );
      await hanging.use(async () => "used", 100);
      await hanging.stop();
    } finally {
      await exporters.stop();
      for (const client of clients) client.destroy();
      supervisor.close();
      rmSync(directory, { recursive: true });
    }
  });

  it("call the broker up although a topic was deleted meanwhile and a group has no coordinator", async () => {
    const admin = {
      describeCluster: async () => ({ brokers: [{}] }),
      fetchTopicMetadata: async () => ({ topics: ["kept", "deleted"].map((name) => ({ name, partitions: [{}] })) }),
      listGroups: async () => ({ groups: [{ groupId: "starting" }] }),
      fetchTopicOffsets: async (topic: string) => {
        if (topic === "deleted") throw new Error("This server does not host this topic-partition");
        return [{ partition: 0, high: "7" }];
      },
      fetchOffsets: () => Promise.reject(new Error("The coordinator is loading")),
    };
    const text = await readKafkaMetrics(admin as unknown as Parameters<typeof readKafkaMetrics>[0]);
    assert.match(text, /^redpanda_cluster_brokers 1$/m);
    assert.match(text, /^redpanda_kafka_max_offset\{redpanda_topic="kept",redpanda_partition="0"\} 7$/m);
    assert.match(text, /^plinth_exporter_unread\{kind="topic"\} 1$/m);
    assert.match(text, /^plinth_exporter_unread\{kind="group"\} 1$/m);
  });

  it("call the database up although it refuses a query, and down once the connection broke", async () => {
    const answering = (error: Error) =>
      ({
        query: (sql: string) =>
          sql.includes("pg_database_size") ? Promise.reject(error) : Promise.resolve({ rows: [], rowCount: 0 }),
      }) as unknown as Parameters<typeof readPostgresMetrics>[0];
    const refused = Object.assign(new Error("permission denied"), { severity: "ERROR", code: "42501" });
    assert.match(await readPostgresMetrics(answering(refused)), /^pg_up 1$/m);
    for (const fields of [{ code: "EPIPE" }, { severity: "FATAL", code: "57P01" }]) {
      const broken = Object.assign(new Error("the connection ended"), fields);
      await assert.rejects(readPostgresMetrics(answering(broken)), broken);
    }
  });

  it("answer within the deadline while a server hangs, and ask it only once", async () => {
    let opened = 0;
    const connection = new KeptConnection(
      () => {
        opened++;
        return new Promise<string>(() => undefined);
      },
      async () => undefined,
    );
    assert.equal(await connection.use(async () => "answer", 20), undefined);
    assert.equal(await connection.use(async () => "answer", 20), undefined);
    assert.equal(opened, 1);
  });

  it("keep a connection, and open another one after it failed", async () => {
    let opened = 0;
    const closed: number[] = [];
    const connection = new KeptConnection(
      async () => ++opened,
      async (number) => void closed.push(number),
    );
    assert.equal(await connection.use(async (number) => number, 1000), 1);
    assert.equal(await connection.use(async (number) => number, 1000), 1);
    assert.equal(await connection.use(() => Promise.reject(new Error("cut")), 1000), undefined);
    assert.deepEqual(closed, [1]);
    assert.equal(await connection.use(async (number) => number, 1000), 2);
  });
});
