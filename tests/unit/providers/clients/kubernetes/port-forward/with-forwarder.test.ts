import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { root } from "@plinth/local/locations.ts";

/**
 * Tells which modules it loads for a call of each provider, as the provider host of a stack without
 * a cluster does.
 */
const PROGRAM = `
import { registerHooks } from "node:module";
const loaded = [];
registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
const { tenantsHandler } = await import("@plinth/providers/handlers/tenants.ts");
const { kafkaTopics } = await import("@plinth/providers/handlers/kafka-topics.ts");
const { avroSchemas } = await import("@plinth/providers/handlers/avro-schemas.ts");
const at = { providerVersion: 1, onDelete: "retain", CLUSTER };
const failed = await Promise.allSettled([
  tenantsHandler({ deadlineMs: 1 }).create({ ...at, databaseUrl: "postgresql://app:app@HOST:1/app", batch: "0", tenants: "1" }),
  kafkaTopics({ deadlineMs: 1 }).create({ ...at, brokers: ["HOST:1"], topics: {} }),
  avroSchemas({ deadlineMs: 1 }).create({ ...at, registryUrl: "http://HOST:1", compatibility: "NONE", subjects: {} }),
]);
console.log(JSON.stringify({ loaded, failed: failed.filter(({ status }) => status === "rejected").length }));
`;

function modulesFor(host: string, cluster: string): string[] {
  const program = PROGRAM.replaceAll("HOST", host).replace("CLUSTER", cluster);
  const answer = execFileSync(process.execPath, ["--input-type=module", "-e", program], {
    cwd: root,
    encoding: "utf8",
  });
  const { loaded, failed } = JSON.parse(answer) as { loaded: string[]; failed: number };
  assert.equal(failed, 3, "each was called");
  return loaded
    .filter((url) => /client-node|\/ws\/|tunnel-|api-server|kubeconfig/.test(url))
    .map((url) => url.replace(/.*\//, ""));
}

describe("PLT-9 providers without a cluster", () => {
  it("load nothing of one, and pay nothing for it", () => {
    assert.deepEqual(modulesFor("127.0.0.1", "cluster: undefined"), ["tunnel-name.ts"]);
  });

  it("nor where a stack with one has its servers elsewhere", () => {
    assert.deepEqual(modulesFor("127.0.0.1", 'cluster: { context: "a", namespace: "b" }'), ["tunnel-name.ts"]);
  });

  it("which the test would see", () => {
    assert.ok(
      modulesFor("redis.dev-infra.svc", 'cluster: { context: "a", namespace: "b" }').includes("tunnel-open.ts"),
    );
  });
});
