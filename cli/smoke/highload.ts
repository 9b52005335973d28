import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { readMetrics, sumSamples } from "../stack/service-metrics.ts";

const RESPONSE_TIMEOUT_MS = 10_000;
const PROCESSING_TIMEOUT_MS = 20_000;
/** A base may be several replicas: a read and the metrics may meet different ones. */
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
 * Every route of the high-load service at any address that serves them, by HTTP alone (HLS-5):
 * prints a line a step. Leaves one event behind, which no route removes, and no user.
 *
 * @param base such as `http://localhost:8080`
 * @throws one sentence that names the step and what was wrong with it
 */
export async function smokeHighload(base: string): Promise<void> {
  const at = createClient(base);
  const person = { email: `smoke-${randomUUID()}@example.com`, first_name: "John", last_name: "Doe" };

  await runStep("health", async () => `${(await at("GET", "/health", 200)).text.trim()}`);
  const user = await runStep("create", async () => {
    const made = (await at<User>("POST", "/api/v1/users", 201, person)).body;
    assertFields(made, person);
    return [made, `user ${made.id}`];
  });
  const path = `/api/v1/users/${user.id}`;
  try {
    await runStep("read", async () => {
      assertFields((await at<User>("GET", path, 200)).body, { ...person, id: user.id });
      return user.email;
    });
    await runStep("read again", () => readUntilCached(base, () => at("GET", path, 200)));
    await runStep("conflict", async () => {
      await at("POST", "/api/v1/users", 409, person);
      return "409 for the same e-mail";
    });
    await runStep("update", async () => {
      const expected = { ...person, id: user.id, first_name: "Jane" };
      assertFields((await at<User>("PUT", path, 200, { first_name: "Jane" })).body, expected);
      assertFields((await at<User>("GET", path, 200)).body, expected);
      return "first_name is Jane, also when read";
    });
    await runStep("list", async () => {
      const { body } = await at<User[]>("GET", "/api/v1/users?page=1&limit=10", 200);
      if (!Array.isArray(body) || body.length < 1 || body.length > 10)
        throw new Error(`answered no list of 1 to 10 users`);
      return `${body.length} users on page 1`;
    });
    const event = await runStep("event", async () => {
      const sent = { user_id: user.id, type: "user_action", data: JSON.stringify({ action: "login 👋 שלום" }) };
      const made = (await at<Event>("POST", "/api/v1/events", 201, sent)).body;
      assertFields(made, sent);
      return [made, `event ${made.id}`];
    });
    await runStep("processed", () => waitUntilProcessed(() => at<Event>("GET", `/api/v1/events/${event.id}`, 200)));
    await runStep("events", async () => {
      const { body } = await at<Event[]>("GET", "/api/v1/events?page=1&limit=10", 200);
      if (!Array.isArray(body) || body.length < 1 || body.length > 10)
        throw new Error(`answered no list of 1 to 10 events`);
      return `${body.length} events on page 1`;
    });
    await runStep("bad id", async () => {
      await at("GET", "/api/v1/users/not-a-uuid", 400);
      return "400";
    });
  } finally {
    await runStep("delete", async () => `${(await at("DELETE", path, 204)).status}`);
  }
  await runStep("gone", async () => {
    await at("GET", path, 404);
    return "404";
  });
  console.log(`${base} works.`);
}

async function runStep<T = undefined>(name: string, work: () => Promise<string | [T, string]>): Promise<T> {
  const begun = performance.now();
  try {
    const done = await work();
    const [value, text] = Array.isArray(done) ? done : [undefined as T, done];
    console.log(`ok    ${name.padEnd(11)} ${text} (${Math.round(performance.now() - begun)} ms)`);
    return value;
  } catch (error) {
    console.log(`FAIL  ${name}`);
    throw new Error(`The smoke test failed at '${name}': ${(error as Error).message}`);
  }
}

interface HttpAnswer<T> {
  status: number;
  text: string;
  body: T;
}

/** Requests that must be answered with the status that is named. */
function createClient(base: string) {
  return async <T>(method: string, path: string, status: number, sent?: unknown): Promise<HttpAnswer<T>> => {
    const url = `${base.replace(/\/$/, "")}${path}`;
    const init =
      sent === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(sent) };
    const response = await fetch(url, { method, ...init, signal: AbortSignal.timeout(RESPONSE_TIMEOUT_MS) }).catch(
      (error: Error) => {
        throw new Error(`${url} cannot be reached: ${(error.cause as Error | undefined)?.message ?? error.message}`);
      },
    );
    const text = await response.text();
    if (response.status !== status)
      throw new Error(`${method} ${url} answered ${response.status}, not ${status}: ${text.slice(0, 300)}`);
    return { status, text, body: (/^[[{]/.test(text) ? JSON.parse(text) : undefined) as T };
  };
}

function assertFields(found: object, expected: object): void {
  for (const [name, value] of Object.entries(expected))
    if ((found as Record<string, unknown>)[name] !== value)
      throw new Error(
        `${name} is ${JSON.stringify((found as Record<string, unknown>)[name])}, not ${JSON.stringify(value)}`,
      );
}

/**
 * Reads until a metric says that the cache served it. A base without such a metric cannot say so.
 */
async function readUntilCached(base: string, read: () => Promise<unknown>): Promise<string> {
  for (let attempt = 1; attempt <= MAX_READS; attempt++) {
    const before = await cacheHits(base);
    await read();
    const after = await cacheHits(base);
    if (before === undefined || after === undefined) return "the same; no metric here says whether from the cache";
    if (after > before) return `from the cache: cache_requests_total{result="hit"} ${before} → ${after}`;
  }
  throw new Error(`${MAX_READS} reads, and cache_requests_total{result="hit"} did not rise`);
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
    if (Date.now() > deadline) throw new Error(`the event was not processed within ${PROCESSING_TIMEOUT_MS / 1000} s`);
  }
}
