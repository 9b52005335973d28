import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { discoverServices } from "../../../../components/service/descriptor.ts";
import type { ServiceDescriptor } from "../../../../components/service/descriptor-rule.ts";
import { listSubmodules } from "../../../../components/service/packages.ts";
import { temporaryFolder, writeFiles } from "../../../support/sample-repositories.ts";

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

  it("are found by .gitmodules and their descriptors, together with those in services/", () => {
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
      "code that is not a submodule, with the reason and the way out",
      { "packages/orders/plinth.json": json() },
      /^packages\/orders is not a git submodule: .* so that each has its own history and releases\. Move it out \(mv packages\/orders \.\.\/orders\), .*make add-service URL=<that repository>\. .* services\/orders$/,
    ],
    [
      "a submodule without its files",
      { ".gitmodules": submodules },
      /^packages\/orders is a git submodule whose files are not here yet\. Type: make submodules$/,
    ],
    [
      "a submodule without a descriptor",
      { ".gitmodules": submodules, "packages/orders/.git": "gitdir: x\n" },
      /^packages\/orders has no plinth\.json, .*Type: make add-service PATH=packages\/orders$/,
    ],
    [
      "a name that another service has",
      { "services/a/plinth.json": json(), "services/b/plinth.json": json({ port: 8501 }) },
      /^services\/b\/plinth\.json: 'name' is orders, which services\/a has already/,
    ],
    [
      "a port that another service has",
      { "services/a/plinth.json": json(), "services/b/plinth.json": json({ name: "b" }) },
      /^services\/b\/plinth\.json: 'port' is 8500, which services\/a has already/,
    ],
    [
      "a topic that is not in the catalogue",
      { "services/a/plinth.json": json({ topics: { produces: ["V9_X" as "V1_BETS"], consumes: [] } }) },
      /^services\/a\/plinth\.json: 'topics\.produces' is \["V9_X"\], but must be a list of topics of the catalogue \(V1_BETS/,
    ],
    [
      "a build that is not a list of commands",
      { "services/a/plinth.json": JSON.stringify({ ...orders, build: ["make"] }) },
      /'build' is \["make"\], but must be a list of lists: programs and their arguments/,
    ],
    [
      "incomplete resources",
      {
        "services/a/plinth.json": JSON.stringify({ ...orders, resources: { production: { requests: { cpu: "1" } } } }),
      },
      /'resources\.production\.limits' is missing, but must be an object with the fields memory, cpu$/,
    ],
  ];
  for (const [what, files, sentence] of refusals)
    it(`are refused for ${what}`, () => assert.match(refusal(files), sentence));
});
