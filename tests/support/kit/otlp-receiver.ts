import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { decodeTraces } from "./otlp-protobuf.ts";

/** A span as in OTLP's JSON, with its attributes as an object. */
export interface ReceivedSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  /** 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  status: { code: number; message?: string };
  attributes: Record<string, unknown>;
  traceState?: string;
  links?: { traceId: string; spanId: string }[];
  droppedLinksCount?: number;
  /** `service.name` of its resource. */
  service: string;
  /** Attributes of its resource. */
  resource: Record<string, unknown>;
}

export interface OtlpReceiver {
  endpoint: string;
  spans: ReceivedSpan[];
  /** Method, path and content type of each request. */
  posts: Set<string>;
  /** Each body as it was sent. */
  bodies: string[];
  close(): Promise<void>;
}

type Keyed = { key: string; value: Record<string, unknown> };
type Body = {
  resourceSpans: {
    resource: { attributes: Keyed[] };
    scopeSpans: { spans: (ReceivedSpan & { attributes: Keyed[] })[] }[];
  }[];
};

/** A sender may leave it out. */
const UNSET = { code: 0 };

/**
 * Receives traces by OTLP over HTTP, in JSON and protobuf.
 *
 * @param hold takes requests and never answers
 */
export async function startOtlpReceiver({ hold = false, port = 0 } = {}): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  const posts = new Set<string>();
  const bodies: string[] = [];
  const server = createServer(async (request, response) => {
    posts.add(`${request.method} ${request.url} ${request.headers["content-type"]}`);
    const contentType = String(request.headers["content-type"]);
    const isJson = contentType.startsWith("application/json");
    const body = await buffer(request);
    bodies.push(body.toString());
    const { resourceSpans } = (isJson ? JSON.parse(body.toString()) : decodeTraces(body)) as Body;
    for (const { resource, scopeSpans } of resourceSpans) {
      const resourceAttributes = plain(resource.attributes);
      const service = String(resourceAttributes["service.name"]);
      spans.push(
        ...scopeSpans.flatMap((scope) =>
          scope.spans.map((span) => ({
            ...span,
            status: { ...UNSET, ...span.status },
            attributes: plain(span.attributes),
            service,
            resource: resourceAttributes,
          })),
        ),
      );
    }
    if (!hold) response.setHeader("content-type", contentType).end(isJson ? "{}" : "");
  });
  await once(server.listen(port, "127.0.0.1"), "listening");
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    posts,
    bodies,
    async close() {
      server.closeAllConnections();
      await once(server.close(), "close");
    },
  };
}

function plain(attributes: readonly Keyed[]): Record<string, unknown> {
  // JSON may write whole numbers as text.
  const read = (value: Record<string, unknown>) =>
    "intValue" in value ? Number(value.intValue) : Object.values(value)[0];
  return Object.fromEntries(attributes.map(({ key, value }) => [key, read(value)]));
}
