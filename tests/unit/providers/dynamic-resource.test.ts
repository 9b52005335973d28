import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";

const registered = new Map<string, { type: string; inputs: Record<string, unknown> }>();

/** The inputs that the engine stores; `__provider` is the code for the provider host. */
async function inputsOf(
  create: () => pulumi.Resource,
  name: string,
): Promise<{ type: string; inputs: Record<string, unknown> }> {
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name: registeredName, inputs }) => {
        registered.set(registeredName, { type, inputs: inputs as Record<string, unknown> });
        return { id: registeredName, state: inputs as Record<string, unknown> };
      },
      call: ({ inputs }) => inputs as Record<string, unknown>,
    },
    "plinth",
    "local",
  );
  const { urn } = create();
  await new Promise((resolve) => urn.apply(resolve));
  return registered.get(name)!;
}

describe("The dynamic providers in a program (PLT-2)", () => {
  it("are small, hold no path of this machine, and find their handler", async () => {
    const { KafkaTopics } = await import("@plinth/providers/kafka-topics.ts");
    const { AvroSchemas } = await import("@plinth/providers/avro-schemas.ts");
    const { TenantRows } = await import("@plinth/providers/tenants.ts");
    const { Migrations } = await import("@plinth/providers/migrations.ts");
    const { Cluster } = await import("@plinth/providers/cluster.ts");
    const { TenantQuotas } = await import("@plinth/providers/tenant-quotas.ts");
    const { CacheTenants } = await import("@plinth/providers/cache-tenants.ts");
    const cache = { cacheUrl: "redis://:s3cret@localhost", tenants: "1", secret: "a secret of the tests" };
    const { CitusDrain } = await import("@plinth/providers/citus-drain.ts");
    const { CitusNodes } = await import("@plinth/providers/citus-nodes.ts");
    const { TenantPlacements } = await import("@plinth/providers/tenant-placements.ts");
    const databaseUrl = "postgresql://app:s3cret@localhost/app";
    const citus = {
      adminUrl: "postgresql://postgres:s3cret@localhost/postgres",
      workers: ["worker-0"],
      port: 5432,
      database: "app",
    };
    for (const [kind, type, mistake, sentence, create] of [
      [
        "kafka-topics",
        "KafkaTopics",
        { topics: { A: { partitions: 0 } } },
        /topic A: partitions is 0/,
        () => new KafkaTopics("one", { brokers: ["localhost:1"], topics: { A: { partitions: 1 } } }),
      ],
      [
        "avro-schemas",
        "AvroSchemas",
        { compatibility: "ALL" },
        /compatibility is .ALL/,
        () => new AvroSchemas("one", { registryUrl: "http://localhost:1", subjects: {} }),
      ],
      [
        "tenants",
        "TenantRows",
        { databaseUrl, tenants: "x" },
        /"x" is neither/,
        () => new TenantRows("one", { databaseUrl, batch: "0", tenants: "1" }),
      ],
      [
        "tenant-quotas",
        "TenantQuotas",
        { quotas: { "1": { produceBytesPerSecond: 0 } } },
        /produceBytesPerSecond is 0/,
        () => new TenantQuotas("one", { brokers: ["localhost:1"], quotas: { "1": { produceBytesPerSecond: 1 } } }),
      ],
      [
        "cache-tenants",
        "CacheTenants",
        { ...cache, secret: "short" },
        /secret .* is too short/,
        () => new CacheTenants("one", cache),
      ],
      [
        "cluster",
        "Cluster",
        { context: "no-such" },
        /^no Kubernetes context/,
        () => new Cluster("one", { namespace: "dev-infra", localOnly: true, context: "kind-plinth" }),
      ],
      ["citus-drain", "CitusDrain", { ...citus, workers: [] }, /workers is empty/, () => new CitusDrain("one", citus)],
      [
        "citus-nodes",
        "CitusNodes",
        { ...citus, password: "app", user: "postgres" },
        /user is postgres, the superuser/,
        () => new CitusNodes("one", { ...citus, coordinator: "localhost", user: "app", password: "app" }),
      ],
      [
        "tenant-placements",
        "TenantPlacements",
        { databaseUrl, workers: ["worker-0"], placements: [{ tenant: 1, worker: 1, isolate: false }] },
        /tenant 1 is placed on worker 1, but there are 1/,
        () => new TenantPlacements("one", { databaseUrl, workers: ["worker-0"], placements: [] }),
      ],
      [
        "migrations",
        "Migrations",
        { databaseUrl, service: "?" },
        /is not a service name/,
        () => new Migrations("one", { databaseUrl, service: "wallet", directory: "x", files: [] }),
      ],
    ] as const) {
      const { type: token, inputs } = await inputsOf(create, "one");
      assert.equal(token, `pulumi-nodejs:dynamic/plinth:${type}`);
      const { __provider: code, ...values } = inputs;
      const text = typeof code === "string" ? code : String((code as { value: unknown }).value);
      assert.ok(text.includes(kind), `${type} does not name its handler`);
      assert.ok(text.length < 8_000, `${type} serializes to ${text.length} characters`);
      assert.ok(!text.includes(process.cwd()), `${type} names a path of this machine`);
      assert.equal(values.providerVersion, 1);
      const { default: Module } = await import("node:module");
      const loaded = new Module("provider") as InstanceType<typeof Module> & {
        _compile(code: string, name: string): void;
        paths: string[];
      };
      loaded.paths = [`${process.cwd()}/node_modules`];
      loaded._compile(text, "provider.js");
      const provider = loaded.exports.handler();
      const { failures } = await provider.check({}, { ...values, ...mistake });
      // No property, because the engine would print its value, even a secret.
      assert.deepEqual(
        failures.map(({ property }: { property: string }) => property),
        [""],
      );
      assert.match(failures[0].reason, sentence);
    }
  });

  it("keep the cache's address and the secret of its users secret", async () => {
    const { CacheTenants } = await import("@plinth/providers/cache-tenants.ts");
    const users = new CacheTenants("secrets", {
      cacheUrl: "redis://:s3cret@localhost",
      tenants: "1",
      secret: "a secret of the tests",
    });
    const { cacheUrl, secret } = users as unknown as Record<"cacheUrl" | "secret", pulumi.Output<string>>;
    assert.deepEqual([await pulumi.isSecret(cacheUrl), await pulumi.isSecret(secret)], [true, true]);
  });

  it("keep the database's address secret", async () => {
    const { TenantRows } = await import("@plinth/providers/tenants.ts");
    const tenants = new TenantRows("secret", {
      databaseUrl: "postgresql://app:s3cret@localhost/app",
      batch: "0",
      tenants: "1",
    });
    const { databaseUrl } = tenants as unknown as { databaseUrl: pulumi.Output<string> };
    assert.equal(await pulumi.isSecret(databaseUrl), true);
  });

  it("keep the address and the passwords of a Citus cluster secret", async () => {
    const { CitusDrain } = await import("@plinth/providers/citus-drain.ts");
    const { CitusNodes } = await import("@plinth/providers/citus-nodes.ts");
    const { TenantPlacements } = await import("@plinth/providers/tenant-placements.ts");
    const citus = {
      adminUrl: "postgresql://postgres:s3cret@localhost/postgres",
      workers: ["worker-0"],
      port: 5432,
      database: "app",
    };
    const drain = new CitusDrain("drain", citus) as unknown as { adminUrl: pulumi.Output<string> };
    const nodes = new CitusNodes("nodes", { ...citus, coordinator: "localhost", user: "app", password: "s3cret" });
    const { adminUrl, password } = nodes as unknown as Record<"adminUrl" | "password", pulumi.Output<string>>;
    const placements = new TenantPlacements("placements", { databaseUrl: citus.adminUrl, placements: [] });
    const { databaseUrl } = placements as unknown as { databaseUrl: pulumi.Output<string> };
    for (const output of [drain.adminUrl, adminUrl, password, databaseUrl])
      assert.equal(await pulumi.isSecret(output), true);
  });
});
