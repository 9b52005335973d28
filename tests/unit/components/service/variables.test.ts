import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { isContractVariable } from "../../../../components/service/environment.ts";
import { mergeVariables, urlPorts } from "../../../../components/service/variables.ts";
import { type ConfigValue, secretValue } from "../../../support/program/record.ts";
import { leaks, type RecordedProgram, recordProgram } from "../../../support/program/recorded-program.ts";
import { services } from "../../../support/program/services.ts";

const { isRpcSecret, unwrapRpcSecret } = pulumi.runtime;

/** The variables of a service, and the hash of its pods, which restart when it changes. */
interface ServiceVariables {
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

/** Reads a service's variables from the program of a stack. */
const readVariables: Record<string, (program: RecordedProgram, service: string) => ServiceVariables> = {
  local(program, service) {
    const { environment, secrets } = program.only("Process", `${service}-service`).inputs;
    assert.ok(isRpcSecret(secrets));
    return { plain: environment as ServiceVariables["plain"], secret: unwrapRpcSecret(secrets) };
  },
  dev(program, service) {
    const { spec } = program.only("Deployment", `${service}-pods`).inputs as unknown as Deployment;
    const { stringData } = program.only("Secret", `${service}-environment`).inputs;
    assert.ok(isRpcSecret(stringData));
    return {
      plain: Object.fromEntries(spec.template.spec.containers[0]!.env.map(({ name, value }) => [name, value])),
      secret: unwrapRpcSecret(stringData),
      hash: spec.template.metadata.annotations["plinth.dev/secret-hash"],
    };
  },
};
const stacks = Object.keys(readVariables);

/** The variables of both services under a value of the key `environment`. */
async function configure(stack: string, environment: ConfigValue) {
  const program = await recordProgram(stack, { "plinth:environment": environment });
  const [highload, wallet] = ["highload", "wallet"].map((service) => readVariables[stack]!(program, service)) as [
    ServiceVariables,
    ServiceVariables,
  ];
  return { program, highload, wallet };
}

describe("the variables of services from a stack's configuration", () => {
  /** The programs without the key. */
  const unconfigured: Record<string, RecordedProgram> = {};
  before(async () => {
    for (const stack of stacks) unconfigured[stack] = await recordProgram(stack);
  });

  for (const stack of stacks) {
    it(`${stack}: a service gets its own variables over those of all, every value as text`, async () => {
      const walletVariables = { LOG_LEVEL: "debug", AUDIT: true, EMPTY: "", PATTERN: "$(HOST)-$$-$1" };
      const { highload, wallet } = await configure(
        stack,
        JSON.stringify({ "*": { LOG_LEVEL: "info", LIMIT: 600 }, wallet: walletVariables }),
      );
      const defaults = readVariables[stack]!(unconfigured[stack]!, "wallet");
      // Kubernetes reads `$$` as `$`, and expands no variable after it.
      const PATTERN = stack === "local" ? walletVariables.PATTERN : "$$(HOST)-$$$$-$$1";
      assert.deepEqual(wallet.plain, {
        ...defaults.plain,
        LOG_LEVEL: "debug",
        LIMIT: "600",
        AUDIT: "true",
        EMPTY: "",
        PATTERN,
      });
      assert.deepEqual([wallet.secret, wallet.hash], [defaults.secret, defaults.hash]);
      assert.deepEqual(
        [highload.plain.LOG_LEVEL, highload.plain.LIMIT, highload.plain.AUDIT],
        ["info", "600", undefined],
      );
    });

    it(`${stack}: one secret value makes all variables secrets (PLT-8)`, async () => {
      const { program, wallet, highload } = await configure(stack, {
        "*": { REGION: "in-the-north" },
        wallet: { API_KEY: secretValue },
      });
      assert.deepEqual(
        [wallet.secret.API_KEY, wallet.secret.REGION, highload.secret.REGION],
        ["[secret]", "in-the-north", "in-the-north"],
      );
      assert.ok(wallet.secret.DATABASE_URL !== undefined, "the contract's variables remain");
      assert.equal(highload.secret.API_KEY, undefined);
      assert.deepEqual(leaks(program, "[secret]", "in-the-north"), []);
      assert.deepEqual(
        Object.keys({ ...wallet.plain, ...highload.plain }).filter((name) => name === "API_KEY" || name === "REGION"),
        [],
      );
    });
  }

  it("a new secret value restarts the pods of its service alone", async () => {
    const inRegion = (region: string) =>
      configure("dev", { highload: { API_KEY: secretValue }, wallet: { REGION: region } });
    const [north, south] = await Promise.all([inRegion("north"), inRegion("south")]);
    assert.notEqual(north.wallet.hash, south.wallet.hash);
    assert.equal(north.highload.hash, south.highload.hash);
  });

  it("a service may reach the ports of its configured URLs (PLT-8)", async () => {
    const addresses = {
      LOKI_URL: "http://loki.example.com:3100",
      BANK_URL: secretValue,
      CORS_ORIGINS: "https://shop.example",
    };
    const { program } = await configure("dev", {
      "*": { OTEL_EXPORTER_OTLP_ENDPOINT: "https://traces.example.com" },
      wallet: addresses,
    });
    const reached = (service: string) => {
      const { spec } = program.only("NetworkPolicy", `${service}-egress`).inputs as unknown as Policy;
      return spec.egress.filter(({ to }) => to === undefined).flatMap(({ ports }) => ports.map(({ port }) => port));
    };
    assert.deepEqual([reached("wallet"), reached("highload")], [[443, 3100], [443]]);
    assert.deepEqual(
      urlPorts({ A_URL: "http://a", B_URL: "amqp://b", C_ENDPOINT: "grpc://c:4317", URL: "http://d:1", D_URL: "e" }),
      [80, 4317],
    );
  });

  it("variables of the platform belong to the contract", () => {
    for (const stack of stacks) {
      for (const name of services) {
        const { plain, secret: hidden } = readVariables[stack]!(unconfigured[stack]!, name);
        const names = Object.keys({ ...plain, ...hidden });
        assert.ok(names.includes("DATABASE_URL") && names.includes("TOPIC_V1_BETS"));
        assert.deepEqual(
          // Configuration may send a service's lines and traces elsewhere.
          names.filter((variable) => !isContractVariable(variable)),
          ["LOKI_URL", "OTEL_EXPORTER_OTLP_ENDPOINT"],
        );
      }
    }
  });

  it("variables of the contract cannot be overridden", () => {
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

  it("a service gets the stack's name and its image's version, even when the key is encrypted as a whole", async () => {
    const prod = await recordProgram("prod", { "plinth:environment": secretValue });
    const { plain, secret: hidden } = readVariables.dev!(prod, "wallet");
    assert.deepEqual([plain.ENVIRONMENT, plain.VERSION], ["prod", "000000000000"]);
    assert.deepEqual(Object.keys(hidden), ["DATABASE_URL", "REDIS_URL"]);
  });
});
