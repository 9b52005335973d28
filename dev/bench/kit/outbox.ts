import { createLogger } from "@plinth/kit/core/logger.ts";
import { createDatabase } from "@plinth/kit/database/database.ts";
import { createBus } from "@plinth/kit/kafka/bus.ts";
import { createRelay } from "@plinth/kit/outbox/relay.ts";
import { createMetrics } from "@plinth/kit/telemetry/metrics.ts";
import { stopServers } from "../../../tests/support/servers/servers.ts";
import { platform, TENANT } from "../../../tests/support/services/platform.ts";
import type { BenchmarkRow } from "../row.ts";
import { medianAndRange } from "../statistics.ts";

const RUNS = 3;
const EVENTS = 30_000;
const PAYLOAD_BYTES = 200;

/** How fast one relay empties an outbox that is full. */
export async function benchmarkOutbox(): Promise<BenchmarkRow[]> {
  try {
    const servers = await platform();
    const logger = createLogger({ service: "bench", version: "", level: "error" });
    const database = createDatabase({ url: servers.database.url, logger, name: "wallet" });
    const bus = createBus("bench", [servers.broker.url], logger);
    const hasEvents = async () => {
      const { rows } = await database.withSystem((transaction) =>
        transaction.query({ text: "select 1 from outbox limit 1" }),
      );
      return rows.length > 0;
    };
    const perSecond: number[] = [];
    const cpu: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      await database.withTenant(TENANT, (transaction) =>
        transaction.query({
          text: `insert into outbox (tenant_id, topic, message_key, payload, version)
                 select $1, 'V1_BETS', (n % 1000)::text, decode(repeat('61', ${PAYLOAD_BYTES}), 'hex'), 1 from generate_series(1, ${EVENTS}) n`,
          values: [TENANT],
        }),
      );
      const relay = createRelay({ database, bus, logger, metrics: createMetrics("bench", ""), name: `bench-${run}` });
      const before = process.cpuUsage();
      const start = performance.now();
      relay.start();
      while (await hasEvents()) await new Promise((resolve) => setTimeout(resolve, 50));
      perSecond.push((EVENTS / (performance.now() - start)) * 1000);
      const { user, system } = process.cpuUsage(before);
      cpu.push((user + system) / EVENTS);
      await relay.stop();
    }
    await bus.close();
    await database.close();
    return [
      {
        what: `outbox: one relay, ${EVENTS.toLocaleString("en")} events waiting, events/s`,
        goal: "≥ 5,000",
        measured: `${medianAndRange(perSecond, (value) => Math.round(value).toLocaleString("en"))}, ${medianAndRange(cpu, (us) => us.toFixed(0))} µs CPU an event`,
      },
    ];
  } finally {
    await stopServers();
  }
}
