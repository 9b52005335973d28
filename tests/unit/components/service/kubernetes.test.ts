import assert from "node:assert/strict";
import { root } from "@plinth/local/locations.ts";
import { recordStack } from "../../../../cli/program/record.ts";
import { sizes } from "../../../../components/base/sizes.ts";
import { readService } from "../../../../components/service/descriptor.ts";
import { deploymentSpec } from "../../../../components/service/kubernetes.ts";

const small = { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "96Mi" } };

describe("what a replica may take (SDG-2)", () => {
  async function walletPods(config: Record<string, string>) {
    const pods = (await recordStack("dev", config)).find(
      ({ type, name }) => type.endsWith(":Deployment") && name === "wallet-pods",
    )!;
    const { spec } = pods.inputs as { spec: { template: { spec: { containers: { resources: unknown }[] } } } };
    return spec.template.spec.containers[0]!.resources;
  }

  it("is the profile's, and the stack's configuration has the last word", async () => {
    assert.deepEqual(await walletPods({}), sizes.development.service.resources);
    assert.deepEqual(await walletPods({ "plinth:resources": JSON.stringify({ wallet: small }) }), small);
  });

  it("is refused in one sentence where it is none", async () => {
    const wrong = { "plinth:resources": JSON.stringify({ wallet: { ...small, limits: { memory: "96 MB" } } }) };
    await assert.rejects(
      recordStack("dev", wrong),
      /Configuration 'resources': 'wallet\.limits\.memory' is "96 MB", but must be an amount such as '512Mi' or '20Gi'\./,
    );
  });

  it("of a service with an image of its own: that image's command, not the descriptor's", () => {
    const service = { ...readService(root, "services/wallet"), standsAlone: true };
    const spec = deploymentSpec(service, sizes.development.service, {
      image: "x",
      environment: {},
      secret: { name: "s", hash: "" },
      servers: [],
    });
    assert.ok(!("command" in spec.template.spec.containers[0]!));
  });
});
