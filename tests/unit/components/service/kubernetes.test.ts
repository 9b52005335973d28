import assert from "node:assert/strict";
import { root } from "@plinth/local/locations.ts";
import { sizes } from "../../../../components/base/sizes.ts";
import { readService } from "../../../../components/service/descriptor.ts";
import { deploymentSpec, imageVersion } from "../../../../components/service/kubernetes.ts";
import { recordStack } from "../../../support/program/record.ts";

const small = { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "96Mi" } };

describe("the resources of a replica (SDG-2)", () => {
  async function walletPods(config: Record<string, string>) {
    const pods = (await recordStack("dev", config)).find(
      ({ type, name }) => type.endsWith(":Deployment") && name === "wallet-pods",
    )!;
    const { spec } = pods.inputs as { spec: { template: { spec: { containers: { resources: unknown }[] } } } };
    return spec.template.spec.containers[0]!.resources;
  }

  it("come from the profile, unless the stack's configuration overrides them", async () => {
    assert.deepEqual(await walletPods({}), sizes.development.service.resources);
    assert.deepEqual(await walletPods({ "plinth:resources": JSON.stringify({ wallet: small }) }), small);
  });

  it("are refused in one sentence when they are malformed", async () => {
    const wrong = { "plinth:resources": JSON.stringify({ wallet: { ...small, limits: { memory: "96 MB" } } }) };
    await assert.rejects(
      recordStack("dev", wrong),
      /Configuration 'resources': 'wallet\.limits\.memory' is "96 MB", but must be an amount such as '512Mi' or '20Gi'\./,
    );
  });
});

describe("the pods of a service", () => {
  it("run the image's command, not the descriptor's", () => {
    const service = { ...readService(root, "services/wallet"), standalone: true };
    const spec = deploymentSpec(service, sizes.development.service, {
      image: "x",
      environment: {},
      secret: { name: "s", hash: "" },
      servers: [],
    });
    assert.ok(!("command" in spec.template.spec.containers[0]!));
  });

  it("take the version from the image's tag, or from its digest", () => {
    for (const [image, version] of [
      [`registry:5000/plinth/wallet:1.4.2@sha256:${"a1".repeat(32)}`, "1.4.2"],
      [`registry:5000/plinth/wallet@sha256:${"a1".repeat(32)}`, "a1a1a1a1a1a1"],
      ["plinth/wallet:0f3c", "0f3c"],
      ["registry:5000/wallet", "latest"],
    ] as const)
      assert.equal(imageVersion(image), version);
  });
});
