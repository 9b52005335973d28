import { setTimeout as sleep } from "node:timers/promises";
import type { FastifyInstance } from "fastify";
import { SystemEventCodec } from "./avro.ts";
import { Publisher } from "./broker.ts";
import { NoticeConsumer } from "./consumer.ts";
import type { Env } from "./env.ts";
import { forwardTo } from "./forward.ts";
import { createHttp } from "./http.ts";
import { createMetrics } from "./metrics.ts";
import { Notices } from "./notices.ts";
import { noticeRoutes } from "./routes.ts";
import { startTracing } from "./tracing.ts";

const CHECK_MS = 1500;

export interface App {
  start(): Promise<void>;
  /** Lets requests under way finish, then leaves the consumer group, then closes what both wrote through. */
  stop(): Promise<void>;
  http: FastifyInstance;
}

/** The whole service, not yet started. It starts while what it needs is away, and says so on `/ready`. */
export async function createApp(env: Env): Promise<App> {
  const metrics = createMetrics(env);
  const http = await createHttp(env, metrics);
  const stopTracing = startTracing(env, http.log, metrics.spans);
  const codec = new SystemEventCodec(env.registryUrl, env.topic);
  const publisher = new Publisher(env.name, env.brokers, metrics);
  const notices = new Notices();
  const forward = env.forwardUrl === undefined ? undefined : forwardTo(env.forwardUrl);
  const consumer = new NoticeConsumer({
    env,
    logger: http.log,
    codec,
    publisher,
    metrics,
    async apply(event, work) {
      await forward?.(event, work);
      return notices.add(event);
    },
  });

  let stopping = false;
  const checks = { broker: () => publisher.check(), registry: () => codec.check() };
  http.get("/health", { schema: { hide: true } }, () => ({ status: "ok" }));
  http.get("/ready", { schema: { hide: true } }, async (_request, reply) => {
    const states = await Promise.all(
      Object.entries(checks).map(async ([name, check]) => [name, await state(check)] as const),
    );
    const ready = !stopping && states.every(([, one]) => one === "up");
    const status = stopping ? "stopping" : ready ? "ready" : "not_ready";
    return reply.code(ready ? 200 : 503).send({ status, checks: Object.fromEntries(states) });
  });
  await http.register(async (api) => noticeRoutes(api, env, codec, publisher, notices), { prefix: "/api/v1" });

  return {
    http,
    async start() {
      consumer.start();
      await http.listen({ host: env.host, port: env.port, listenTextResolver: (address) => `listening on ${address}` });
    },
    async stop() {
      stopping = true;
      await http.close();
      await consumer.stop();
      await publisher.close();
      await stopTracing();
    },
  };
}

async function state(check: () => Promise<void>): Promise<"up" | "down"> {
  const late = sleep(CHECK_MS, "down" as const, { ref: false });
  const answer = check().then(
    () => "up" as const,
    () => "down" as const,
  );
  return Promise.race([answer, late]);
}
