import type { Bus, OutgoingRecord } from "./bus.ts";
import type { Database, DedicatedConnection, Transaction } from "./database.ts";
import type { Logger } from "./logger.ts";
import { pause } from "./pause.ts";
import type { Telemetry } from "./telemetry.ts";

export interface RelaySettings {
  database: Database;
  bus: Bus;
  logger: Logger;
  telemetry: Telemetry;
  /** Names the lock: of all relays with one name in one database, one works. */
  name: string;
}

/** Publishes what the outbox holds, in the order of its ids, and removes what the broker has acknowledged. */
export interface Relay {
  start(): void;
  /** Says that rows were committed: they are published at once instead of at the next look. */
  wake(): void;
  stop(): Promise<void>;
}

interface OutboxRow extends Record<string, unknown> {
  outbox_id: number;
  tenant_id: number;
  topic: string;
  message_key: string;
  payload: Buffer;
  version: number;
  correlation_id: string | null;
  /** Of a recorded trace. */
  traceparent: string | null;
}

const BATCH = 1000;
/** Rows of other replicas are found by looking; own ones by {@link Relay.wake}. */
const IDLE_MS = 100;
/** After a wake, this long for others to commit: at thousands a second a batch then holds many. */
const LINGER_MS = 3;
const STANDBY_MS = 1000;
const RETRY_MS = 250;
/** Counting a long queue takes longer than publishing the head of it. */
const COUNT_MS = 1000;

/**
 * No cursor: a row with a low id may be committed after one with a higher id, and a cursor would have passed it. Every look therefore takes
 * the lowest ids there are. The lock belongs to the session that also reads and removes, so whoever lost it can remove nothing; a relay
 * killed between publishing and removing makes the next one publish again, which the consumer's inbox makes one effect.
 */
export function createRelay({ database, bus, logger, telemetry, name }: RelaySettings): Relay {
  // Above a few thousand for minutes: the broker or the relay is in trouble.
  const waiting = telemetry.gauge("outbox_backlog", "Events not yet published");
  const publishedTotal = telemetry.counter("outbox_published_total", "Events acknowledged by the broker", ["topic"]);
  const failures = telemetry.counter("outbox_publish_failures_total", "Attempts to publish that failed");
  const stopping = new AbortController();
  const { signal } = stopping;
  let ended: Promise<void> = Promise.resolve();
  let woken = false;
  let alarm: (() => void) | undefined;

  async function run(): Promise<void> {
    let failing = false;
    while (!signal.aborted) {
      let connection: DedicatedConnection | undefined;
      try {
        connection = await database.connect();
        if (failing) logger.info("relay works again");
        failing = false;
        await work(connection);
      } catch (error) {
        if (!failing) logger.warn({ err: error }, "relay waits for the database");
        failing = true;
        await pause(RETRY_MS, signal);
      } finally {
        // Ends the lock with it. A connection that broke cannot be closed properly, and needs not.
        await Promise.allSettled([connection?.close()]);
      }
    }
  }

  async function work(connection: DedicatedConnection): Promise<void> {
    while (!(await locked(connection, name))) {
      await pause(STANDBY_MS, signal);
      if (signal.aborted) return;
    }
    let counted = 0;
    for (let published: number[] = []; ; ) {
      const last = signal.aborted;
      const rows = await connection.withSystem((transaction) => exchange(transaction, published));
      published = [];
      if (rows.length < BATCH) waiting.set(rows.length);
      else if (Date.now() - counted > COUNT_MS) {
        waiting.set(await backlog(connection));
        counted = Date.now();
      }
      if (rows.length > 0) published = await publish(rows);
      // When told to stop, what was committed before is still published.
      else if (last) return;
      else await idle();
    }
  }

  /** Ids of the rows that the broker has; none when it could not be reached, so that the next look takes the same rows. */
  async function publish(rows: readonly OutboxRow[]): Promise<number[]> {
    try {
      await bus.publish(rows.map(record));
    } catch (error) {
      failures.inc();
      logger.warn({ err: error, rows: rows.length }, "events wait for the broker");
      if (signal.aborted) throw error;
      await pause(RETRY_MS, signal);
      return [];
    }
    for (const [topic, own] of Map.groupBy(rows, (row) => row.topic)) publishedTotal.labels(topic).inc(own.length);
    return rows.map(({ outbox_id }) => outbox_id);
  }

  /** Until woken, told to stop, or {@link IDLE_MS} have passed. */
  async function idle(): Promise<void> {
    if (!woken) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, IDLE_MS);
        alarm = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      alarm = undefined;
    }
    if (woken) await pause(LINGER_MS, signal);
    woken = false;
  }

  return {
    start() {
      ended = run();
    },
    wake() {
      woken = true;
      alarm?.();
    },
    async stop() {
      stopping.abort();
      alarm?.();
      await ended;
    },
  };
}

async function locked(connection: DedicatedConnection, name: string): Promise<boolean> {
  const { rows } = await connection.query<{ locked: boolean }>({
    text: "select pg_try_advisory_lock(hashtextextended($1, 0)) as locked",
    values: [`outbox-relay:${name}`],
  });
  return rows[0]?.locked === true;
}

/** Removes what was published and takes the next rows, in one round trip. */
async function exchange(transaction: Transaction, published: readonly number[]): Promise<OutboxRow[]> {
  const removed =
    published.length === 0
      ? Promise.resolve()
      : transaction.query({ name: "outbox-remove", text: "delete from outbox where outbox_id = any($1::bigint[])", values: [published] });
  const [{ rows }] = await Promise.all([
    transaction.query<OutboxRow>({
      name: "outbox-next",
      text: `select outbox_id, tenant_id, topic, message_key, payload, version, correlation_id, traceparent from outbox order by outbox_id limit ${BATCH}`,
    }),
    removed,
  ]);
  return rows;
}

async function backlog(connection: DedicatedConnection): Promise<number> {
  const { rows } = await connection.withSystem((transaction) =>
    transaction.query<{ count: number }>({ text: "select count(*) from outbox" }),
  );
  return rows[0]?.count ?? 0;
}

function record(row: OutboxRow): OutgoingRecord {
  const correlation = row.correlation_id === null ? {} : { correlation_id: row.correlation_id };
  const trace = row.traceparent === null ? {} : { traceparent: row.traceparent };
  return {
    topic: row.topic,
    key: row.message_key,
    value: row.payload,
    headers: { tenant_id: String(row.tenant_id), version: String(row.version), ...correlation, ...trace },
  };
}
