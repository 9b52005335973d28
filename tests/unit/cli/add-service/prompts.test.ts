import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { parseOptions } from "../../../../cli/add-service/options.ts";
import { planService } from "../../../../cli/add-service/plan.ts";
import { askDetails, askSource, type Prompt } from "../../../../cli/add-service/prompts.ts";
import { openSourceFolder } from "../../../../cli/service-files/source-folder.ts";
import { samples, temporaryFolder, writeFiles } from "../../../support/sample-repositories.ts";

describe("the menu of make add-service (INF-14)", () => {
  /** Somebody who types these answers, and takes what is in brackets for the rest. */
  function person(answers: Record<string, string>): { ask: Prompt; asked: string[] } {
    const asked: string[] = [];
    const ask: Prompt = (question, fallback) => {
      asked.push(question);
      const found = Object.keys(answers).find((part) => question.includes(part));
      return Promise.resolve(found === undefined ? fallback : answers[found]!);
    };
    return { ask, asked };
  }
  const plan = (options = parseOptions([])) => {
    const folder = writeFiles(temporaryFolder(), samples[1]!.files);
    try {
      return planService({
        root: "/",
        source: openSourceFolder(folder),
        folder,
        folderKind: "elsewhere",
        options,
        services: [],
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  };

  it("asks where the service is only when no option says so", async () => {
    const { ask, asked } = person({});
    assert.equal((await askSource(parseOptions(["PATH=x"]), ask))!.path, "x");
    assert.deepEqual(asked, []);
  });

  const sources: [answers: Record<string, string>, expected: object | undefined][] = [
    [{ "Where is": "1", Folder: "../orders" }, { path: "../orders" }],
    [{ "Where is": "2", Address: "git@example.com:a/b.git" }, { url: "git@example.com:a/b.git" }],
    [
      { "Where is": "3", language: "go", Name: "orders" },
      { new: "go", name: "orders" },
    ],
    [{ "Where is": "4" }, undefined],
  ];
  for (const [answers, expected] of sources)
    it(`accepts ${JSON.stringify(answers)}`, async () => {
      const options = await askSource(parseOptions([]), person(answers).ask);
      assert.deepEqual(options, expected && { ...parseOptions([]), ...expected });
    });

  it("asks again after an empty or invalid answer", async () => {
    const answers = ["5", "three", "3", "rust", "2", "", "Orders", "redis", "orders"];
    const options = await askSource(parseOptions([]), () => Promise.resolve(answers.shift()!));
    assert.deepEqual(options, { ...parseOptions([]), new: "go", name: "orders" });
  });

  it("shows the detected values, and uses them for every Enter", async () => {
    const { ask, asked } = person({});
    const first = plan();
    const options = await askDetails(parseOptions([]), first, ask);
    assert.match(asked[0]!, /Detected: go \(go\.mod[\s\S]*1\) Dockerfile, \.dockerignore and plinth\.json/);
    assert.deepEqual(plan({ ...options!, name: first.descriptor.name }).descriptor, first.descriptor);
  });

  it("uses other answers, and asks nothing that an option says", async () => {
    const { ask, asked } = person({ "What do you want": "2", port: "8765", reads: "V1_SYSTEM", Tenant: "header" });
    const options = await askDetails(parseOptions(["NAME=shop", "NEEDS=cache"]), plan(), ask);
    assert.ok(!asked.some((question) => /^Name|^Needs/.test(question)));
    const { name, port, needs, topics, tenant } = plan(options).descriptor;
    assert.deepEqual(
      { name, port, needs, topics, tenant },
      {
        name: "shop",
        port: 8765,
        needs: ["cache"],
        topics: { produces: [], consumes: ["V1_SYSTEM"] },
        tenant: "header",
      },
    );
    assert.ok(plan(options).changes.some(({ label }) => label.endsWith("k8s/base/deployment.yaml")));
  });

  it("can be cancelled", async () =>
    assert.equal(await askDetails(parseOptions([]), plan(), person({ "What do you want": "3" }).ask), undefined));
});
