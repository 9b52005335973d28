import { createLogger } from "@plinth/kit/core/logger.ts";
import { createDatabase } from "@plinth/kit/database/database.ts";
import { createMetrics } from "@plinth/kit/telemetry/metrics.ts";
import { Ajv } from "ajv";
import buildSerializer from "fast-json-stringify";
import pg from "pg";
import { pino } from "pino";
import postgresJs from "postgres";
import * as Type from "typebox";
import { postgres, stopServers } from "../../../tests/support/servers/servers.ts";
import { measureInTurns } from "../in-turns.ts";
import type { BenchmarkRow } from "../row.ts";
import { medianAndRange } from "../statistics.ts";

const RUNS = 7;
const TRANSACTIONS = 4000;
const CONCURRENCY = 16;
const CALLS = 200_000;

type Operation = () => unknown;

/** The parts of a service's request, each compared with an alternative. */
export async function benchmarkHotPath(): Promise<BenchmarkRow[]> {
  return [...(await measureDrivers()), ...(await measureCalls())];
}

/**
 * A small transaction of a tenant: begin, set local, insert, commit. CPU of this process only,
 * since PostgreSQL does the same work for all.
 */
async function measureDrivers(): Promise<BenchmarkRow[]> {
  const { url } = await postgres();
  const logger = createLogger({ service: "bench", version: "", level: "silent" }, { write: () => undefined });
  const kit = createDatabase({ url, logger, name: "bench", metrics: createMetrics("bench", ""), maxConnections: 12 });
  const pool = new pg.Pool({ connectionString: url, max: 12 });
  const sql = postgresJs(url, { max: 12, onnotice: () => undefined });
  const text = "insert into public.hot_path (tenant_id, note) values ($1, $2)";
  const drivers: Record<string, Operation> = {
    "kit: pg, pipelined, one write": () =>
      kit.withTenant(1, (transaction) => transaction.query({ name: "hot", text, values: [1, "note"] })),
    "pg, a round trip for each": async () => {
      const client = await pool.connect();
      try {
        await client.query("begin");
        await client.query("set local app.tenant_id = '1'");
        await client.query({ name: "hot", text, values: [1, "note"] });
        await client.query("commit");
      } finally {
        client.release();
      }
    },
    "postgres.js, pipelined": () =>
      sql.begin((transaction) => [
        transaction.unsafe("set local app.tenant_id = '1'"),
        transaction`insert into public.hot_path (tenant_id, note) values (${1}, ${"note"})`,
      ]),
  };
  try {
    await pool.query("create table public.hot_path (tenant_id bigint not null, note text not null)");
    const results = await measureInTurns(drivers, RUNS, async (work) => {
      const [begun, cpu] = [performance.now(), process.cpuUsage()];
      let remaining = TRANSACTIONS;
      await Promise.all(
        Array.from({ length: CONCURRENCY }, async () => {
          while (remaining-- > 0) await work();
        }),
      );
      const { user, system } = process.cpuUsage(cpu);
      return { cpu: (user + system) / TRANSACTIONS, perSecond: TRANSACTIONS / ((performance.now() - begun) / 1000) };
    });
    return Object.entries(results).map(([name, runs]) => ({
      what: `transaction of a tenant, ${CONCURRENCY} at a time: ${name}`,
      goal: "printed",
      measured: `${medianAndRange(
        runs.map(({ cpu }) => cpu),
        (value) => `${value.toFixed(0)} µs CPU`,
      )}, ${medianAndRange(
        runs.map(({ perSecond }) => perSecond),
        (value) => `${Math.round(value).toLocaleString("en")}/s`,
      )}`,
    }));
  } finally {
    await Promise.all([kit.close(), pool.end(), sql.end()]);
    await stopServers();
  }
}

const user = {
  id: "6f1c2d3e-4b5a-4987-8a6b-0c1d2e3f4a5b",
  email: "john@example.com",
  first_name: "John",
  last_name: "Doe",
  created_at: "2026-01-02T03:04:05.678Z",
  updated_at: "2026-01-02T03:04:05.678Z",
};

async function measureCalls(): Promise<BenchmarkRow[]> {
  const text = Type.String();
  const schema = Type.Object({
    id: text,
    email: text,
    first_name: text,
    last_name: text,
    created_at: text,
    updated_at: text,
  });
  const serialize = buildSerializer(schema as never);
  const strict = Type.Object(
    { email: Type.String({ minLength: 3 }), first_name: text, last_name: text },
    { additionalProperties: false },
  );
  const body = { email: user.email, first_name: user.first_name, last_name: user.last_name };
  const ajv = new Ajv({ strict: true, keywords: ["kind", "modifier"] });
  const compiled = ajv.compile(strict);
  const nowhere = { write: () => undefined };
  const line = {
    correlation_id: user.id,
    trace_id: "0af7651916cd43dd8448eb211c80319c",
    method: "GET",
    route: "/users/:id",
    status: 200,
  };
  const logger = createLogger({ service: "bench", version: "1", level: "info" }, nowhere);
  const names = ["authorization", "cookie", "password", "token", "secret"];
  const wildcards = pino({ redact: names.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]) }, nowhere);
  const plain = pino({}, nowhere);
  const calls: Record<string, Operation> = {
    "JSON of a user: compiled from its schema": () => serialize(user),
    "JSON of a user: JSON.stringify": () => JSON.stringify(user),
    "validation of a body: compiled ahead": () => compiled(body),
    "log line: kit, secrets left out by a scan": () => logger.info(line, "request"),
    "log line: pino, nothing left out": () => plain.info(line, "request"),
    "log line: pino, redact with wildcards": () => wildcards.info(line, "request"),
  };
  const results = await measureInTurns(calls, RUNS, async (work) => {
    const begun = performance.now();
    for (let call = 0; call < CALLS; call++) work();
    return ((performance.now() - begun) / CALLS) * 1000;
  });
  return Object.entries(results).map(([what, runs]) => ({
    what,
    goal: "printed",
    measured: medianAndRange(runs, (value) => `${value.toFixed(value < 10 ? 2 : 0)} µs`),
  }));
}
