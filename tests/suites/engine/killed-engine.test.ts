import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { engineEnvironment } from "../../../cli/stack/engine-environment.ts";
import { eventually } from "../../support/eventually.ts";
import { Command } from "../../support/stack/command.ts";
import { formatProcesses, processesOf } from "../../support/stack/processes.ts";

/** Names its own process, and waits for ever. */
const SILENT = `
import "@plinth/providers/engine-watch.ts";
import { writeFileSync } from "node:fs";
writeFileSync("program.pid", String(process.pid));
setInterval(() => undefined, 1000);
await new Promise(() => undefined);
`;
/** Prints without end, as a program does that cannot report an error. */
const PRINTING = SILENT.replace("() => undefined, 1000", '() => console.log("at work"), 50');

describe("An engine that is killed by SIGKILL, without make (PLT-10)", function () {
  this.timeout(60_000);
  let home: string;
  let env: NodeJS.ProcessEnv;
  const pulumi = (...args: string[]) =>
    new Command("pulumi", [...args, "--stack", "test"], { cwd: home, env, seconds: 30 });
  const left = () => processesOf(home).filter(({ environment }) => environment.includes("PLINTH_TEST_HOME="));

  before(async () => {
    home = mkdtempSync(join(tmpdir(), "plinth-killed-"));
    // As of the repository, whose plugins it names.
    const project = readFileSync(join(root, "Pulumi.yaml"), "utf8").replace(
      "path: toolchain/",
      `path: ${root}/toolchain/`,
    );
    writeFileSync(join(home, "Pulumi.yaml"), project);
    writeFileSync(join(home, "package.json"), JSON.stringify({ type: "module" }));
    symlinkSync(join(root, "node_modules"), join(home, "node_modules"));
    mkdirSync(join(home, "state"));
    env = {
      ...process.env,
      ...(await engineEnvironment("local")),
      PULUMI_BACKEND_URL: `file://${home}/state`,
      PULUMI_CONFIG_PASSPHRASE: "test",
      PLINTH_TEST_HOME: home,
    };
    assert.equal((await pulumi("stack", "init").result).code, 0);
  });
  after(() => rmSync(home, { recursive: true, force: true }));

  for (const [kind, program] of Object.entries({ "a printing": PRINTING, "a silent": SILENT }))
    it(`leaves neither language host nor program after seconds, of ${kind} program`, async () => {
      rmSync(join(home, "program.pid"), { force: true });
      writeFileSync(join(home, "index.ts"), program);
      const up = pulumi("up", "--yes", "--skip-preview");
      await eventually("the program runs", () => existsSync(join(home, "program.pid")), 20);
      const engine = left().find(({ name }) => name === "pulumi")!;
      process.kill(engine.pid, "SIGKILL");
      await up.result;
      await eventually("nothing is left", () => left().length === 0, 5).catch(() => undefined);
      assert.equal(formatProcesses(left()), "");
      // The lock of the killed engine would refuse the next one.
      await pulumi("cancel", "--yes").result;
    });

  it("leaves no provider host, even an idle one", async () => {
    const launcher = join(root, "toolchain", "pulumi", "pulumi-resource-pulumi-nodejs");
    const engine = spawn("sh", ["-c", `'${launcher}' 127.0.0.1:1 & wait`], {
      cwd: home,
      env,
      stdio: ["ignore", "pipe", "ignore"],
    });
    await once(engine.stdout!, "data");
    assert.equal(left().filter(({ command }) => command.includes("dynamic-provider")).length, 1);
    engine.kill("SIGKILL");
    await eventually("nothing is left", () => left().length === 0, 5).catch(() => undefined);
    assert.equal(formatProcesses(left()), "");
  });
});
