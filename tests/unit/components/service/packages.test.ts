import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { listSourceFiles } from "../../../../components/base/source-revision.ts";
import { discoverServices } from "../../../../components/service/descriptor.ts";
import type { ServiceDescriptor } from "../../../../components/service/descriptor-rule.ts";
import { listSubmodules } from "../../../../components/service/packages.ts";
import { serviceProcess } from "../../../../components/service/process.ts";
import { serviceRevision } from "../../../../components/service/revision.ts";
import { commit, temporaryFolder, writeFiles } from "../../../support/sample-repositories.ts";

const orders: ServiceDescriptor = {
  name: "orders",
  description: "Orders",
  port: 8500,
  command: [".plinth/service", "--quiet"],
  build: [["go", "build", "-o", ".plinth/service", "."]],
  probes: { live: "/health", ready: "/ready" },
  metrics: "/metrics",
  openapi: "/openapi.json",
  needs: [],
  topics: { produces: [], consumes: [] },
  tenant: "none",
};
const json = (change: Partial<ServiceDescriptor> = {}) => JSON.stringify({ ...orders, ...change });
const submodules =
  '[submodule "packages/orders"]\n\tpath = packages/orders\n\turl = https://example.com/orders.git\n[submodule "tools/other"]\n\tpath = tools/other\n\turl = x\n';

describe("services of other repositories (INF-14, INF-15)", () => {
  let root: string;
  beforeEach(() => {
    root = temporaryFolder();
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const refusal = (files: Record<string, string>) => {
    writeFiles(root, files);
    try {
      discoverServices(root);
    } catch (error) {
      return (error as Error).message;
    }
    throw new Error("it was accepted");
  };

  it("are found by .gitmodules and their descriptors, beside those of services/", () => {
    writeFiles(root, {
      ".gitmodules": submodules,
      "packages/orders/.git": "gitdir: ../../.git/modules/packages/orders\n",
      "packages/orders/plinth.json": json({ migrations: "sql" }),
      "services/users/plinth.json": json({ name: "users", port: 8501, migrations: "services/users/sql" }),
      "services/go/plinth.json": json({ name: "golang", port: 8502, migrations: "sql" }),
      "services/go/Dockerfile": "",
    });
    assert.deepEqual(
      discoverServices(root).map(({ name, folder, standalone, migrations }) => [name, folder, standalone, migrations]),
      [
        ["golang", "services/go", true, "services/go/sql"],
        ["orders", "packages/orders", true, "packages/orders/sql"],
        ["users", "services/users", false, "services/users/sql"],
      ],
    );
    assert.deepEqual(listSubmodules(root), [
      { path: "packages/orders", url: "https://example.com/orders.git", initialised: true },
    ]);
  });

  const refusals: [what: string, files: Record<string, string>, sentence: RegExp][] = [
    [
      "code that was dropped in, with the reason and the way out",
      { "packages/orders/plinth.json": json() },
      /^packages\/orders is no git submodule: .* so that each has a history and a release of its own\. Move it out \(mv packages\/orders \.\.\/orders\), .*make add-service URL=<that repository>\. .* services\/orders$/,
    ],
    [
      "a submodule whose files are not here",
      { ".gitmodules": submodules },
      /^packages\/orders is a git submodule whose files are not here yet\. Type: make submodules$/,
    ],
    [
      "a submodule that describes no service",
      { ".gitmodules": submodules, "packages/orders/.git": "gitdir: x\n" },
      /^packages\/orders has no plinth\.json, .*Type: make add-service PATH=packages\/orders$/,
    ],
    [
      "two of one name",
      { "services/a/plinth.json": json(), "services/b/plinth.json": json({ port: 8501 }) },
      /^services\/b\/plinth\.json: 'name' is orders, which services\/a has already/,
    ],
    [
      "two on one port",
      { "services/a/plinth.json": json(), "services/b/plinth.json": json({ name: "b" }) },
      /^services\/b\/plinth\.json: 'port' is 8500, which services\/a has already/,
    ],
    [
      "a topic outside of the catalogue",
      { "services/a/plinth.json": json({ topics: { produces: ["V9_X" as "V1_BETS"], consumes: [] } }) },
      /^services\/a\/plinth\.json: 'topics\.produces' is \["V9_X"\], but must be a list of topics of the catalogue \(V1_BETS/,
    ],
    [
      "a build that is no list of commands",
      { "services/a/plinth.json": JSON.stringify({ ...orders, build: ["make"] }) },
      /'build' is \["make"\], but must be a list of lists: programs and their arguments/,
    ],
    [
      "resources that are none",
      {
        "services/a/plinth.json": JSON.stringify({ ...orders, resources: { production: { requests: { cpu: "1" } } } }),
      },
      /'resources\.production\.limits' is missing, but must be an object with the fields memory, cpu$/,
    ],
  ];
  for (const [what, files, sentence] of refusals) it(`refused: ${what}`, () => assert.match(refusal(files), sentence));

  it("run in their own folder, built before and once for each state of their sources", () => {
    const folder = writeFiles(join(root, "orders"), { "plinth.json": json(), "main.go": "package main\n" });
    const spec = serviceProcess({ ...orders, folder: "services/wallet", standalone: true }, 9000);
    assert.match(spec.cwd, /services\/wallet$/);
    assert.deepEqual([spec.command, spec.args], [".plinth/service", ["--quiet"]]);
    assert.equal(spec.init.length, 1);
    assert.match(spec.init[0]!.creates, new RegExp(`services/wallet/\\.plinth/built-${spec.revision}$`));
    assert.deepEqual(JSON.parse(spec.init[0]!.args.at(-1)!), orders.build);
    assert.ok(listSourceFiles(folder).includes("main.go"));
  });

  it("have another revision when a source changed, and none when something was built from it", () => {
    commit(writeFiles(root, { "main.go": "package main\n", ".gitignore": "dist/\n" }));
    const revision = () => serviceRevision({ folder: root, standalone: true });
    const first = revision();
    writeFiles(root, { "dist/out.js": "built", ".plinth/.gitignore": "*\n", ".plinth/built-x": "" });
    assert.equal(revision(), first);
    writeFiles(root, { "util.go": "package main\n" });
    assert.notEqual(revision(), first);
  });
});
