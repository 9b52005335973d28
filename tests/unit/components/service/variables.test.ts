import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { type ConfigValue, secretValue } from "../../../../cli/program/record.ts";
import { isContractVariable } from "../../../../components/service/environment.ts";
import { imageVersion } from "../../../../components/service/kubernetes.ts";
import { mergeVariables, urlPorts } from "../../../../components/service/variables.ts";
import { leaks, type RecordedProgram, recordProgram } from "../../../support/program/recorded-program.ts";
import { services } from "../../../support/program/services.ts";

const { isRpcSecret, unwrapRpcSecret } = pulumi.runtime;

/** What a service is given: in the clear, and as a secret; and what its pods start anew for. */
interface Given {
  plain: Record<string, string>;
  secret: Record<string, string>;
  hash?: string | undefined;
}

interface Deployment {
  spec: {
    template: {
      metadata: { annotations: Record<string, string> };
      spec: { containers: { env: { name: string; value: string }[] }[] };
    };
  };
}

interface Policy {
  spec: { egress: { to?: unknown; ports: { port: number }[] }[] };
}

const given: Record<string, (of: RecordedProgram, service: string) => Given> = {
  local(of, service) {
    const { environment, secrets } = of.only("Process", `${service}-service`).inputs;
    assert.ok(isRpcSecret(secrets));
    return { plain: environment as Given["plain"], secret: unwrapRpcSecret(secrets) };
  },
  dev(of, service) {
    const { spec } = of.only("Deployment", `${service}-pods`).inputs as unknown as Deployment;
    const { stringData } = of.only("Secret", `${service}-environment`).inputs;
    assert.ok(isRpcSecret(stringData));
    return {
      plain: Object.fromEntries(spec.template.spec.containers[0]!.env.map(({ name, value }) => [name, value])),
      secret: unwrapRpcSecret(stringData),
      hash: spec.template.metadata.annotations["plinth.dev/secret-hash"],
    };
  },
};
const stacks = Object.keys(given);

/** What two services are given by a stack with that setting. */
async function set(stack: string, environment: ConfigValue) {
  const of = await recordProgram(stack, { "plinth:environment": environment });
  const [highload, wallet] = ["highload", "wallet"].map((service) => given[stack]!(of, service)) as [Given, Given];
  return { of, highload, wallet };
}

describe("the variables of services from a stack's configuration", () => {
  /** Without the setting. */
  const bare: Record<string, RecordedProgram> = {};
  before(async () => {
    for (const stack of stacks) bare[stack] = await recordProgram(stack);
  });

  for (const stack of stacks) {
    it(`${stack}: a service has its own and those of all, its own win, and every value arrives as that text`, async () => {
      const own = { LOG_LEVEL: "debug", AUDIT: true, EMPTY: "", PATTERN: "$(HOST)-$$-$1" };
      const { highload, wallet } = await set(
        stack,
        JSON.stringify({ "*": { LOG_LEVEL: "info", LIMIT: 600 }, wallet: own }),
      );
      const none = given[stack]!(bare[stack]!, "wallet");
      // Kubernetes reads `$$` as one `$`, and nothing of another variable after it.
      const PATTERN = stack === "local" ? own.PATTERN : "$$(HOST)-$$$$-$$1";
      assert.deepEqual(wallet.plain, {
        ...none.plain,
        LOG_LEVEL: "debug",
        LIMIT: "600",
        AUDIT: "true",
        EMPTY: "",
        PATTERN,
      });
      assert.deepEqual([wallet.secret, wallet.hash], [none.secret, none.hash]);
      assert.deepEqual(
        [highload.plain.LOG_LEVEL, highload.plain.LIMIT, highload.plain.AUDIT],
        ["info", "600", undefined],
      );
    });

    it(`${stack}: one value that is a secret makes all of them secrets, in the Secret or the process's (PLT-8)`, async () => {
      const { of, wallet, highload } = await set(stack, {
        "*": { REGION: "in-the-north" },
        wallet: { API_KEY: secretValue },
      });
      assert.deepEqual(
        [wallet.secret.API_KEY, wallet.secret.REGION, highload.secret.REGION],
        ["[secret]", "in-the-north", "in-the-north"],
      );
      assert.ok(wallet.secret.DATABASE_URL !== undefined, "what it is given besides is still there");
      assert.equal(highload.secret.API_KEY, undefined);
      assert.deepEqual(leaks(of, "[secret]", "in-the-north"), []);
      assert.deepEqual(
        Object.keys({ ...wallet.plain, ...highload.plain }).filter((name) => name === "API_KEY" || name === "REGION"),
        [],
      );
    });
  }

  it("another secret value starts the pods anew, and those of that service alone", async () => {
    const at = (region: string) => set("dev", { highload: { API_KEY: secretValue }, wallet: { REGION: region } });
    const [one, other] = await Promise.all([at("north"), at("south")]);
    assert.notEqual(one.wallet.hash, other.wallet.hash);
    assert.equal(one.highload.hash, other.highload.hash);
  });

  it("what a service is told to connect to it may reach, also in a namespace where nothing else may be (PLT-8)", async () => {
    const addresses = {
      LOKI_URL: "http://loki.example.com:3100",
      BANK_URL: secretValue,
      CORS_ORIGINS: "https://shop.example",
    };
    const { of } = await set("dev", {
      "*": { OTEL_EXPORTER_OTLP_ENDPOINT: "https://traces.example.com" },
      wallet: addresses,
    });
    const reached = (service: string) => {
      const { spec } = of.only("NetworkPolicy", `${service}-egress`).inputs as unknown as Policy;
      return spec.egress.filter(({ to }) => to === undefined).flatMap(({ ports }) => ports.map(({ port }) => port));
    };
    assert.deepEqual([reached("wallet"), reached("highload")], [[443, 3100], [443]]);
    assert.deepEqual(
      urlPorts({ A_URL: "http://a", B_URL: "amqp://b", C_ENDPOINT: "grpc://c:4317", URL: "http://d:1", D_URL: "e" }),
      [80, 4317],
    );
  });

  it("nothing that the platform sets can be set there", () => {
    for (const stack of stacks) {
      for (const name of services) {
        const { plain, secret: hidden } = given[stack]!(bare[stack]!, name);
        const names = Object.keys({ ...plain, ...hidden });
        assert.ok(names.includes("DATABASE_URL") && names.includes("TOPIC_V1_BETS"));
        assert.deepEqual(
          names.filter((variable) => !isContractVariable(variable)),
          [],
        );
      }
    }
  });

  it("nor by who makes a MicroserviceApp", () => {
    const contract = { plain: { HOST: "0.0.0.0" }, secret: { DATABASE_URL: "postgresql://" } };
    assert.deepEqual(mergeVariables(contract), contract);
    assert.deepEqual(mergeVariables(contract, { secret: { API_KEY: "k" } }), {
      ...contract,
      secret: { ...contract.secret, API_KEY: "k" },
    });
    for (const own of [{ plain: { DATABASE_URL: "x" } }, { secret: { HOST: "x" } }])
      assert.throws(
        () => mergeVariables(contract, own),
        /^'environment': (DATABASE_URL|HOST) is set by the platform; leave it out$/,
      );
  });

  it("a service is told the stack's name and the version of its image, also where nobody can read the key, encrypted as a whole", async () => {
    const prod = await recordProgram("prod", { "plinth:environment": secretValue });
    const { plain, secret: hidden } = given.dev!(prod, "wallet");
    assert.deepEqual([plain.ENVIRONMENT, plain.VERSION], ["prod", "000000000000"]);
    assert.deepEqual(Object.keys(hidden), ["DATABASE_URL", "REDIS_URL"]);
    for (const [image, version] of [
      [`registry:5000/plinth/wallet:1.4.2@sha256:${"a1".repeat(32)}`, "1.4.2"],
      [`registry:5000/plinth/wallet@sha256:${"a1".repeat(32)}`, "a1a1a1a1a1a1"],
      ["plinth/wallet:0f3c", "0f3c"],
      ["registry:5000/wallet", "latest"],
    ] as const)
      assert.equal(imageVersion(image), version);
  });
});
