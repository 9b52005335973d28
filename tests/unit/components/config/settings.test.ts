import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { readConfig } from "../../../../components/config/config.ts";
import { createStackPasswords } from "../../../../components/config/passwords.ts";
import { mockEngine } from "../../../support/program/pulumi-mocks.ts";

const json = (value: unknown) => JSON.stringify(value);

const bases: Record<string, Record<string, string>> = {
  local: {},
  dev: { "plinth:runtime": "kubernetes" },
  prod: { "plinth:runtime": "kubernetes", "plinth:profile": "production" },
};

/** The error for a configuration: one sentence without a stack trace. */
function refusal(stack: string, key: string, value: string): string {
  pulumi.runtime.setAllConfig({ ...bases[stack], [`plinth:${key}`]: value });
  try {
    createStackPasswords(readConfig());
  } catch (error) {
    assert.ok(pulumi.RunError.isInstance(error), String((error as Error).stack));
    assert.ok(!error.message.includes("\n"), error.message);
    return error.message;
  }
  throw new Error(`${key}=${value} was accepted by ${stack}`);
}

describe("a mistake in a configuration key is refused in one sentence (PLT-1)", () => {
  before(() => mockEngine());
  after(() => pulumi.runtime.setAllConfig({}));

  const cases: [stack: string, key: string, value: string, sentence: RegExp][] = [
    [
      "dev",
      "namespce",
      "x",
      /^Configuration key 'namespce' is not known \(did you mean 'namespace'\?\)\. Known keys are: .*\bnamespace\b.*Remove it with 'pulumi config rm namespce'\.$/,
    ],
    ["dev", "portOffset", "1", /^Configuration key 'portOffset' is not known where 'runtime' is 'kubernetes'\./],
    ["local", "citus", "{}", /^Configuration key 'citus' is not known where 'runtime' is 'process'\./],
    ["dev", "runtime", "docker", /^Configuration 'runtime' is 'docker', but must be 'process' or 'kubernetes'\.$/],
    [
      "dev",
      "profile",
      "staging",
      /^Configuration 'profile' is 'staging', but must be 'development' or 'production'\.$/,
    ],
    [
      "dev",
      "namespace",
      "Dev_Infra",
      /^Configuration 'namespace' is 'Dev_Infra', but must be lower-case letters, digits and dashes/,
    ],
    [
      "local",
      "portOffset",
      "50000",
      /^Configuration 'portOffset' is 50000, but must be a whole number from 0 to 40000\.$/,
    ],
    ["dev", "keda", "yes", /^Configuration 'keda' is 'yes', but must be true or false\.$/],
    [
      "prod",
      "images",
      json({ wallet: "wallet:1.0" }),
      /^Configuration 'images': 'wallet' is "wallet:1\.0", but must be an image with its digest, as in 'registry/,
    ],
    [
      "dev",
      "citus",
      json({ workers: 0 }),
      /^Configuration 'citus': 'workers' is 0, but must be a whole number from 1 to 999\.$/,
    ],
    [
      "dev",
      "citus",
      json({ storage: "100" }),
      /^Configuration 'citus': 'storage' is "100", but must be an amount such as '512Mi' or '20Gi'\.$/,
    ],
    [
      "dev",
      "citus",
      "three",
      /^Configuration 'citus' is 'three', but must be an object with the fields workers, storage, exporter, external\.$/,
    ],
    [
      "dev",
      "redpanda",
      json({ brokers: 2 }),
      /^Configuration 'redpanda': 'brokers' is 2, but must be 1, or an odd number/,
    ],
    [
      "dev",
      "redis",
      json({ memory: 64 }),
      /^Configuration 'redis': 'memory' is not a field of 'redis' \(did you mean 'memoryMiB'\?\); the fields are memoryMiB, .*\.$/,
    ],
    [
      "dev",
      "redis",
      json({ memoryMiB: 8 }),
      /^Configuration 'redis': 'memoryMiB' is 8, but must be a whole number from 16/,
    ],
    [
      "dev",
      "citus",
      json({ external: { host: "db.example.com", pot: 5433 } }),
      /^Configuration 'citus': 'external\.pot' is not a field of 'external' \(did you mean 'port'\?\); the fields are host, /,
    ],
    [
      "dev",
      "citus",
      json({ external: {} }),
      /^Configuration 'citus': 'external\.host' is missing, but must be a host name or address\.$/,
    ],
    [
      "dev",
      "citus",
      json({ external: true }),
      /^Configuration 'citus': 'external' is true, but must be an object with the fields host, port, database, user, tls\.$/,
    ],
    [
      "dev",
      "redpanda",
      json({ external: { brokers: ["one"], schemaRegistryUrl: "http://registry" } }),
      /^Configuration 'redpanda': 'external\.brokers' is \["one"\], but must be a list of addresses/,
    ],
    [
      "dev",
      "redpanda",
      json({ external: { brokers: ["a:1"], schemaRegistryUrl: "http://" } }),
      /^Configuration 'redpanda': 'external\.schemaRegistryUrl' is "http:\/\/", but must be a URL/,
    ],
    [
      "dev",
      "databasePassword",
      "s3cret",
      /^Configuration 'databasePassword' is in plain text: set it again with 'pulumi config set --secret databasePassword …'\.$/,
    ],
    [
      "dev",
      "cachePassword",
      "s3cret",
      /^Configuration 'cachePassword' is in plain text: set it again with 'pulumi config set --secret cachePassword …'\.$/,
    ],
    [
      "dev",
      "redpanda",
      json({ external: { brokers: ["a:1"], schemaRegistryUrl: "https://me:s3cret@registry" } }),
      /^Configuration 'redpanda' has a password in plain text: set it again with 'pulumi config set --secret redpanda …'\.$/,
    ],
    [
      "prod",
      "citus",
      json({ external: { host: "db.example.com" } }),
      /^Configuration 'citus\.external' needs its password: set it with 'pulumi config set --secret databasePassword …'\.$/,
    ],
    [
      "prod",
      "services",
      json({ minReplicas: 5, maxReplicas: 2 }),
      /^Configuration 'services': 'minReplicas' is 5, but 'maxReplicas' only 2\.$/,
    ],
    [
      "prod",
      "destroyable",
      '["wallet"]',
      /^Configuration 'destroyable' is \["wallet"\], but must be a list of citus, redpanda, redis\.$/,
    ],
    [
      "prod",
      "gateway",
      json({ domain: "example.com" }),
      /^Configuration 'gateway': 'tlsSecret' is missing, but must be the name of a Secret/,
    ],
    ["local", "portOffset", "", /^Configuration 'portOffset' is '', but must be a whole number from 0 to 40000\.$/],
    ["local", "portOffset", "-1", /^Configuration 'portOffset' is -1, but must be a whole number/],
    ["local", "portOffset", "1.5", /^Configuration 'portOffset' is 1\.5, but must be a whole number/],
    ["local", "portOffset", "9".repeat(5_000), /^.{0,200}$/],
    ["dev", "namespace", "x".repeat(64), /^Configuration 'namespace' is 'x{64}', but must be lower-case letters/],
    ["dev", "namespace", "a\nb", /^Configuration 'namespace' is 'a\\nb', but must be/],
    ["dev", "citus", json({ toString: 1 }), /^Configuration 'citus': 'toString' is not a field of 'citus'/],
    ["dev", "citus", json([{ workers: 1 }]), /^Configuration 'citus' is \[\{"workers":1\}\], but must be an object/],
    [
      "dev",
      "services",
      json({ minReplica: 5, replicas: 2 }),
      /^Configuration 'services': 'minReplica' is not a field of 'services' \(did you mean 'minReplicas'\?\); the fi/,
    ],
    [
      "dev",
      "resources",
      json({ wallet: { requests: { cpu: 1, memory: "1Gi" }, limits: { memory: "1Gi" } } }),
      /^Configuration 'resources': 'wallet\.requests\.cpu' is 1, but must be an amount of processors such as '100m'/,
    ],
    [
      "dev",
      "environment",
      "LOG_LEVEL=debug",
      /^Configuration 'environment' must be an object: variables by service, and by '\*' for/,
    ],
    [
      "local",
      "environment",
      json({ walet: { LOG_LEVEL: "debug" } }),
      /^Configuration 'environment' has variables of 'walet' \(did you mean 'wallet'\?\), but the services are (.*, )?highload, (.*, )?wallet, and '\*' for all of them\.$/,
    ],
    [
      "dev",
      "environment",
      json({ wallet: "debug" }),
      /^Configuration 'environment': 'wallet' must be an object: values by the names of v/,
    ],
    [
      "dev",
      "environment",
      json({ wallet: { "LOG-LEVEL": "debug" } }),
      /^Configuration 'environment' of 'wallet': 'LOG-LEVEL' is not a variable name: use letters, digits and _, and no digit first\.$/,
    ],
    ...[
      "DATABASE_URL",
      "KAFKA_BROKERS",
      "TOPIC_V1_BETS",
      "PORT",
      "HOST",
      "K8S_NAMESPACE",
      "SERVICE_NAME",
      "ENVIRONMENT",
      "VERSION",
    ].map((name): [string, string, string, RegExp] => [
      "local",
      "environment",
      json({ "*": { [name]: "x" } }),
      new RegExp(`^Configuration 'environment' of '\\*': ${name} is set by the platform; leave it out\\.$`),
    ]),
    ...[null, ["a"], { a: 1 }, 1e30].map((value): [string, string, string, RegExp] => [
      "prod",
      "environment",
      json({ wallet: { LIMIT: value } }),
      /^Configuration 'environment': 'wallet\.LIMIT' must be a text, a number, true or false; longer numbers are written as text\.$/,
    ]),
    ["dev", "tenants", "10001-10000", /^Configuration tenants.*10001-10000/],
    [
      "dev",
      "tenants",
      '[{"ids":10001,"quota":{}}]',
      /^Configuration tenants\[0\]: 'quota' is not a field of a tenant; the fields are ids, broker, placement, cache\.$/,
    ],
    [
      "dev",
      "tenants",
      '[{"ids":10001,"cache":"isolated"},10001]',
      /^Configuration tenants: 10001 is in tenants\[0\] and in tenants\[1\], with different settings/,
    ],
  ];
  for (const [stack, key, value, sentence] of cases)
    it(`${stack}: ${key} = ${value.slice(0, 70)}`, () => assert.match(refusal(stack, key, value), sentence));

  it("does not repeat a password in the wrong key", () => {
    for (const [key, value] of [
      ["databasePassword", "s3cret"],
      ["environment", "s3cret"],
      ["environment", json({ wallet: ["s3cret"] })],
      ["environment", json({ wallet: { API_KEY: ["s3cret"] } })],
      ["environment", json({ wallet: { PORT: "s3cret" } })],
    ] as const)
      assert.doesNotMatch(refusal("dev", key, value), /s3cret/);
  });

  it("a project of another name, as 'pulumi new' asks for", async () => {
    await pulumi.runtime.setMocks({ newResource: () => ({ id: "", state: {} }), call: () => ({}) }, "shop", "local");
    try {
      assert.throws(readConfig, {
        name: "",
        message: /^Pulumi\.yaml names the project 'shop', but stacks and commands go by 'plinth': write 'name: plinth'/,
      });
    } finally {
      await mockEngine();
    }
  });

  it("does not repeat a value that was set as a secret, nor a URL's password", () => {
    const external = { brokers: ["a:1"], schemaRegistryUrl: "http//me:s3cret@registry" };
    process.env.PULUMI_CONFIG_SECRET_KEYS = json(["plinth:redpanda"]);
    try {
      assert.equal(
        refusal("dev", "redpanda", json({ external })),
        "Configuration 'redpanda': 'external.schemaRegistryUrl' must be a URL that begins with http:// or https://.",
      );
    } finally {
      delete process.env.PULUMI_CONFIG_SECRET_KEYS;
    }
    assert.match(
      refusal("dev", "redpanda", json({ external: { ...external, schemaRegistryUrl: "ftp://me:s3cret@registry" } })),
      /'external\.schemaRegistryUrl' is "ftp:\/\/…@registry", but must be/,
    );
  });
});
