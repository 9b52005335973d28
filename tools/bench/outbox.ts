import { createBus } from "@plinth/kit/bus.ts";
import { createDatabase } from "@plinth/kit/database.ts";
import { createLogger } from "@plinth/kit/logger.ts";
import { createRelay } from "@plinth/kit/relay.ts";
import { createTelemetry } from "@plinth/kit/telemetry.ts";
import { TENANT } from "../../tests/services/client.ts";
import { platform } from "../../tests/services/platform.ts";
import { stopServers } from "../../tests/support/servers.ts";
import { type Row, spread } from "./row.ts";

const RUNS = 3;
const EVENTS = 30_000;
const PAYLOAD_BYTES = 200;

/** One relay alone: how fast it empties an outbox in which everything waits already. */
export async function outboxBench(): Promise<Row[]> {
  try {
    const at = await platform();
    const logger = createLogger({ service: "bench", version: "", level: "error" });
    const database = createDatabase({ url: at.database.url, logger, name: "wallet" });
    const bus = createBus("bench", [at.broker.url], logger);
    const waiting = async () => {
      const { rows } = await database.withSystem((transaction) => transaction.query({ text: "select 1 from outbox limit 1" }));
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
      const relay = createRelay({ database, bus, logger, telemetry: createTelemetry("bench", ""), name: `bench-${run}` });
      const before = process.cpuUsage();
      const start = performance.now();
      relay.start();
      while (await waiting()) await new Promise((resolve) => setTimeout(resolve, 50));
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
        measured: `${spread(perSecond, (value) => Math.round(value).toLocaleString("en"))}, ${spread(cpu, (us) => us.toFixed(0))} µs CPU an event`,
      },
    ];
  } finally {
    await stopServers();
  }
}

if (import.meta.main) for (const { what, goal, measured } of await outboxBench()) console.log(`${what}  ${goal}  ${measured}`);
