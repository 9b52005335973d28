import assert from "node:assert/strict";
import { policyPack } from "@plinth/policy/evaluate.ts";
import {
  budget,
  compliantStack,
  deployment,
  statefulSet,
  topics,
  withContainer,
} from "../../support/policy/compliant-stack.ts";
import { type Diagnostic, PolicyPackClient } from "./policy-pack.ts";

/** The engine's encoding of an unknown string and of a secret; see runtime/rpc in the SDK. */
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const secret = (value: string) => ({ "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", value });

const MANDATORY = 1;

describe("the policy pack, asked over gRPC as Pulumi's engine does (PLT-8)", () => {
  let served: PolicyPackClient;

  before(async () => {
    served = await PolicyPackClient.start("prod");
  });

  after(() => served.stop());

  it("offers every policy as mandatory", async () => {
    assert.deepEqual(
      await served.policies(),
      policyPack.map(({ name }) => ({ name, level: MANDATORY })),
    );
  });

  it("reports each policy that a pod breaks", async () => {
    const found = await served.analyze(
      withContainer({ image: "api:latest", resources: {}, securityContext: {}, livenessProbe: undefined }),
    );
    assert.deepEqual(names(found), ["images", "limits", "non-root", "probes"]);
    assert.ok(found.every(({ level }) => level === MANDATORY));
    assert.match(found.map(({ message }) => message).join("\n"), /container 'api' runs 'api:latest'/);
  });

  it("accepts a compliant stack, by resource and as a whole", async () => {
    for (const resource of compliantStack()) assert.deepEqual(await served.analyze(resource), []);
    assert.deepEqual(await served.analyzeStack(compliantStack()), []);
  });

  it("reports violations between resources, with the resource", async () => {
    const found = await served.analyzeStack([deployment(), budget({ maxUnavailable: 0 })]);
    assert.deepEqual(names(found), ["disruption-budget", "network-policy"]);
    const [blocking] = found.filter(({ policy }) => policy === "disruption-budget");
    assert.match(blocking!.urn, /PodDisruptionBudget::api$/);
  });

  it("judges a manifest in preview while a part of it is unknown", async () => {
    const manifest = withContainer({ env: [{ name: "DB_PASSWORD", value: unknown }], livenessProbe: undefined });
    const metadata = { ...(manifest.props.metadata as object), annotations: { checksum: unknown } };
    const found = await served.analyze({ ...manifest, props: { ...manifest.props, metadata } });
    assert.deepEqual(
      found.map(({ policy, level }) => [policy, level]),
      [["probes", MANDATORY]],
    );
  });

  it("reports a secret in a manifest, and accepts one in a provider's input", async () => {
    const misplaced = withContainer({
      env: [{ name: "DATABASE_URL", value: secret("postgresql://app:hunter2@db/app") }],
    });
    const [violation] = await served.analyze(misplaced);
    assert.equal(violation?.policy, "plain-secrets");
    assert.doesNotMatch(violation!.message, /hunter2/);
    const tenants = {
      type: "pulumi-nodejs:dynamic/plinth:TenantRows",
      name: "tenants",
      props: { databaseUrl: secret("postgresql://app:hunter2@db/app") },
    };
    assert.deepEqual(await served.analyze(tenants), []);
  });

  it("reads whether a resource is protected", async () => {
    assert.deepEqual(names(await served.analyze(statefulSet({}, false))), ["retain"]);
    assert.deepEqual(await served.analyze(statefulSet({}, true)), []);
  });

  it("applies production's rules to every stack but local and dev (SDG-4)", async () => {
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
