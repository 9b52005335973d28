import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { root } from "@plinth/local/locations.ts";

/** Calls three providers as the provider host does, and prints the URLs of all modules it loads. */
const PROGRAM = `
import { registerHooks } from "node:module";
const loaded = [];
registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
const { createTenantRowsHandler } = await import("@plinth/providers/handlers/tenants.ts");
const { createKafkaTopicsHandler } = await import("@plinth/providers/handlers/kafka-topics.ts");
const { createAvroSchemasHandler } = await import("@plinth/providers/handlers/avro-schemas.ts");
const inputs = { providerVersion: 1, onDelete: "retain", CLUSTER };
const calls = await Promise.allSettled([
  createTenantRowsHandler({ deadlineMs: 1 }).create({ ...inputs, databaseUrl: "postgresql://app:app@HOST:1/app", batch: "0", tenants: "1" }),
  createKafkaTopicsHandler({ deadlineMs: 1 }).create({ ...inputs, brokers: ["HOST:1"], topics: {} }),
  createAvroSchemasHandler({ deadlineMs: 1 }).create({ ...inputs, registryUrl: "http://HOST:1", compatibility: "NONE", subjects: {} }),
]);
console.log(JSON.stringify({ loaded, failed: calls.filter(({ status }) => status === "rejected").length }));
`;

/** What the three calls load of the folder of Kubernetes, and of the libraries that it uses. */
function loadClusterModules(host: string, cluster: string): string[] {
  const program = PROGRAM.replaceAll("HOST", host).replace("CLUSTER", cluster);
  const output = execFileSync(process.execPath, ["--input-type=module", "-e", program], {
    cwd: root,
    encoding: "utf8",
  });
  const { loaded, failed } = JSON.parse(output) as { loaded: string[]; failed: number };
  assert.equal(failed, 3, "no call reaches a server");
  return loaded
    .filter((url) => /\/clients\/kubernetes\/|\/@kubernetes\/client-node\/|\/node_modules\/ws\//.test(url))
    .map((url) => url.replace(/.*\/(clients\/kubernetes|node_modules)\//, ""));
}

const WITHOUT_CLUSTER = ["port-forward/service-name.ts", "port-forward/with-forwarder.ts"];
const CLUSTER = 'cluster: { context: "a", namespace: "b" }';

describe("Providers of a stack without a cluster", () => {
  it("load neither the port-forward nor its libraries (PLT-9)", () => {
    assert.deepEqual(loadClusterModules("127.0.0.1", "cluster: undefined").sort(), WITHOUT_CLUSTER);
  });

  it("load none of them for a server outside the stack's cluster (PLT-9)", () => {
    assert.deepEqual(loadClusterModules("127.0.0.1", CLUSTER).sort(), WITHOUT_CLUSTER);
  });

  it("load them for a server inside the cluster, so that the two tests above can fail", () => {
    const modules = loadClusterModules("redis.dev-infra.svc", CLUSTER);
    for (const module of ["port-forward/open.ts", "api-server.ts", "kubeconfig.ts"])
      assert.ok(modules.includes(module), module);
  });
});
