import { setTimeout as sleep } from "node:timers/promises";
import type { Consumer, EachBatchPayload } from "kafkajs";
import type { Logger } from "../core/logger.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { Bus } from "./bus.ts";
import { createLagMonitor } from "./lag.ts";
import type { ReceivedRecord } from "./record.ts";

/** Records of one partition, and what their reader says of them. */
export interface FetchedBatch {
  topic: string;
  partition: number;
  records: readonly ReceivedRecord[];
  /**
   * Ends when the member stops or the partition may go to another one: what is under way is
   * finished, nothing more is begun.
   */
  signal: AbortSignal;
  /** This record and all before it are handled: they may be committed. */
  markHandled(last: ReceivedRecord): void;
  /** Reads nothing of the partition for `ms`; then what is not handled comes again. */
  pausePartition(ms: number): void;
}

export interface GroupMemberSettings {
  bus: Bus;
  logger: Logger;
  metrics: Metrics;
  group: string;
  topics: readonly string[];
  /**
   * Partitions at once. No more of them is read before it has resolved: a slow one keeps memory
   * bounded. It never rejects.
   */
  handleBatch(fetched: FetchedBatch): Promise<void>;
  /** Milliseconds that stopping waits for what is under way. */
  drainMs: number;
}

/** A member of a consumer group that stays one, however often brokers go away. */
export interface GroupMember {
  start(): void;
  /** Finishes and commits what is under way, and leaves the group. */
  stop(): Promise<void>;
}

const CONCURRENT_PARTITIONS = 4;
const HEARTBEAT_INTERVAL_MS = 1500;
/**
 * Brokers accept no shorter session by default. After a kill, the group waits this long for its
 * dead member.
 */
const SESSION_TIMEOUT_MS = 6000;
const MAX_FETCH_BYTES = 4 << 20;

export function createGroupMember({
  bus,
  logger,
  metrics,
  group,
  topics,
  handleBatch,
  drainMs,
}: GroupMemberSettings): GroupMember {
  const ended = new AbortController();
  const lag = createLagMonitor({ admin: bus.admin, group, logger, metrics });
  const paused = new Set<NodeJS.Timeout>();
  let consumer: Consumer | undefined;
  let connecting: Promise<void> = Promise.resolve();

  async function connect(): Promise<void> {
    while (!ended.signal.aborted) {
      const made = bus.client.consumer({
        groupId: group,
        sessionTimeout: SESSION_TIMEOUT_MS,
        heartbeatInterval: HEARTBEAT_INTERVAL_MS,
        rebalanceTimeout: 8000,
        maxWaitTimeInMs: 500,
        maxBytes: MAX_FETCH_BYTES,
        allowAutoTopicCreation: false,
        // Some 20 s: a member that has given up is a new one to the group, which then waits for the
        // old one's session to end.
        retry: {
          initialRetryTime: 100,
          maxRetryTime: 500,
          retries: 40,
          restartOnFailure: () => Promise.resolve(!ended.signal.aborted),
        },
      });
      consumer = made;
      made.on(made.events.GROUP_JOIN, ({ payload }) => lag.setAssignment(payload.memberAssignment));
      // What kafkajs takes for final is not: a new member begins where this one ended.
      made.on(made.events.CRASH, ({ payload }) => {
        if (!payload.restart && !ended.signal.aborted) connecting = sleep(500, undefined, { ref: false }).then(connect);
      });
      try {
        await made.connect();
        await made.subscribe({ topics: [...topics], fromBeginning: true });
        await made.run({
          eachBatchAutoResolve: false,
          partitionsConsumedConcurrently: CONCURRENT_PARTITIONS,
          eachBatch,
        });
        return;
      } catch (error) {
        logger.warn({ err: error, topics }, "consumer cannot start yet");
        await made.disconnect();
        await sleep(500, undefined, { ref: false });
      }
    }
  }

  async function eachBatch(payload: EachBatchPayload): Promise<void> {
    const { batch, resolveOffset, heartbeat, commitOffsetsIfNecessary, uncommittedOffsets, isRunning, isStale } =
      payload;
    const { topic, partition } = batch;
    const over = new AbortController();
    let fault: unknown;
    let progress = false;
    // However long a handler takes, the group hears from its member, and what is handled so far is
    // committed.
    const pulse = setInterval(async () => {
      try {
        if (!isRunning() || isStale()) over.abort();
        await heartbeat();
        if (progress) await commitOffsetsIfNecessary(uncommittedOffsets());
        progress = false;
      } catch (error) {
        fault ??= error;
        over.abort();
      }
    }, HEARTBEAT_INTERVAL_MS);
    const end = BigInt(batch.highWatermark);
    try {
      await handleBatch({
        topic,
        partition,
        records: batch.messages,
        signal: AbortSignal.any([over.signal, ended.signal]),
        markHandled(last) {
          progress = true;
          resolveOffset(last.offset);
          lag.setPosition(topic, partition, BigInt(last.offset) + 1n, end);
        },
        pausePartition(ms) {
          const resume = payload.pause();
          const timer = setTimeout(() => {
            paused.delete(timer);
            resume();
          }, ms);
          paused.add(timer);
        },
      });
    } finally {
      clearInterval(pulse);
    }
    // Mostly that the group rebalances: kafkajs commits what is handled, and joins again.
    if (fault !== undefined) throw fault;
  }

  return {
    start() {
      connecting = connect();
    },
    async stop() {
      ended.abort();
      for (const timer of paused) clearTimeout(timer);
      const left = Promise.resolve(connecting).then(() => consumer?.disconnect());
      // While a group waits for a dead member, leaving it waits too. The broker then notices by the
      // session's end; nothing is lost by that.
      if ((await Promise.race([left, sleep(drainMs, "late", { ref: false })])) === "late")
        logger.warn({ group }, "left without a goodbye to the group");
      lag.stop();
    },
  };
}
