import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "@plinth/local/user-error.ts";
import { type HttpAnswer, requestJson } from "../servers/http-request.ts";
import { readMetrics, sumSamples } from "../stack/service-metrics.ts";

const PROCESSING_TIMEOUT_MS = 20_000;
/** Behind the base may be several replicas: a read and the metrics may reach different ones. */
const MAX_READS = 10;

interface User {
  id: string;
  email: string;
  first_name: string;
  last_name: string;
}

interface Event {
  id: string;
  processed_at?: string | null;
}

/**
 * Tries every route of a high-load service over HTTP alone, wherever it runs (HLS-5), and prints a
 * line for each step. It deletes its user; its one event stays, since no route deletes events.
 *
 * @param base such as `http://localhost:8080`
 * @throws one sentence that names the step and what was wrong with it
 */
export async function smokeHighload(base: string): Promise<void> {
  const send = createClient(base);
  const person = { email: `smoke-${randomUUID()}@example.com`, first_name: "John", last_name: "Doe" };

  await runStep("health", async () => `${(await send("GET", "/health", 200)).text.trim()}`);
  const user = await runStep("create", async () => {
    const created = (await send<User>("POST", "/api/v1/users", 201, person)).body;
    assertFields(created, person);
    return [created, `user ${created.id}`];
  });
  const path = `/api/v1/users/${user.id}`;
  try {
    await runStep("read", async () => {
      assertFields((await send<User>("GET", path, 200)).body, { ...person, id: user.id });
      return user.email;
    });
    await runStep("read again", () => readUntilCached(base, () => send("GET", path, 200)));
    await runStep("conflict", async () => {
      await send("POST", "/api/v1/users", 409, person);
      return "409 for the same e-mail";
    });
    await runStep("update", async () => {
      const expected = { ...person, id: user.id, first_name: "Jane" };
      assertFields((await send<User>("PUT", path, 200, { first_name: "Jane" })).body, expected);
      assertFields((await send<User>("GET", path, 200)).body, expected);
      return "first_name is Jane, also when read";
    });
    await runStep("list", async () => {
      const { body } = await send<User[]>("GET", "/api/v1/users?page=1&limit=10", 200);
      if (!Array.isArray(body) || body.length < 1 || body.length > 10)
        throw new UserError(`answered without a list of 1 to 10 users`);
      return `${body.length} users on page 1`;
    });
    const event = await runStep("event", async () => {
      const sent = { user_id: user.id, type: "user_action", data: JSON.stringify({ action: "login 👋 שלום" }) };
      const created = (await send<Event>("POST", "/api/v1/events", 201, sent)).body;
      assertFields(created, sent);
      return [created, `event ${created.id}`];
    });
    await runStep("processed", () => waitUntilProcessed(() => send<Event>("GET", `/api/v1/events/${event.id}`, 200)));
    await runStep("events", async () => {
      const { body } = await send<Event[]>("GET", "/api/v1/events?page=1&limit=10", 200);
      if (!Array.isArray(body) || body.length < 1 || body.length > 10)
        throw new UserError(`answered without a list of 1 to 10 events`);
      return `${body.length} events on page 1`;
    });
    await runStep("bad id", async () => {
      await send("GET", "/api/v1/users/not-a-uuid", 400);
      return "400";
    });
  } finally {
    await runStep("delete", async () => `${(await send("DELETE", path, 204)).status}`);
  }
  await runStep("gone", async () => {
    await send("GET", path, 404);
    return "404";
  });
  console.log(`${base} works.`);
}

async function runStep<T = undefined>(name: string, work: () => Promise<string | [T, string]>): Promise<T> {
  const start = performance.now();
  try {
    const done = await work();
    const [value, text] = Array.isArray(done) ? done : [undefined as T, done];
    console.log(`ok    ${name.padEnd(11)} ${text} (${Math.round(performance.now() - start)} ms)`);
    return value;
  } catch (error) {
    console.log(`FAIL  ${name}`);
    throw new UserError(`The smoke test failed at '${name}': ${(error as Error).message}`);
  }
}

/** Requests to a service; each must be answered with the status that it names. */
function createClient(base: string) {
  return <T>(method: string, path: string, status: number, body?: unknown): Promise<HttpAnswer<T>> =>
    requestJson<T>(method, `${base.replace(/\/$/, "")}${path}`, { status, body });
}

function assertFields(found: object, expected: object): void {
  for (const [name, value] of Object.entries(expected))
    if ((found as Record<string, unknown>)[name] !== value)
      throw new UserError(
        `${name} is ${JSON.stringify((found as Record<string, unknown>)[name])}, not ${JSON.stringify(value)}`,
      );
}

/** Reads until a metric shows that the cache served the answer, where there is such a metric. */
async function readUntilCached(base: string, read: () => Promise<unknown>): Promise<string> {
  for (let attempt = 1; attempt <= MAX_READS; attempt++) {
    const before = await cacheHits(base);
    await read();
    const after = await cacheHits(base);
    if (before === undefined || after === undefined) return "the same; no metric here says whether from the cache";
    if (after > before) return `from the cache: cache_requests_total{result="hit"} ${before} → ${after}`;
  }
  throw new UserError(`${MAX_READS} reads, and cache_requests_total{result="hit"} did not rise`);
}

async function cacheHits(base: string): Promise<number | undefined> {
  const metrics = await readMetrics(base);
  if (metrics === undefined || sumSamples(metrics, "cache_requests_total") === undefined) return undefined;
  return sumSamples(metrics, "cache_requests_total", { result: "hit" }) ?? 0;
}

async function waitUntilProcessed(read: () => Promise<HttpAnswer<Event>>): Promise<string> {
  for (const deadline = Date.now() + PROCESSING_TIMEOUT_MS; ; await sleep(20)) {
    const { processed_at } = (await read()).body;
    if (processed_at) return `through the broker, at ${processed_at}`;
    if (Date.now() > deadline)
      throw new UserError(`the event was not processed within ${PROCESSING_TIMEOUT_MS / 1000} s`);
  }
}
