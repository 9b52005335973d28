import { abortableSleep } from "../core/abortable-sleep.ts";
import { isInstance } from "../core/caught-value.ts";
import { ServiceError } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { Database, DatabaseConnection } from "../database/database.ts";
import type { Bus } from "../kafka/bus.ts";
import { kitMetrics } from "../telemetry/contract.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { noopTracing, type Tracing } from "../telemetry/tracing.ts";
import { BATCH_ROWS, countBacklog, deletePublishedAndFetchNext, type OutboxRow, tryLock } from "./outbox-rows.ts";
import { toRelayedRecords } from "./relayed-records.ts";
import { createTopicBackoff } from "./topic-backoff.ts";

export interface RelaySettings {
  database: Database;
  bus: Bus;
  logger: Logger;
  metrics: Metrics;
  /** Records a span for each event of a sampled trace. @default {@link noopTracing} */
  tracing?: Tracing | undefined;
  /** Names the lock: of all relays with one name in one database, one works at a time. */
  name: string;
}

/**
 * Publishes the outbox's rows in the order of their ids and deletes what the broker acknowledged.
 */
export interface Relay {
  start(): void;
  /** Call it after a commit: the rows are published at once instead of at the next poll. */
  wake(): void;
  /** Publishes the rows committed so far, unless the broker is away, and stops. */
  stop(): Promise<void>;
}

/** Rows of other replicas are found by polling; {@link Relay.wake} reports this one's. */
const POLL_INTERVAL_MS = 100;
/**
 * After a wake the relay waits for other commits: at thousands a second a batch then has many rows.
 */
const LINGER_MS = 3;
const LOCK_RETRY_MS = 1000;
const RETRY_MS = 250;
/**
 * The database ends a session that is silent for longer (see {@link Database.connect}), and its
 * lock with it.
 */
const KEEPALIVE_MS = 1500;
/** Counting a long queue takes longer than publishing its head. */
const BACKLOG_COUNT_INTERVAL_MS = 1000;

/**
 * There is no cursor: a row with a low id may be committed after one with a higher id, and a cursor
 * would skip it, so every poll reads the lowest ids. The session that holds the lock also reads and
 * deletes: a relay that lost the lock can delete nothing. If a relay is killed between publishing
 * and deleting, the next one publishes again, and the consumer's inbox makes that one effect.
 */
export function createRelay({ database, bus, logger, metrics, tracing = noopTracing, name }: RelaySettings): Relay {
  // Above a few thousand for minutes, the broker or the relay is in trouble.
  const backlog = metrics.gauge(kitMetrics.outbox_backlog);
  const publishedTotal = metrics.counter(kitMetrics.outbox_published_total);
  const failures = metrics.counter(kitMetrics.outbox_publish_failures_total);
  const stopping = new AbortController();
  const { signal } = stopping;
  const topicBackoff = createTopicBackoff();
  let running: Promise<void> = Promise.resolve();
  let woken = false;
  let wakeUp: (() => void) | undefined;

  async function run(): Promise<void> {
    let failing = false;
    while (!signal.aborted) {
      let connection: DatabaseConnection | undefined;
      try {
        connection = await database.connect();
        if (failing) logger.info("relay works again");
        failing = false;
        await holdLockAndPublish(connection);
      } catch (error) {
        if (!failing) logger.warn({ err: error }, "relay waits for the database");
        failing = true;
        await abortableSleep(RETRY_MS, signal);
      } finally {
        // Releases the lock. A broken connection fails to close, which does no harm.
        await Promise.allSettled([connection?.close()]);
      }
    }
  }

  async function holdLockAndPublish(connection: DatabaseConnection): Promise<void> {
    while (!(await tryLock(connection, name))) {
      await abortableSleep(LOCK_RETRY_MS, signal);
      if (signal.aborted) return;
    }
    // Keeps the session alive however long publishing takes; the next poll reports a failure.
    const keepalive = setInterval(() => connection.query({ text: "select 1" }).catch(() => undefined), KEEPALIVE_MS);
    try {
      await publishBacklog(connection);
    } finally {
      clearInterval(keepalive);
    }
  }

  async function publishBacklog(connection: DatabaseConnection): Promise<void> {
    let countedAt = 0;
    let drained = false;
    for (let published: number[] = []; ; ) {
      const isLast = signal.aborted;
      const rows = await connection.withSystem((transaction) =>
        deletePublishedAndFetchNext(transaction, published, topicBackoff.waiting()),
      );
      published = [];
      if (rows.length < BATCH_ROWS && topicBackoff.size === 0) backlog.set(rows.length);
      else if (performance.now() - countedAt > BACKLOG_COUNT_INTERVAL_MS) {
        backlog.set(await countBacklog(connection));
        countedAt = performance.now();
      }
      if (rows.length > 0 && !drained) published = await publish(rows);
      else if (isLast) return;
      else await waitForWork();
      // A stopping relay publishes what was committed before, but not all that follows.
      drained = isLast && rows.length < BATCH_ROWS;
    }
  }

  /**
   * Returns the ids of the rows that the broker has; if it is away none, so that the next poll
   * reads the same rows. A topic that the broker refuses, for example because it does not exist,
   * backs off: the other topics must not wait for it.
   */
  async function publish(rows: readonly OutboxRow[]): Promise<number[]> {
    const topics = [...Map.groupBy(rows, (row) => row.topic)];
    const outcomes = await Promise.allSettled(topics.map(([, topicRows]) => publishTopic(topicRows)));
    const published: number[] = [];
    let brokerAway: unknown;
    for (const [index, [topic, topicRows]] of topics.entries()) {
      const outcome = outcomes[index];
      if (outcome?.status === "rejected") {
        failures.inc();
        logger.warn({ err: outcome.reason, topic, rows: topicRows.length }, "events wait for the broker");
        if (isInstance(outcome.reason, ServiceError)) brokerAway = outcome.reason;
        else topicBackoff.refuse(topic);
        continue;
      }
      topicBackoff.clear(topic);
      publishedTotal.labels(topic).inc(topicRows.length);
      published.push(...topicRows.map(({ outbox_id }) => outbox_id));
    }
    if (brokerAway !== undefined && signal.aborted) throw brokerAway;
    if (brokerAway !== undefined) await abortableSleep(RETRY_MS, signal);
    return published;
  }

  async function publishTopic(rows: readonly OutboxRow[]): Promise<void> {
    const { records, acknowledge } = toRelayedRecords(tracing, rows);
    await bus.publish(records);
    acknowledge();
  }

  /** Waits until it is woken or stopped, or for {@link POLL_INTERVAL_MS}. */
  async function waitForWork(): Promise<void> {
    if (!woken) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, POLL_INTERVAL_MS);
        wakeUp = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      wakeUp = undefined;
    }
    if (woken) await abortableSleep(LINGER_MS, signal);
    woken = false;
  }

  return {
    start() {
      running = run();
    },
    wake() {
      woken = true;
      wakeUp?.();
    },
    async stop() {
      stopping.abort();
      wakeUp?.();
      await running;
    },
  };
}
