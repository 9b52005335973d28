import { abortableSleep } from "../core/abortable-sleep.ts";
import { ServiceError } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { Database, DatabaseConnection, Transaction } from "../database/database.ts";
import type { Bus } from "../kafka/bus.ts";
import type { OutgoingRecord } from "../kafka/record.ts";
import type { Metrics } from "../telemetry/metrics.ts";

export interface RelaySettings {
  database: Database;
  bus: Bus;
  logger: Logger;
  metrics: Metrics;
  /** Names the lock: of all relays with one name in one database, one works. */
  name: string;
}

/**
 * Publishes what the outbox holds, in the order of its ids, and removes what the broker has
 * acknowledged.
 */
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

const BATCH_ROWS = 1000;
/** Rows of other replicas are found by looking; own ones by {@link Relay.wake}. */
const POLL_INTERVAL_MS = 100;
/** After a wake, this long for others to commit: at thousands a second a batch then holds many. */
const LINGER_MS = 3;
const LOCK_RETRY_MS = 1000;
const RETRY_MS = 250;
/**
 * For a topic that is refused, at first and at most: each attempt holds up what other topics
 * publish meanwhile.
 */
const TOPIC_BACKOFF_MS = { first: 1000, most: 30_000 };
/**
 * The database ends a session that is silent for longer (see {@link Database.connect}), and its
 * lock with it.
 */
const KEEPALIVE_MS = 1500;
/** Counting a long queue takes longer than publishing the head of it. */
const BACKLOG_COUNT_INTERVAL_MS = 1000;

/**
 * No cursor: a row with a low id may be committed after one with a higher id, and a cursor would
 * have passed it. Every look therefore takes the lowest ids there are. The lock belongs to the
 * session that also reads and removes, so whoever lost it can remove nothing; a relay killed
 * between publishing and removing makes the next one publish again, which the consumer's inbox
 * makes one effect.
 */
export function createRelay({ database, bus, logger, metrics, name }: RelaySettings): Relay {
  // Above a few thousand for minutes: the broker or the relay is in trouble.
  const waiting = metrics.gauge("outbox_backlog", "Events not yet published");
  const publishedTotal = metrics.counter("outbox_published_total", "Events acknowledged by the broker", ["topic"]);
  const failures = metrics.counter("outbox_publish_failures_total", "Attempts to publish that failed");
  const stopping = new AbortController();
  const { signal } = stopping;
  let ended: Promise<void> = Promise.resolve();
  const held = new Map<string, { until: number; ms: number }>();
  let woken = false;
  let alarm: (() => void) | undefined;

  async function run(): Promise<void> {
    let failing = false;
    while (!signal.aborted) {
      let connection: DatabaseConnection | undefined;
      try {
        connection = await database.connect();
        if (failing) logger.info("relay works again");
        failing = false;
        await work(connection);
      } catch (error) {
        if (!failing) logger.warn({ err: error }, "relay waits for the database");
        failing = true;
        await abortableSleep(RETRY_MS, signal);
      } finally {
        // Ends the lock with it. A connection that broke cannot be closed properly, and needs not.
        await Promise.allSettled([connection?.close()]);
      }
    }
  }

  async function work(connection: DatabaseConnection): Promise<void> {
    while (!(await tryLock(connection, name))) {
      await abortableSleep(LOCK_RETRY_MS, signal);
      if (signal.aborted) return;
    }
    // However long publishing takes: a failure is told by the next look.
    const pulse = setInterval(() => connection.query({ text: "select 1" }).catch(() => undefined), KEEPALIVE_MS);
    try {
      await empty(connection);
    } finally {
      clearInterval(pulse);
    }
  }

  async function empty(connection: DatabaseConnection): Promise<void> {
    let counted = 0;
    let enough = false;
    for (let published: number[] = []; ; ) {
      const last = signal.aborted;
      const rows = await connection.withSystem((transaction) =>
        deletePublishedAndFetchNext(transaction, published, heldNow()),
      );
      published = [];
      if (rows.length < BATCH_ROWS && held.size === 0) waiting.set(rows.length);
      else if (performance.now() - counted > BACKLOG_COUNT_INTERVAL_MS) {
        waiting.set(await countBacklog(connection));
        counted = performance.now();
      }
      if (rows.length > 0 && !enough) published = await publish(rows);
      else if (last) return;
      else await idle();
      // When told to stop, what was committed before is still published, but not all that others go
      // on to commit.
      enough = last && rows.length < BATCH_ROWS;
    }
  }

  function heldNow(): string[] {
    const now = performance.now();
    return [...held].filter(([, { until }]) => until > now).map(([topic]) => topic);
  }

  /**
   * Ids of the rows that the broker has; none when it could not be reached, so that the next look
   * takes the same rows. A topic that it refuses, such as one that is missing, is left alone for a
   * while: the others must not wait for it.
   */
  async function publish(rows: readonly OutboxRow[]): Promise<number[]> {
    const topics = [...Map.groupBy(rows, (row) => row.topic)];
    const outcomes = await Promise.allSettled(topics.map(([, own]) => bus.publish(own.map(toRecord))));
    const published: number[] = [];
    let away: unknown;
    for (const [index, [topic, own]] of topics.entries()) {
      const outcome = outcomes[index];
      if (outcome?.status === "rejected") {
        failures.inc();
        logger.warn({ err: outcome.reason, topic, rows: own.length }, "events wait for the broker");
        if (outcome.reason instanceof ServiceError) away = outcome.reason;
        else hold(topic);
        continue;
      }
      held.delete(topic);
      publishedTotal.labels(topic).inc(own.length);
      published.push(...own.map(({ outbox_id }) => outbox_id));
    }
    if (away !== undefined && signal.aborted) throw away;
    if (away !== undefined) await abortableSleep(RETRY_MS, signal);
    return published;
  }

  function hold(topic: string): void {
    const ms = Math.min((held.get(topic)?.ms ?? TOPIC_BACKOFF_MS.first / 2) * 2, TOPIC_BACKOFF_MS.most);
    held.set(topic, { until: performance.now() + ms, ms });
  }

  /** Until woken, told to stop, or {@link POLL_INTERVAL_MS} have passed. */
  async function idle(): Promise<void> {
    if (!woken) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, POLL_INTERVAL_MS);
        alarm = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      alarm = undefined;
    }
    if (woken) await abortableSleep(LINGER_MS, signal);
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

async function tryLock(connection: DatabaseConnection, name: string): Promise<boolean> {
  const { rows } = await connection.query<{ locked: boolean }>({
    text: "select pg_try_advisory_lock(hashtextextended($1, 0)) as locked",
    values: [`outbox-relay:${name}`],
  });
  return rows[0]?.locked === true;
}

/**
 * Removes what was published and takes the next rows, of all topics but `without`, in one round
 * trip.
 */
async function deletePublishedAndFetchNext(
  transaction: Transaction,
  published: readonly number[],
  without: readonly string[],
): Promise<OutboxRow[]> {
  const removed =
    published.length === 0
      ? Promise.resolve()
      : transaction.query({
          name: "outbox-remove",
          text: "delete from outbox where outbox_id = any($1::bigint[])",
          values: [published],
        });
  const [{ rows }] = await Promise.all([
    transaction.query<OutboxRow>({
      name: "outbox-next",
      text: `select outbox_id, tenant_id, topic, message_key, payload, version, correlation_id, traceparent from outbox where topic <> all($1::text[]) order by outbox_id limit ${BATCH_ROWS}`,
      values: [without],
    }),
    removed,
  ]);
  return rows;
}

async function countBacklog(connection: DatabaseConnection): Promise<number> {
  const { rows } = await connection.withSystem((transaction) =>
    transaction.query<{ count: number }>({ text: "select count(*) from outbox" }),
  );
  return rows[0]?.count ?? 0;
}

function toRecord(row: OutboxRow): OutgoingRecord {
  const correlation = row.correlation_id === null ? {} : { correlation_id: row.correlation_id };
  const trace = row.traceparent === null ? {} : { traceparent: row.traceparent };
  return {
    topic: row.topic,
    key: row.message_key,
    value: row.payload,
    headers: { tenant_id: String(row.tenant_id), version: String(row.version), ...correlation, ...trace },
  };
}
