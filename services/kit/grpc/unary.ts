import {
  constants,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from "node:http2";
import {
  create,
  type DescMessage,
  type DescMethod,
  fromBinary,
  isMessage,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { Code, ConnectError, type ConnectRouter, type ContextValues, type HandlerContext } from "@connectrpc/connect";
import { setTrailerStatus } from "@connectrpc/connect/protocol-grpc";
import { kitError } from "../core/errors.ts";
import { type GrpcCall, rejectOnAbort } from "./call.ts";
import type { MessageBudget } from "./message-budget.ts";
import { PREFIX_BYTES, readMessage } from "./read-message.ts";

/** A method with one message each way, and its handler. */
export interface UnaryMethod {
  method: DescMethod;
  handle(
    message: MessageShape<DescMessage>,
    context: HandlerContext,
  ): Promise<MessageInitShape<DescMessage>> | MessageInitShape<DescMessage>;
}

export interface UnaryCall {
  call: GrpcCall;
  request: Http2ServerRequest;
  response: Http2ServerResponse;
  values: ContextValues;
  maxMessageBytes: number;
  /** The connection's. */
  budget: MessageBudget;
  /** Checks the call's tenant; rejects to refuse the call. */
  resolveTenant(): Promise<void> | void;
}

const TIMEOUT_UNITS_MS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };
const TIMEOUT = /^(\d{1,8})([HMSmun])$/;
const GRPC_CONTENT_TYPES = new Set(["application/grpc", "application/grpc+proto"]);

/**
 * Whether {@link handleUnary} can answer: plain gRPC without compression, as nearly all calls
 * between services are. connect could serve them too, but by the same chain of asynchronous
 * iterators as streams, at several times the cost.
 */
export function isUncompressedUnary(headers: IncomingHttpHeaders): boolean {
  const { "content-type": type = "", "grpc-encoding": encoding = "identity", "grpc-timeout": timeout = "1S" } = headers;
  return (
    headers[":method"] === "POST" &&
    GRPC_CONTENT_TYPES.has(type) &&
    encoding === "identity" &&
    typeof timeout === "string" &&
    TIMEOUT.test(timeout)
  );
}

/** Answers one call, also if it fails. Never rejects. */
export async function handleUnary(
  { method, handle }: UnaryMethod,
  { call, request, response, values, maxMessageBytes, budget, resolveTenant }: UnaryCall,
): Promise<void> {
  const { headers, stream } = request;
  const ending = new AbortController();
  const ms = parseTimeout(headers);
  const timer = setTimeout(() => {
    // A caller that never reads its answer would hold its memory for ever.
    if (call.statusCode !== undefined) stream.close(constants.NGHTTP2_CANCEL);
    else ending.abort(new ConnectError("the operation timed out", Code.DeadlineExceeded));
  }, ms);
  stream.once("close", () => {
    clearTimeout(timer);
    if (call.statusCode === undefined) ending.abort(new ConnectError("the caller has gone", Code.Canceled));
  });
  const context = new UnaryContext(method, headers, values, ending.signal, performance.now() + ms);
  try {
    // First of all: a stranger's message is not read.
    await rejectOnAbort(Promise.resolve(resolveTenant()), ending.signal);
    const bytes = await rejectOnAbort(readMessage(stream, maxMessageBytes, budget), ending.signal);
    const answer = await rejectOnAbort(
      Promise.resolve(handle(decodeMessage(method.input, bytes), context)),
      ending.signal,
    );
    const message = isMessage(answer, method.output) ? answer : create(method.output, answer);
    call.statusCode = "OK";
    sendResponse(response, toBinary(method.output, message), context, call);
  } catch (error) {
    respondFailure(stream, context.responseTrailer, call.fail(error));
  }
}

/** A handler may have set trailers that cannot be sent: its call ends all the same. */
function respondFailure(stream: ServerHttp2Stream, trailer: Headers, error: ConnectError): void {
  if (stream.destroyed || stream.closed) return;
  for (const base of [trailer, new Headers()])
    try {
      const trailers = Object.fromEntries(setTrailerStatus(base, error));
      if (stream.headersSent) break;
      stream.respond({ ":status": 200, "content-type": "application/grpc+proto", ...trailers }, { endStream: true });
      return;
    } catch {
      // Tried again without them.
    }
  stream.close(constants.NGHTTP2_INTERNAL_ERROR);
}

function parseTimeout(headers: IncomingHttpHeaders): number {
  const [, count, unit = ""] = TIMEOUT.exec(String(headers["grpc-timeout"])) ?? [];
  // A timer cannot wait longer, and neither does a caller.
  return Math.min(Number(count) * (TIMEOUT_UNITS_MS[unit] ?? 1), 2 ** 31 - 1);
}

function decodeMessage(type: DescMessage, bytes: Uint8Array): MessageShape<DescMessage> {
  try {
    return fromBinary(type, bytes);
  } catch (error) {
    throw kitError("invalid_request", `The request is not a valid ${type.typeName}.`, { cause: error });
  }
}

function sendResponse(response: Http2ServerResponse, bytes: Uint8Array, context: UnaryContext, call: GrpcCall): void {
  const { stream } = response;
  if (stream.destroyed || stream.closed) return;
  const frame = Buffer.allocUnsafe(PREFIX_BYTES + bytes.length);
  frame.writeUInt8(0, 0);
  frame.writeUInt32BE(bytes.length, 1);
  frame.set(bytes, PREFIX_BYTES);
  response.addTrailers({ ...context.trailers(), "grpc-status": "0" });
  const headers = {
    ":status": 200,
    "content-type": "application/grpc+proto",
    "x-correlation-id": call.correlationId,
    ...context.headers(),
  };
  stream.respond(headers, { waitForTrailers: true });
  stream.end(frame);
}

/** Creates headers when a handler reads them, which most never do. */
class UnaryContext implements HandlerContext {
  readonly method: DescMethod;
  readonly values: ContextValues;
  readonly signal: AbortSignal;
  readonly requestMethod = "POST";
  readonly protocolName = "grpc";
  readonly #given: IncomingHttpHeaders;
  readonly #deadline: number;
  #requestHeader: Headers | undefined;
  #responseHeader: Headers | undefined;
  #responseTrailer: Headers | undefined;

  constructor(
    method: DescMethod,
    given: IncomingHttpHeaders,
    values: ContextValues,
    signal: AbortSignal,
    deadline: number,
  ) {
    this.method = method;
    this.values = values;
    this.signal = signal;
    this.#given = given;
    this.#deadline = deadline;
  }

  get service() {
    return this.method.parent;
  }

  get url() {
    return `http://${this.#given[":authority"] ?? "localhost"}${this.#given[":path"] ?? ""}`;
  }

  readonly timeoutMs = () => this.#deadline - performance.now();

  get requestHeader(): Headers {
    if (!this.#requestHeader) {
      const named = Object.entries(this.#given).filter(([name, value]) => !name.startsWith(":") && value !== undefined);
      this.#requestHeader = new Headers(named.map(([name, value]) => [name, String(value)]));
    }
    return this.#requestHeader;
  }

  get responseHeader(): Headers {
    this.#responseHeader ??= new Headers();
    return this.#responseHeader;
  }

  get responseTrailer(): Headers {
    this.#responseTrailer ??= new Headers();
    return this.#responseTrailer;
  }

  headers(): Record<string, string> {
    return this.#responseHeader ? Object.fromEntries(this.#responseHeader) : {};
  }

  trailers(): Record<string, string> {
    return this.#responseTrailer ? Object.fromEntries(this.#responseTrailer) : {};
  }
}

/** Returns a router that also records the handlers of unary methods, by path. */
export function recordUnaryMethods(router: ConnectRouter, into: Map<string, UnaryMethod>): ConnectRouter {
  const record = (method: DescMethod, answer: unknown) => {
    if (method.methodKind === "unary" && typeof answer === "function")
      into.set(`/${method.parent.typeName}/${method.name}`, { method, handle: answer as UnaryMethod["handle"] });
  };
  const recorder: ConnectRouter = {
    handlers: router.handlers,
    service(service, implementation, options) {
      router.service(service, implementation, options);
      for (const method of service.methods) {
        const answer = (implementation as Record<string, unknown>)[method.localName];
        record(method, typeof answer === "function" ? answer.bind(implementation) : undefined);
      }
      return recorder;
    },
    rpc(method, answer, options) {
      router.rpc(method, answer, options);
      record(method, answer);
      return recorder;
    },
  };
  return recorder;
}
