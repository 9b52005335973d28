import { setTimeout as sleep } from "node:timers/promises";
import type { Consumer, EachBatchPayload } from "kafkajs";
import type { Logger } from "../core/logger.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { Bus } from "./bus.ts";
import { createLagMonitor } from "./lag.ts";
import type { ReceivedRecord } from "./record.ts";

/** Records of one partition, with which their handler reports its progress. */
export interface FetchedBatch {
  topic: string;
  partition: number;
  records: readonly ReceivedRecord[];
  /**
   * Aborts when the member stops or may lose the partition: the handler then finishes what is under
   * way and starts nothing more.
   */
  signal: AbortSignal;
  /** Marks this record and all before it as handled, so that they are committed. */
  markHandled(last: ReceivedRecord): void;
  /** Reads nothing of the partition for `ms`, then all its unhandled records again. */
  pausePartition(ms: number): void;
}

export interface GroupMemberSettings {
  bus: Bus;
  logger: Logger;
  metrics: Metrics;
  group: string;
  topics: readonly string[];
  /**
   * Called for several partitions at a time. The next records of a partition are read once it has
   * resolved, so that a slow handler keeps memory bounded. It never rejects.
   */
  handleBatch(fetched: FetchedBatch): Promise<void>;
  /** Milliseconds that stopping waits for what is under way. */
  drainMs: number;
}

/** A member of a consumer group that rejoins however often brokers go away. */
export interface GroupMember {
  start(): void;
  /** Finishes and commits what is under way, then leaves the group. */
  stop(): Promise<void>;
}

const CONCURRENT_PARTITIONS = 4;
const HEARTBEAT_INTERVAL_MS = 1500;
/** The shortest that brokers accept by default. A group waits this long for a killed member. */
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
      const member = bus.client.consumer({
        groupId: group,
        sessionTimeout: SESSION_TIMEOUT_MS,
        heartbeatInterval: HEARTBEAT_INTERVAL_MS,
        rebalanceTimeout: 8000,
        maxWaitTimeInMs: 500,
        maxBytes: MAX_FETCH_BYTES,
        allowAutoTopicCreation: false,
        // Some 20 s. Giving up costs more: the group takes the next attempt for a new member and
        // waits for the old one's session to end.
        retry: {
          initialRetryTime: 100,
          maxRetryTime: 500,
          retries: 40,
          restartOnFailure: () => Promise.resolve(!ended.signal.aborted),
        },
      });
      consumer = member;
      member.on(member.events.GROUP_JOIN, ({ payload }) => lag.setAssignment(payload.memberAssignment));
      // kafkajs gives up on some errors that pass: a new member continues where this one ended.
      member.on(member.events.CRASH, ({ payload }) => {
        if (!payload.restart && !ended.signal.aborted) connecting = sleep(500, undefined, { ref: false }).then(connect);
      });
      try {
        await member.connect();
        await member.subscribe({ topics: [...topics], fromBeginning: true });
        await member.run({
          eachBatchAutoResolve: false,
          partitionsConsumedConcurrently: CONCURRENT_PARTITIONS,
          eachBatch,
        });
        return;
      } catch (error) {
        logger.warn({ err: error, topics }, "consumer cannot start yet");
        await member.disconnect();
        await sleep(500, undefined, { ref: false });
      }
    }
  }

  async function eachBatch(payload: EachBatchPayload): Promise<void> {
    const { batch, resolveOffset, heartbeat, commitOffsetsIfNecessary, uncommittedOffsets, isRunning, isStale } =
      payload;
    const { topic, partition } = batch;
    const lost = new AbortController();
    let failure: unknown;
    let progressed = false;
    // Keeps the membership and commits progress, however long the handler takes.
    const heartbeatTimer = setInterval(async () => {
      try {
        if (!isRunning() || isStale()) lost.abort();
        await heartbeat();
        if (progressed) await commitOffsetsIfNecessary(uncommittedOffsets());
        progressed = false;
      } catch (error) {
        failure ??= error;
        lost.abort();
      }
    }, HEARTBEAT_INTERVAL_MS);
    const end = BigInt(batch.highWatermark);
    try {
      await handleBatch({
        topic,
        partition,
        records: batch.messages,
        signal: AbortSignal.any([lost.signal, ended.signal]),
        markHandled(last) {
          progressed = true;
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
      clearInterval(heartbeatTimer);
    }
    // Usually a rebalance: kafkajs then commits what is handled and joins again.
    if (failure !== undefined) throw failure;
  }

  return {
    start() {
      connecting = connect();
    },
    async stop() {
      ended.abort();
      for (const timer of paused) clearTimeout(timer);
      const leaving = Promise.resolve(connecting).then(() => consumer?.disconnect());
      // Leaving blocks while the group waits for a killed member. The session then ends by its
      // timeout, and nothing is lost.
      if ((await Promise.race([leaving, sleep(drainMs, "late", { ref: false })])) === "late")
        logger.warn({ group }, "stopped before it could leave the group");
      lag.stop();
    },
  };
}
