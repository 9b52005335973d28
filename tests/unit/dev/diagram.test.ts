import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { buildStackModel } from "../../../dev/diagram/build-model.ts";
import { generatePages } from "../../../dev/diagram/generate.ts";
import { renderMermaid } from "../../../dev/diagram/mermaid.ts";
import type { Component, StackModel } from "../../../dev/diagram/model.ts";
import { replaceSections } from "../../../dev/diagram/pages.ts";
import { type RecordedResource, recordStack, redactSecrets } from "../../support/program/record.ts";

describe("the generated pages of a stack", () => {
  it("match the program; otherwise run 'make diagram'", async () => {
    // With the services that a user has added, or before 'make diagram' has drawn them.
    const [pages, former] = [await generatePages(), await generatePages(recordStack)];
    assert.deepEqual(Object.keys(pages), ["docs/stacks.md", "docs/operator.md"]);
    for (const [page, text] of Object.entries(pages)) {
      const written = readFileSync(join(root, page), "utf8");
      assert.equal(written, written === former[page] ? former[page] : text, page);
    }
  });

  it("are refused without their marks", () => {
    assert.throws(() => replaceSections("docs/stacks.md", "# Stacks", { components: "" }), {
      message: "docs/stacks.md has lost the marks around its components; restore them",
    });
  });
});

describe("the diagram of a stack", () => {
  let recorded: RecordedResource[];
  let model: StackModel;
  before(async () => {
    recorded = redactSecrets(await recordStack("prod"));
    model = buildStackModel(recorded);
  });
  const box = (name: string): Component => model.components.find((each) => each.name === name)!;

  it("has each component once, with its workloads and replicas", () => {
    const first = recorded.filter(({ type, parent }) => type.startsWith("plinth:platform:") && parent === undefined);
    assert.deepEqual(model.components.map(({ name }) => name).sort(), first.map(({ name }) => name).sort());
    assert.deepEqual(
      box("citus").workloads.map(({ name, count }) => [name, count]),
      [
        ["citus-coordinator", "1"],
        ["citus-worker", "3"],
      ],
    );
    assert.deepEqual(
      box("wallet").workloads.map(({ count }) => count),
      ["3–12"],
    );
  });

  it("counts every resource of a component, nested ones included", () => {
    const counted = model.components
      .flatMap(({ resourceCounts }) => [...resourceCounts.values()])
      .reduce((sum, count) => sum + count, 0);
    const owned = recorded.filter(({ type, parent }) => !type.startsWith("plinth:platform:") && parent !== undefined);
    assert.equal(counted, owned.length);
    assert.equal(box("redis").resourceCounts.get("StatefulSet"), 1);
  });

  it("has an arrow for each dependency that a service declares, and for each route", () => {
    const to = (kind: string) =>
      model.edges.filter((arrow) => arrow.kind === kind).map(({ from, to: end }) => `${from} ${end}`);
    const uses = (service: string) =>
      ["alloy", "citus-coordinator", "loki", "redis", "redpanda"].map((used) => `${service} ${used}`);
    const stores = ["alertmanager", "loki", "prometheus", "tempo"].map((used) => `grafana ${used}`);
    assert.deepEqual(to("uses"), [
      ...["alloy loki", "alloy tempo", "gateway highload", "gateway wallet"],
      ...stores,
      ...uses("highload"),
      "prometheus alertmanager",
      ...uses("wallet"),
    ]);
    assert.deepEqual(to("group"), ["citus-coordinator citus-worker"]);
    assert.deepEqual(to("after"), [
      "highload schemas",
      "highload tenants",
      "schemas redpanda",
      "tenants citus",
      "wallet schemas",
      "wallet tenants",
    ]);
  });

  it("does not depend on the order of registration", () => {
    assert.equal(renderMermaid(buildStackModel([...recorded].reverse())), renderMermaid(model));
  });

  it("distinguishes a component from a workload of the same name", async () => {
    const drawn = renderMermaid(buildStackModel(redactSecrets(await recordStack("dev"))));
    assert.match(drawn, /subgraph redpanda-component\["RedpandaCluster redpanda"\]\n\s+redpanda\[\("redpanda × 1"\)\]/);
    assert.match(drawn, /^ {2}schemas-component -\.-> redpanda-component$/m);
    assert.match(drawn, /^ {2}redpanda-console --> redpanda$/m);
  });
});
