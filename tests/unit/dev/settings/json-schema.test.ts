import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { load } from "js-yaml";
import Schema, { type XSchema } from "typebox/schema";
import { commonSettings } from "../../../../components/config/settings.ts";
import { editorSchemas } from "../../../../dev/settings/json-schema.ts";

const schemas = editorSchemas();
const read = (path: string) => readFileSync(join(root, path), "utf8");
const accepts = (path: string, value: unknown) => Schema.Check(schemas[path] as XSchema, value);

describe("the JSON Schemas for editors", () => {
  it("are what the rules say now; otherwise run 'make generate'", () => {
    for (const [path, schema] of Object.entries(schemas))
      assert.deepEqual(JSON.parse(read(path)), JSON.parse(JSON.stringify(schema)), path);
  });

  describe("of a stack's file", () => {
    const path = "components/config/stack.schema.json";
    const config = (values: object) => ({ config: values });

    for (const stack of ["local", "dev", "prod"])
      it(`accepts Pulumi.${stack}.yaml, whose first line names it`, () => {
        const text = read(`Pulumi.${stack}.yaml`);
        assert.equal(text.split("\n")[0], `# yaml-language-server: $schema=${path}`);
        assert.ok(accepts(path, load(text)));
      });

    for (const values of [
      { "plinth:portOffset": 1000 },
      { "plinth:portOffset": "1000" },
      { "plinth:keda": "true" },
      { "plinth:databasePassword": { secure: "v1:abc" } },
      { "plinth:environment": { "*": { TOKEN: { secure: "v1:abc" }, LIMIT: 5 } } },
      { "plinth:tenants": [10001, "20000-29999", { ids: 5, cache: "isolated" }] },
      { "kubernetes:context": "kind" },
    ])
      it(`accepts ${JSON.stringify(values)}`, () => assert.ok(accepts(path, config(values))));

    for (const values of [
      { "plinth:portOfset": 1000 },
      { "plinth:portOffset": 50_000 },
      { "plinth:citus": { workers: 0 } },
      { "plinth:citus": { worker: 1 } },
      { "plinth:gateway": { domain: "example.com" } },
      { "plinth:databasePassword": { secret: "abc" } },
    ])
      it(`refuses ${JSON.stringify(values)}`, () => assert.ok(!accepts(path, config(values))));
  });

  describe("of plinth.json", () => {
    const path = "components/service/plinth.schema.json";
    for (const service of ["wallet", "highload"])
      it(`accepts ${service}'s`, () => assert.ok(accepts(path, JSON.parse(read(`services/${service}/plinth.json`)))));

    it("refuses a misspelt field", () => {
      const { port, ...rest } = JSON.parse(read("services/wallet/plinth.json"));
      assert.ok(!accepts(path, { ...rest, prot: port }));
    });
  });
});

describe("Pulumi.yaml, as the template of 'pulumi new'", () => {
  it("asks for keys that there are, with their defaults", () => {
    const { template } = load(read("Pulumi.yaml")) as {
      template: { config: Record<string, { description: string; default: string }> };
    };
    for (const [key, asked] of Object.entries(template.config)) {
      const rule = commonSettings.properties[key as "runtime" | "tenants"];
      assert.equal(asked.default, rule.default, key);
      assert.ok(asked.description.length > 0, key);
    }
  });
});
