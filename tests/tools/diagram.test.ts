import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "@plinth/runtime/locations.ts";
import { mermaid } from "../../tools/diagram/mermaid.ts";
import { type Box, type Model, modelOf } from "../../tools/diagram/model.ts";
import { withParts } from "../../tools/diagram/pages.ts";
import { generatedPages } from "../../tools/diagram.ts";
import { type Recorded, record, redacted } from "../../tools/record.ts";

describe("the pages that show what a stack is made of", () => {
  it("show what the program would make now; otherwise run 'make diagram'", async () => {
    const pages = await generatedPages();
    assert.deepEqual(Object.keys(pages), ["README.md", "docs/stacks.md"]);
    for (const [page, text] of Object.entries(pages)) assert.equal(readFileSync(join(root, page), "utf8"), text, page);
  });

  it("say when their marks are gone", () => {
    assert.throws(() => withParts("README.md", "# Plinth", { components: "" }), {
      message: "README.md has lost the marks around its components; restore them",
    });
  });
});

describe("the diagram of a stack", () => {
  let recorded: Recorded[];
  let model: Model;
  before(async () => {
    recorded = redacted(await record("prod"));
    model = modelOf(recorded);
  });
  const box = (name: string): Box => model.boxes.find((each) => each.name === name)!;

  it("has each component once, with what runs in it and how often", () => {
    const first = recorded.filter(({ type, parent }) => type.startsWith("plinth:platform:") && parent === undefined);
    assert.deepEqual(model.boxes.map(({ name }) => name).sort(), first.map(({ name }) => name).sort());
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

  it("counts every resource that a component is made of, those of components within it too", () => {
    const counted = model.boxes.flatMap(({ parts }) => [...parts.values()]).reduce((sum, count) => sum + count, 0);
    const owned = recorded.filter(({ type, parent }) => !type.startsWith("plinth:platform:") && parent !== undefined);
    assert.equal(counted, owned.length);
    assert.equal(box("redis").parts.get("StatefulSet"), 1);
  });

  it("has an arrow for each dependency that a service declares, and for each route", () => {
    const to = (kind: string) => model.arrows.filter((arrow) => arrow.kind === kind).map(({ from, to: end }) => `${from} ${end}`);
    const uses = (service: string) => ["citus-coordinator", "redis", "redpanda"].map((used) => `${service} ${used}`);
    assert.deepEqual(to("uses"), ["gateway highload", "gateway wallet", ...uses("highload"), ...uses("wallet")]);
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

  it("is the same whatever the order in which resources were registered", () => {
    assert.equal(mermaid(modelOf([...recorded].reverse())), mermaid(model));
  });

  it("tells a component from a workload of the same name", async () => {
    const drawn = mermaid(modelOf(redacted(await record("dev"))));
    assert.match(drawn, /subgraph redpanda-component\["RedpandaCluster redpanda"\]\n\s+redpanda\[\("redpanda × 1"\)\]/);
    assert.match(drawn, /^ {2}schemas-component -\.-> redpanda-component$/m);
    assert.match(drawn, /^ {2}redpanda-console --> redpanda$/m);
  });
});
