import { randomUUID } from "node:crypto";
import { ROOT_CONTEXT, SpanKind } from "@opentelemetry/api";
import type { FastifyInstance } from "fastify";
import type { SystemEvent, SystemEventCodec } from "./avro.ts";
import type { Publisher } from "./broker.ts";
import type { Env } from "./env.ts";
import { ServiceError } from "./errors.ts";
import { requireTenant, tenantOf } from "./http.ts";
import { type Notices, noticeOf } from "./notices.ts";
import { fail, injectContext, messaging, recordedIds, startSpan } from "./tracing.ts";

interface NewNotice {
  type: string;
  text: string;
}

const newNotice = {
  type: "object",
  additionalProperties: false,
  required: ["type", "text"],
  properties: {
    type: {
      type: "string",
      pattern: "^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$",
      maxLength: 64,
      description: "UPPER_SNAKE_CASE, such as DISK_FULL",
    },
    text: { type: "string", minLength: 1, maxLength: 1000 },
  },
};
const notice = {
  type: "object",
  required: ["id", "type", "text", "timestamp"],
  properties: {
    id: { type: "string", format: "uuid" },
    type: { type: "string" },
    text: { type: "string" },
    timestamp: { type: "string", format: "date-time" },
  },
};
const error = {
  type: "object",
  description: "What went wrong",
  required: ["error"],
  properties: {
    error: {
      type: "object",
      required: ["code", "message", "correlation_id"],
      properties: { code: { type: "string" }, message: { type: "string" }, correlation_id: { type: "string" } },
    },
  },
};
const tenantHeader = {
  type: "object",
  required: ["x-tenant-id"],
  properties: { "x-tenant-id": { type: "string", pattern: "^[1-9][0-9]{0,15}$", description: "The tenant's number" } },
};

export function noticeRoutes(
  api: FastifyInstance,
  env: Env,
  codec: SystemEventCodec,
  publisher: Publisher,
  notices: Notices,
): void {
  api.addHook("onRequest", requireTenant);

  api.post<{ Body: NewNotice }>(
    "/notices",
    {
      schema: {
        operationId: "publishNotice",
        summary: "Publish a notice",
        description: "Publishes a notice; it is shown once it was read back.",
        tags: ["notices"],
        headers: tenantHeader,
        body: newNotice,
        response: { 201: notice, 400: error, 413: error, 415: error, 503: error, default: error },
      },
    },
    async (request, reply) => {
      const event: SystemEvent = {
        id: randomUUID(),
        tenant_id: tenantOf(request),
        aggregate_id: env.name,
        event_type: request.body.type,
        event_data: { text: request.body.text },
        timestamp: Date.now(),
        version: 1,
      };
      const headers: Record<string, string> = {
        tenant_id: String(event.tenant_id),
        version: String(event.version),
        correlation_id: request.id,
      };
      const { span, context } = startSpan(
        `send ${env.topic}`,
        SpanKind.PRODUCER,
        request.traced?.context ?? ROOT_CONTEXT,
        { ...messaging(env.topic, "send"), "tenant.id": event.tenant_id },
      );
      Object.assign(headers, injectContext(context));
      try {
        const value = await codec.encode(event);
        const record = { topic: env.topic, key: Buffer.from(event.aggregate_id), value, headers };
        await publisher.publish(record, recordedIds(context));
      } catch (error) {
        fail(span, error);
        throw new ServiceError("unavailable", "The notice could not be published; try again.", error);
      } finally {
        span.end();
      }
      return reply.code(201).send(noticeOf(event));
    },
  );

  api.get(
    "/notices",
    {
      schema: {
        operationId: "listNotices",
        summary: "The last notices of the tenant, newest first",
        description: "Lists the notices that this replica has seen.",
        tags: ["notices"],
        headers: tenantHeader,
        response: { 200: listOf(notice), 400: error, default: error },
      },
    },
    (request) => ({ notices: notices.of(tenantOf(request)) }),
  );
}

function listOf(items: typeof notice) {
  return { type: "object", required: ["notices"], properties: { notices: { type: "array", items } } };
}
