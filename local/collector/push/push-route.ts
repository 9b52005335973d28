import type { IncomingMessage } from "node:http";
import type { Counts } from "../counts.ts";
import { type BodyBudget, readBody } from "../http/body.ts";
import { HttpError } from "../http/http-error.ts";
import { requestPath } from "../http/request-path.ts";
import type { Handler } from "../http/server.ts";
import { toPushedDocument } from "../lines/pushed-line.ts";
import { EntryBuilder } from "../spool/entry-builder.ts";
import { type SpoolEntry, SpoolFull } from "../spool/spool.ts";
import { parsePushJson } from "./push-json.ts";
import { parsePushProtobuf } from "./push-protobuf.ts";
import type { PushStream } from "./push-request.ts";
import type { TenantDirectory } from "./tenant-directory.ts";

export interface PushSettings {
  tenants: TenantDirectory;
  retentionMs: number;
  /** Keeps documents on disk. @throws SpoolFull */
  add(entries: readonly SpoolEntry[]): void;
  counts: Counts;
  budget: BodyBudget;
}

/** Packed or not. */
const MAX_BODY_BYTES = 8 << 20;
/** As Loki's `creation_grace_period`. */
const MAX_AHEAD_MS = 10 * 60_000;

/** Loki's contract for writing: `POST /loki/api/v1/push` with `X-Scope-OrgID`, and `/ready`. */
export function createPushRoute(settings: PushSettings): Handler {
  return async (request, response) => {
    const path = requestPath(request);
    if (path === "/ready" && request.method === "GET") {
      response.writeHead(200, { "content-type": "text/plain" }).end("ready\n");
      return;
    }
    if (path !== "/loki/api/v1/push")
      throw new HttpError(404, "Only POST /loki/api/v1/push is served here: read lines on the page");
    if (request.method !== "POST") throw new HttpError(405, "Push lines with POST");
    const tenant = await requireTenant(request, settings.tenants);
    const streams = await readStreams(request, settings.budget);
    const late = store(tenant, streams, settings);
    if (late !== undefined) throw new HttpError(400, late);
    response.writeHead(204).end();
  };
}

/** The tenant that `X-Scope-OrgID` names, within the kit's bounds. @throws HttpError 400 or 401 */
async function requireTenant(request: IncomingMessage, tenants: TenantDirectory): Promise<number> {
  const given = request.headers["x-scope-orgid"];
  if (given === undefined || given === "")
    throw new HttpError(401, "The header X-Scope-OrgID is missing: send the tenant's number");
  const tenant = typeof given === "string" && /^[1-9]\d{0,15}$/.test(given) ? Number(given) : Number.NaN;
  if (!Number.isSafeInteger(tenant))
    throw new HttpError(400, `X-Scope-OrgID must be one whole number from 1 to ${Number.MAX_SAFE_INTEGER}`);
  const isKnown = await tenants.knows(tenant);
  if (isKnown === undefined)
    throw new HttpError(
      503,
      `Whether tenant ${tenant} exists cannot be checked, because the database is away: try again`,
    );
  if (!isKnown) throw new HttpError(400, `There is no tenant ${tenant}: declare it in the stack's configuration`);
  return tenant;
}

async function readStreams(request: IncomingMessage, budget: BodyBudget): Promise<PushStream[]> {
  const type = request.headers["content-type"]?.split(";")[0]?.trim().toLowerCase() ?? "";
  const isJson = type === "application/json";
  if (!isJson && type !== "application/x-protobuf")
    throw new HttpError(415, "Send application/json, or application/x-protobuf compressed by snappy");
  const body = await readBody(request, MAX_BODY_BYTES, budget);
  return isJson ? parsePushJson(body.toString("utf8"), Date.now()) : parsePushProtobuf(body, MAX_BODY_BYTES);
}

/** @returns a sentence about the lines that were not kept, because of their time */
function store(
  tenant: number,
  streams: readonly PushStream[],
  { retentionMs, add, counts }: PushSettings,
): string | undefined {
  const now = Date.now();
  const oldest = BigInt(now - retentionMs) * 1_000_000n;
  const newest = BigInt(now + MAX_AHEAD_MS) * 1_000_000n;
  const entries = new EntryBuilder(tenant, "line");
  let [old, ahead] = [0, 0];
  for (const { labels, entries: lines } of streams) {
    for (const { timeNs, line, metadata } of lines) {
      if (timeNs < oldest) old++;
      else if (timeNs > newest) ahead++;
      else entries.add(toPushedDocument(labels, metadata, line, timeNs));
    }
  }
  try {
    const built = entries.build();
    if (built.length > 0) add(built);
  } catch (error) {
    if (!(error instanceof SpoolFull)) throw error;
    counts.add("plinth_collector_refused_total", { reason: "buffer full" }, entries.count);
    throw new HttpError(429, error.message);
  }
  counts.add("plinth_collector_lines_total", { origin: "push" }, entries.count);
  if (old + ahead === 0) return undefined;
  if (old > 0) counts.add("plinth_collector_dropped_total", { reason: "too old" }, old);
  if (ahead > 0) counts.add("plinth_collector_dropped_total", { reason: "too far ahead" }, ahead);
  const days = Math.round(retentionMs / 86_400_000);
  return (
    `${old + ahead} of ${entries.count + old + ahead} lines were not kept: ${old} are older than ${days} days, ` +
    `${ahead} are more than 10 minutes ahead of this machine's clock`
  );
}
