import { type ChildProcess, spawn } from "node:child_process";
import { once as happens } from "node:events";
import { listMigrations } from "@plinth/migrations/sql/migration-files.ts";
import type { CitusNodesInputs } from "@plinth/providers/citus-nodes.ts";
import { createCitusNodesHandler } from "@plinth/providers/handlers/citus-nodes.ts";
import { createMigrationsHandler } from "@plinth/providers/handlers/migrations.ts";
import { createTenantRowsHandler } from "@plinth/providers/handlers/tenants.ts";
import { query } from "./databases.ts";

/**
 * Superuser's URLs of the nodes of a real Citus: the coordinator, then at least three workers,
 * comma-separated, with one user, password and port. The tests create databases and roles there,
 * and remove them.
 */
export const nodeUrls = (process.env.PLINTH_TEST_CITUS_URL ?? "").split(",").filter(Boolean);

/** Runs the tests if a Citus is configured, and says loudly if none is. */
export function describeWithCitus(title: string, tests: (this: Mocha.Suite) => void): void {
  if (nodeUrls.length >= 4) return void describe(title, tests);
  describe.skip(`${title} — SKIPPED: PLINTH_TEST_CITUS_URL names no coordinator and three workers`, tests);
}

export const nodes = createCitusNodesHandler({ deadlineMs: 10_000, stallMs: 20_000 });
let count = 0;

/** A new database on every node, in which no node has joined. */
export class TestCluster {
  readonly database: string = `plinth_test_${process.pid}_${++count}`;
  readonly hosts: string[] = nodeUrls.map((url) => new URL(url).hostname);

  inputs(workers: number, changes: Partial<CitusNodesInputs> = {}): CitusNodesInputs {
    return {
      adminUrl: nodeUrls[0]!,
      coordinator: this.hosts[0]!,
      workers: this.hosts.slice(1, workers + 1),
      port: Number(new URL(nodeUrls[0]!).port),
      user: this.database,
      password: "app's \\ own",
      database: this.database,
      drift: "",
      providerVersion: 1,
      ...changes,
    };
  }

  /** Queries the test's database on a node, by default the coordinator. */
  sql<Row extends Record<string, unknown>>(text: string, node = 0): Promise<Row[]> {
    return query<Row>(this.url(node), text);
  }

  url(node = 0): string {
    const url = new URL(nodeUrls[node]!);
    url.pathname = `/${this.database}`;
    return url.href;
  }

  /** URL of the role of the services. */
  appUrl(node = 0, password: string = this.inputs(1).password): string {
    const url = new URL(this.url(node));
    url.username = this.database;
    url.password = encodeURIComponent(password);
    return url.href;
  }

  /** Forms the cluster, with the wallet's tables and rows for each tenant. Returns the outputs. */
  async filled(workers: number, tenants = "1-100") {
    const { outs } = await nodes.create(this.inputs(workers));
    // Fewer than usual, because each test moves some.
    await this.sql(`alter database ${this.database} set citus.shard_count = 12`);
    await createTenantRowsHandler({ deadlineMs: 10_000 }).create({
      databaseUrl: this.appUrl(),
      batch: "0",
      tenants,
      providerVersion: 1,
    });
    const directory = "services/wallet/migrations";
    const files = listMigrations(directory);
    await createMigrationsHandler({ deadlineMs: 10_000 }).create({
      databaseUrl: this.appUrl(),
      service: "wallet",
      directory,
      files,
      providerVersion: 1,
    });
    await this.sql(`alter database ${this.database} set search_path = wallet, public`);
    await this.sql(
      `insert into accounts (tenant_id, account_id, currency)
       select id, ('00000000-0000-0000-0000-' || lpad(number::text, 12, '0'))::uuid, 'EUR' from tenants, generate_series(1, 50) as number`,
    );
    return outs;
  }

  /** Counts shards by host of the worker. */
  async shards(): Promise<Record<string, number>> {
    const rows = await this.sql<{ host: string; count: number }>(
      "select nodename as host, count(*)::int as count from citus_shards where citus_table_type = 'distributed' group by 1",
    );
    return Object.fromEntries(rows.map(({ host, count: shards }) => [host, shards]));
  }

  async drop(): Promise<void> {
    for (const url of nodeUrls) {
      await query(url, `drop database if exists ${this.database} with (force)`);
      await query(url, `drop role if exists ${this.database}`);
    }
  }
}

/**
 * A process that adds 1 to an account of one tenant after the other, as the services' role under
 * row-level security, until it is stopped.
 */
export class Writer {
  private readonly child: ChildProcess;
  private lines = "";

  constructor(url: string, tenants: [first: number, last: number]) {
    this.child = spawn(
      process.execPath,
      [new URL("citus-writer.ts", import.meta.url).pathname, url, ...tenants.map(String)],
      {
        stdio: ["pipe", "pipe", "inherit"],
      },
    );
    this.child.stdout!.setEncoding("utf8").on("data", (text: string) => {
      this.lines += text;
    });
  }

  /** Resolves once it has written. */
  async started(): Promise<this> {
    while (!this.lines.includes("\n")) await happens(this.child.stdout!, "data");
    return this;
  }

  /** Stops it. Returns the confirmed writes, the failures, and the longest wait for a write. */
  async stop(): Promise<{ written: number; failed: string[]; longestMs: number }> {
    this.child.stdin!.end();
    await happens(this.child, "close");
    return JSON.parse(this.lines.trim().split("\n").at(-1)!);
  }
}

/**
 * Calls a handler in another process and kills that by SIGKILL as soon as `when` holds. Returns
 * false if the process ended before.
 */
export async function killDuring(
  module: string,
  method: string,
  args: unknown[],
  when: () => Promise<boolean>,
): Promise<boolean> {
  const script = `const { handler } = await import(${JSON.stringify(new URL(`../../../providers/handlers/${module}.ts`, import.meta.url).href)});
    await handler[${JSON.stringify(method)}](...${JSON.stringify(args)});`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: "inherit" });
  const ended = happens(child, "exit");
  while (child.exitCode === null && !(await when()));
  const killed = child.exitCode === null;
  child.kill("SIGKILL");
  await ended;
  return killed;
}
