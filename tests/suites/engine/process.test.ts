import assert from "node:assert/strict";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { ping, status } from "@plinth/local/supervisor/client.ts";
import { findFreePort } from "@plinth/toolchain/free-port.ts";
import { engineEnvironment } from "../../../cli/stack/engine-environment.ts";
import { eventually } from "../../support/eventually.ts";
import { Command, type Result } from "../../support/stack/command.ts";
import { processesOf } from "../../support/stack/processes.ts";
import {
  clearFolders,
  isAlive,
  killSupervisor,
  statusOf,
  supervisorFolder,
} from "../../support/supervisor/supervisor.ts";

/** A program of one supervisor and one web server. The environment configures the server. */
const PROGRAM = `
import { Process } from "@plinth/providers/process.ts";
import { Supervisor } from "@plinth/providers/supervisor.ts";
const { TEST_DIRECTORY: directory, TEST_PORT: port, TEST_READY: path, TEST_TOKEN: token } = process.env;
const supervisor = new Supervisor("supervisor", { directory });
const server = new Process("web", {
  runtime: { directory, supervisor },
  spec: {
    command: "python3",
    args: ["-m", "http.server", port, "--bind", "127.0.0.1"],
    environment: {},
    secrets: { TOKEN: token },
    cwd: directory + "/web",
    files: {},
    init: [],
    ports: { http: Number(port) },
    ready: { kind: "http", port: Number(port), path },
    readyTimeoutSeconds: 60,
    restart: "always",
    stop: { signal: "SIGTERM", graceSeconds: 5 },
    dropRoot: false,
    revision: "",
  },
});
export const port_ = server.port("http");
`;

describe("Process, by the real engine", function () {
  // Ten runs of the engine, 2 to 6 s each.
  this.timeout(240_000);
  afterEach(clearFolders);

  async function project() {
    const [home, port] = [supervisorFolder(), await findFreePort()];
    const directory = join(home, "data");
    writeFileSync(
      join(home, "Pulumi.yaml"),
      "name: processes\nruntime:\n  name: nodejs\n  options:\n    typescript: false\nmain: index.ts\n",
    );
    writeFileSync(join(home, "package.json"), JSON.stringify({ type: "module" }));
    writeFileSync(join(home, "index.ts"), PROGRAM);
    symlinkSync(join(root, "node_modules"), join(home, "node_modules"));
    mkdirSync(join(home, "state"));
    const env: NodeJS.ProcessEnv = {
      ...process.env,
      ...(await engineEnvironment("local")),
      PULUMI_BACKEND_URL: `file://${home}/state`,
      PULUMI_CONFIG_PASSPHRASE: "test",
      TEST_DIRECTORY: directory,
      TEST_PORT: String(port),
      TEST_READY: "/",
      TEST_TOKEN: "t0ken-of-the-test",
    };
    const start = (...args: string[]) =>
      new Command("pulumi", [...args, "--stack", "test"], { cwd: home, env, seconds: 100 });
    const pulumi = async (...args: string[]): Promise<Result> => {
      const result = await start(...args).result;
      assert.equal(result.code, 0, result.output);
      return result;
    };
    await pulumi("stack", "init");
    const stateFile = () => readFileSync(join(home, "state", ".pulumi", "stacks", "processes", "test.json"), "utf8");
    return { home, directory, port, env, start, pulumi, stateFile };
  }

  it("starts, stays, is reported when it died, starts again, and goes (PLT-9)", async () => {
    const { directory, port, pulumi, env, stateFile } = await project();
    await pulumi("up", "--yes", "--skip-preview");
    assert.equal((await fetch(`http://127.0.0.1:${port}/`)).status, 200);
    assert.doesNotMatch(stateFile(), /t0ken/);

    assert.match((await pulumi("up", "--yes", "--skip-preview")).output, /3 unchanged/);
    const { pid } = await statusOf(directory, "web");

    await killSupervisor(directory);
    const { output } = await pulumi("preview", "--diff");
    assert.match(
      output,
      /\+ incident +: "the supervisor was killed while it kept web; it will be started again and take them up"/,
    );
    assert.match(output, /\+ incident +: "its supervisor does not run; both will be started again"/);
    assert.match((await pulumi("refresh", "--yes", "--skip-preview", "--diff")).output, /2 updated/);
    assert.doesNotMatch(output, /t0ken/);

    await pulumi("up", "--yes", "--skip-preview");
    assert.equal((await statusOf(directory, "web")).pid, pid, "what ran was taken up");
    assert.match((await pulumi("preview")).output, /3 unchanged/);

    env.TEST_TOKEN = "an0ther-token";
    const changed = await pulumi("up", "--yes", "--skip-preview", "--diff");
    assert.match(changed.output, /~ 1 updated/);
    assert.doesNotMatch(changed.output + stateFile(), /t0ken|an0ther/);
    assert.notEqual((await statusOf(directory, "web")).pid, pid);

    const supervisor = (await ping(directory))!.pid;
    await pulumi("destroy", "--yes", "--skip-preview");
    assert.deepEqual(await status(directory), []);
    assert.equal(isAlive(supervisor), false);
  });

  it("leaves no provider host of a killed engine, and the next run continues (PLT-10)", async () => {
    const { home, directory, start, pulumi, env } = await project();
    // Never ready, so that the engine is killed while it waits.
    env.TEST_READY = "/never";
    const up = start("up", "--yes", "--skip-preview");
    const { pid } = await eventually(
      "the server is started",
      async () => (await status(directory)).find((each) => each.pid !== undefined),
      40,
    );
    const host = () => processesOf(home).filter(({ command }) => command.includes("cmd/dynamic-provider"));
    assert.equal(host().length, 1);
    const engine = processesOf(home).find(({ name, command }) => name === "pulumi" && command.startsWith("pulumi up"));
    process.kill(engine!.pid, "SIGKILL");
    await up.result;
    await eventually("the provider host has ended", () => host().length === 0);
    assert.equal(isAlive(pid!), true, "what the engine had begun goes on");

    env.TEST_READY = "/";
    await pulumi("cancel", "--yes");
    await pulumi("up", "--yes", "--skip-preview");
    assert.equal((await statusOf(directory, "web")).state, "ready");
    await pulumi("destroy", "--yes", "--skip-preview");
    assert.deepEqual(await status(directory), []);
  });
});
