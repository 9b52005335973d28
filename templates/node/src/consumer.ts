import { setTimeout as sleep } from "node:timers/promises";
import { SpanKind } from "@opentelemetry/api";
import type { Consumer, Message } from "@platformatic/kafka";
import type { FastifyBaseLogger } from "fastify";
import { type SystemEvent, type SystemEventCodec, UnreadableRecord } from "./avro.ts";
import { createConsumer, fromWhereTheGroupLeftOff, type Publisher } from "./broker.ts";
import { parseCorrelationId } from "./correlation-id.ts";
import type { Env } from "./env.ts";
import { type Metrics, observation } from "./metrics.ts";
import { parseTenant } from "./tenant.ts";
import { extractContext, messaging, recordedIds, type StartedSpan, startSpan, traceIds } from "./tracing.ts";

export interface NoticeConsumerParts {
  env: Env;
  logger: FastifyBaseLogger;
  codec: SystemEventCodec;
  publisher: Publisher;
  metrics: Metrics;
  /** Must bear to see an event again. Resolves to whether it was new; rejects to be asked again, with an UnreadableRecord never. */
  apply(event: SystemEvent, work: Work): Promise<boolean>;
}

/** The handling of one record. */
export interface Work extends StartedSpan {
  correlationId: string | undefined;
}

const RETRY_MS = 500;
const LAG_MS = 5000;
/** What stopping waits for a stream that is being opened. */
const OPENING_MS = 3000;

/**
 * Reads V1_SYSTEM. An offset is committed after its effect, so a crash repeats events and loses none. What cannot be read goes to the dead
 * letters, with the reason, and the rest goes on; while a dependency is away, nothing does.
 */
export class NoticeConsumer {
  private readonly parts: NoticeConsumerParts;
  private readonly ended = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private consumer: Consumer | undefined;
  private opening: Promise<unknown> = Promise.resolve();

  constructor(parts: NoticeConsumerParts) {
    this.parts = parts;
  }

  start(): void {
    this.running = this.run();
  }

  /** Leaves the group, so that it need not wait for this member. */
  async stop(): Promise<void> {
    this.ended.abort();
    // A stream that is being opened while its consumer closes ends the process by its error.
    await Promise.race([this.opening.catch(() => undefined), sleep(OPENING_MS, undefined, { ref: false })]);
    await this.consumer?.close(true).catch((err: unknown) => this.parts.logger.warn({ err }, "the group was not left"));
    await this.running;
  }

  private async run(): Promise<void> {
    const { env, logger } = this.parts;
    while (!this.ended.signal.aborted) {
      const consumer = createConsumer(env.name, env.brokers, env.name);
      this.consumer = consumer;
      try {
        this.watchLag(consumer);
        const opening = consumer.consume({ topics: [env.topic], ...fromWhereTheGroupLeftOff });
        this.opening = opening;
        const stream = await opening;
        for await (const message of stream) {
          await this.handle(message);
          if (this.ended.signal.aborted) break;
        }
      } catch (error) {
        if (this.ended.signal.aborted) return;
        logger.warn({ err: error, topic: env.topic }, "consumer starts again");
        await consumer.close(true).catch(() => undefined);
        await sleep(RETRY_MS, undefined, { signal: this.ended.signal }).catch(() => undefined);
      }
    }
  }

  private watchLag(consumer: Consumer): void {
    const { env, metrics } = this.parts;
    consumer.on("consumer:lag", (lags) => {
      // Negative: another member of the group reads it.
      for (const [partition, lag] of (lags.get(env.topic) ?? []).entries())
        if (lag >= 0n) metrics.consumerLag.set({ topic: env.topic, partition }, Number(lag));
    });
    // Without a listener it would end the process; what cannot be asked now is asked again.
    consumer.on("consumer:lag:error", () => undefined);
    consumer.startLagMonitoring({ topics: [env.topic] }, LAG_MS);
  }

  /** Returns once the record had its effect and is committed. */
  private async handle(message: Message): Promise<void> {
    const { logger } = this.parts;
    const headers = Object.fromEntries([...message.headers].map(([name, value]) => [String(name), String(value)]));
    const topic = message.topic;
    const tenant = parseTenant(headers.tenant_id);
    const started = startSpan(`process ${topic}`, SpanKind.CONSUMER, extractContext(headers), {
      ...messaging(topic, "process"),
      "messaging.consumer.group.name": this.parts.env.name,
      ...(tenant !== undefined && { "tenant.id": tenant }),
    });
    const correlationId = parseCorrelationId(headers.correlation_id);
    const ids = { correlation_id: correlationId, ...traceIds(started.context) };
    const log = logger.child({ ...ids, ...(tenant !== undefined && { tenant_id: tenant }) });
    try {
      await this.handleUntilDone(message, headers, { ...started, correlationId }, log);
    } finally {
      started.span.end();
    }
  }

  private async handleUntilDone(
    message: Message,
    headers: Record<string, string>,
    work: Work,
    log: FastifyBaseLogger,
  ): Promise<void> {
    const { env, metrics } = this.parts;
    while (!this.ended.signal.aborted) {
      try {
        const result = await this.process(message, headers, work, log);
        metrics.consumed.inc({ topic: env.topic, result });
        await message.commit();
        return;
      } catch (error) {
        log.warn({ err: error, topic: env.topic, offset: String(message.offset) }, "event waits for a dependency");
        await sleep(RETRY_MS, undefined, { signal: this.ended.signal }).catch(() => undefined);
      }
    }
  }

  private async process(
    message: Message,
    headers: Record<string, string>,
    work: Work,
    log: FastifyBaseLogger,
  ): Promise<string> {
    try {
      const event = await this.parts.codec.decode(message.value);
      if (headers.tenant_id !== undefined && headers.tenant_id !== String(event.tenant_id))
        throw new UnreadableRecord(`the header names tenant ${headers.tenant_id}, the event ${event.tenant_id}`);
      const applied = await this.apply(event, work);
      // Its producer need not have sent the tenant in a header.
      const tenant = headers.tenant_id === undefined ? { tenant_id: event.tenant_id } : {};
      const facts = { topic: message.topic, event_id: event.id, event_type: event.event_type, applied };
      log.info({ ...tenant, ...facts }, "event");
      return applied ? "applied" : "duplicate";
    } catch (error) {
      if (!(error instanceof UnreadableRecord)) throw error;
      return await this.sendToDeadLetters(message, headers, error.message, log);
    }
  }

  private async apply(event: SystemEvent, work: Work): Promise<boolean> {
    const { env, metrics, apply } = this.parts;
    work.span.setAttribute("tenant.id", event.tenant_id);
    const begun = performance.now();
    try {
      return await apply(event, work);
    } finally {
      const seconds = (performance.now() - begun) / 1000;
      metrics.consumerSeconds.observe(observation({ topic: env.topic }, seconds, recordedIds(work.context)));
    }
  }

  private async sendToDeadLetters(
    message: Message,
    headers: Record<string, string>,
    reason: string,
    log: FastifyBaseLogger,
  ): Promise<string> {
    const { env, publisher } = this.parts;
    const { topic, partition, offset } = message;
    // No retry can help: it is read once.
    const at = { group: env.name, topic, partition: String(partition), offset: String(offset), attempts: "1", reason };
    log.error({ ...at, dead_letter_topic: env.deadLetterTopic }, "event cannot be read");
    const facts = Object.fromEntries(Object.entries(at).map(([name, value]) => [`dead_letter_${name}`, value]));
    await publisher.publish({
      topic: env.deadLetterTopic,
      key: message.key ?? undefined,
      value: message.value ?? undefined,
      headers: { ...headers, ...facts },
    });
    this.parts.metrics.deadLetters.inc({ topic, group: env.name });
    return "dead_letter";
  }
}
