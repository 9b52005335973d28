import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { runGit } from "../../../cli/service-files/git.ts";
import { samples, writeFiles } from "../../support/sample-repositories.ts";
import type { Stack } from "../../support/stack/stack.ts";
import { closeWorkspace, openWorkspace } from "./workspace.ts";

describe("make add-service refuses in one sentence, without writing (INF-14)", function () {
  this.timeout(120_000);
  let stack: Stack;
  let elsewhere: string;
  before(async () => {
    ({ stack, outside: elsewhere } = await openWorkspace());
  });
  after(() => closeWorkspace({ stack, outside: elsewhere }));

  const inRepository = () => runGit(stack.root, "status", "--porcelain");
  const sample = (language: string, folder: string, more: Record<string, string> = {}) =>
    writeFiles(join(elsewhere, folder), { ...samples.find((one) => one.language === language)!.files, ...more });

  const refusals: [what: string, prepare: () => string[], sentence: RegExp][] = [
    ["a missing folder", () => ["PATH=/nowhere/at/all"], /^\/nowhere\/at\/all is not a folder$/m],
    [
      "a folder of no language",
      () => [`PATH=${writeFiles(join(elsewhere, "prose"), { "README.md": "hello" })}`],
      /is not a service that add-service knows: it looked for package\.json/,
    ],
    [
      "a folder of two languages",
      () => [`PATH=${sample("go", "both", samples[0]!.files)}`],
      /could be node \(package\.json: .*\) or go \(go\.mod: .*\): say which with LANG=…/,
    ],
    [
      "a port of a service",
      () => [`PATH=${sample("go", "port")}`, "PORT=8082"],
      /Port 8082 belongs to services\/wallet: take another one/,
    ],
    [
      "a port of a server of the platform",
      () => [`PATH=${sample("go", "port-two")}`, "PORT=5432"],
      /Port 5432 belongs to a server of the platform/,
    ],
    [
      "a name of another service",
      () => [`PATH=${sample("go", "name")}`, "NAME=wallet"],
      /services\/wallet is called 'wallet' already/,
    ],
    [
      "an invalid name",
      () => [`PATH=${sample("go", "odd")}`, "NAME=No_Name"],
      /'name' is "No_Name", but must be lower-case letters/,
    ],
    [
      "an unknown need",
      () => [`PATH=${sample("go", "needs")}`, "NEEDS=queue"],
      /'needs' is \["queue"\], but must be a list of/,
    ],
    [
      "a topic outside of the catalogue",
      () => [`PATH=${sample("go", "topic")}`, "PRODUCES=V9_X"],
      /PRODUCES: the catalogue has no topic V9_X; it has V1_BETS/,
    ],
    [
      "another service's topic",
      () => [`PATH=${sample("go", "foreign")}`, "PRODUCES=V1_BETS"],
      /it produces V1_BETS, which wallet owns/,
    ],
    ["neither PATH nor URL nor NEW", () => ["YES=1"], /Say where the service is: PATH=folder or URL=repository/],
    ["a folder of the repository that holds no services", () => ["PATH=cli"], /cli is not a place for a service/],
    ["a new service without a name", () => ["NEW=go"], /A new service needs a name/],
    ["an unreachable repository", () => ["URL=/nowhere/at/all.git"], /'git .*clone.*' failed/],
    [
      "code that was dropped into packages/",
      () => {
        mkdirSync(join(stack.root, "packages/dropped"), { recursive: true });
        return ["PATH=packages/dropped"];
      },
      /packages\/dropped is not a git submodule: .* make add-service URL=<that repository>/,
    ],
  ];
  for (const [what, prepare, sentence] of refusals)
    it(what, async () => {
      const args = prepare();
      const folder = args.find((one) => one.startsWith("PATH="))?.slice(5);
      const before = folder && existsSync(folder) ? readdirSync(folder) : undefined;
      assert.match(await stack.expectFailure("add-service", ...args), sentence);
      if (before) assert.deepEqual(readdirSync(folder!), before);
      rmSync(join(stack.root, "packages"), { recursive: true, force: true });
      assert.equal(inRepository(), "");
    });
});
