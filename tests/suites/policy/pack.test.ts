import assert from "node:assert/strict";
import { policyPack } from "@plinth/policy/evaluate.ts";
import {
  budget,
  compliantStack,
  deployment,
  statefulSet,
  topics,
  withContainer,
} from "../../support/compliant-stack.ts";
import { type Diagnostic, PolicyPackClient } from "./policy-pack.ts";

/**
 * As the engine encodes a string that only `up` will know, and a secret: see runtime/rpc in the
 * SDK.
 */
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const secret = (value: string) => ({ "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", value });

const MANDATORY = 1;

describe("the policy pack, asked over gRPC as Pulumi's engine does (PLT-8)", () => {
  let served: PolicyPackClient;

  before(async () => {
    served = await PolicyPackClient.start("prod");
  });

  after(() => served.stop());

  it("offers every policy, and each of them stops a deployment", async () => {
    assert.deepEqual(
      await served.policies(),
      policyPack.map(({ name }) => ({ name, level: MANDATORY })),
    );
  });

  it("refuses a bad pod by each policy that it breaks", async () => {
    const found = await served.analyze(
      withContainer({ image: "api:latest", resources: {}, securityContext: {}, livenessProbe: undefined }),
    );
    assert.deepEqual(names(found), ["images", "limits", "non-root", "probes"]);
    assert.ok(found.every(({ level }) => level === MANDATORY));
    assert.match(found.map(({ message }) => message).join("\n"), /container 'api' runs 'api:latest'/);
  });

  it("accepts a good stack, resource by resource and whole", async () => {
    for (const resource of compliantStack()) assert.deepEqual(await served.analyze(resource), []);
    assert.deepEqual(await served.analyzeStack(compliantStack()), []);
  });

  it("refuses what only shows between resources, and says at which", async () => {
    const found = await served.analyzeStack([deployment(), budget({ maxUnavailable: 0 })]);
    assert.deepEqual(names(found), ["disruption-budget", "network-policy"]);
    const [blocking] = found.filter(({ policy }) => policy === "disruption-budget");
    assert.match(blocking!.urn, /PodDisruptionBudget::api$/);
  });

  it("judges a manifest in preview although a part of it is not known yet", async () => {
    const manifest = withContainer({ env: [{ name: "DB_PASSWORD", value: unknown }], livenessProbe: undefined });
    const metadata = { ...(manifest.props.metadata as object), annotations: { checksum: unknown } };
    const found = await served.analyze({ ...manifest, props: { ...manifest.props, metadata } });
    assert.deepEqual(
      found.map(({ policy, level }) => [policy, level]),
      [["probes", MANDATORY]],
    );
  });

  it("sees a secret in the wrong place, and none where it belongs", async () => {
    const misplaced = withContainer({
      env: [{ name: "DATABASE_URL", value: secret("postgresql://app:hunter2@db/app") }],
    });
    const [fault] = await served.analyze(misplaced);
    assert.equal(fault?.policy, "plain-secrets");
    assert.doesNotMatch(fault!.message, /hunter2/);
    const tenants = {
      type: "pulumi-nodejs:dynamic/plinth:TenantRows",
      name: "tenants",
      props: { databaseUrl: secret("postgresql://app:hunter2@db/app") },
    };
    assert.deepEqual(await served.analyze(tenants), []);
  });

  it("knows what is protected", async () => {
    assert.deepEqual(names(await served.analyze(statefulSet({}, false))), ["retain"]);
    assert.deepEqual(await served.analyze(statefulSet({}, true)), []);
  });

  it("holds to production's rules only what is not a stack of one person (SDG-4)", async () => {
    assert.deepEqual(names(await served.analyze(topics(1))), ["replication"]);
    const dev = await PolicyPackClient.start("dev");
    try {
      assert.deepEqual(await dev.analyze(topics(1)), []);
    } finally {
      await dev.stop();
    }
  });
});

function names(found: Diagnostic[]): string[] {
  return [...new Set(found.map(({ policy }) => policy))].sort();
}
