import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { apply, ensureSupervisor, logPath } from "@plinth/local/supervisor/client.ts";
import type { ProcessSpec } from "@plinth/local/supervisor/spec.ts";
import { findFreePort } from "@plinth/toolchain/free-port.ts";
import { Client } from "pg";
import { postgresInitSteps, postgresProcess } from "../../../../components/citus/process.ts";
import {
  clearFolders,
  killSupervisor,
  supervisorFolder,
  waitForRestart,
} from "../../../support/supervisor/supervisor.ts";

describe("PostgreSQL as a process", function () {
  this.timeout(60_000);
  let directory: string;
  let port: number;

  before(async () => {
    directory = supervisorFolder();
    port = await findFreePort();
  });
  after(clearFolders);

  const withPassword = (password: string): ProcessSpec => ({
    ...postgresProcess({ port }, `${directory}/postgres`),
    init: postgresInitSteps({ port, user: "app", database: "app", password }, `${directory}/postgres`),
  });
  const connect = async (password: string) => {
    const client = new Client({ host: "127.0.0.1", port, user: "app", database: "app", password });
    client.on("error", () => undefined);
    try {
      await client.connect();
    } finally {
      await client.end();
    }
  };

  it("takes a password that the configuration changes later, and the first one again", async () => {
    await apply(directory, "postgres", withPassword("first"));
    await connect("first");
    await apply(directory, "postgres", withPassword("it's second"));
    await connect("it's second");
    await assert.rejects(connect("first"), /password authentication failed/);
    await apply(directory, "postgres", withPassword("first"));
    await connect("first");
  });

  it("starts after a crash of the machine, although another program has the number in its pid file", async () => {
    const { pid } = await apply(directory, "postgres", withPassword("first"));
    const file = `${directory}/postgres/data/postmaster.pid`;
    const other = spawn("sleep", ["60"], { stdio: "ignore" });
    try {
      await killSupervisor(directory);
      process.kill(pid!, "SIGKILL");
      writeFileSync(file, readFileSync(file, "utf8").replace(/^\d+/, String(other.pid)));
      await ensureSupervisor(directory);
      const { restarts } = await waitForRestart(directory, "postgres", pid!);
      assert.equal(restarts, 1);
      await connect("first");
      assert.doesNotMatch(readFileSync(logPath(directory, "postgres"), "utf8"), /another postmaster/i);
    } finally {
      other.kill();
    }
  });
});
