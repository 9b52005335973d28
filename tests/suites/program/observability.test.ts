import assert from "node:assert/strict";
import { dashboardIds, observabilityLines } from "../../support/program/observability.ts";
import { type ConfigValue, redactSecrets, secretValue } from "../../support/program/record.ts";
import { leaks, type RecordedProgram, recordProgram, secretFields } from "../../support/program/recorded-program.ts";
import { observabilityServers, servicePods } from "../../support/program/service-pods.ts";

const dev = (observability: ConfigValue = {}) => recordProgram("dev", { "plinth:observability": observability });
const refusal = (observability: ConfigValue) =>
  recordProgram("dev", { "plinth:observability": observability }).then(
    () => assert.fail("it is accepted"),
    ({ message }: Error) => message,
  );
const external = (name: string) => ({ url: `https://${name}.example.com:8443/path`, user: "u", password: secretValue });
const vendor = {
  mode: "external",
  external: { otlp: external("otlp"), loki: external("loki"), remoteWrite: external("metrics") },
};
const config = ({ all }: RecordedProgram, name: string) =>
  JSON.stringify(all.find((resource) => resource.name === `${name}-config`)?.inputs);
const outsidePorts = (program: RecordedProgram, policy: string) =>
  (program.only("NetworkPolicy", policy).inputs as unknown as { spec: { egress: Rule[] } }).spec.egress
    .filter(({ to }) => to === undefined)
    .flatMap(({ ports }) => ports.map(({ port }) => port));
interface Group {
  rules: { labels: Record<string, string> }[];
}
interface Rule {
  to?: unknown;
  ports: { port: number }[];
}

describe("the observability stack of a cluster", () => {
  it("changes nothing else when it is removed (INF-13)", async () => {
    const [withIt, without] = await Promise.all([dev(), dev({ enabled: false })]);
    const own = observabilityLines({ objectStorage: false });
    assert.deepEqual(
      without.lines,
      withIt.lines.filter((line) => !own.includes(line)),
    );
    const inputs = ({ all }: RecordedProgram) =>
      new Map(redactSecrets(all).map((each) => [`${each.type} ${each.name}`, each.inputs]));
    const before = inputs(withIt);
    for (const [name, after] of inputs(without)) assert.deepEqual(after, before.get(name), name);
  });

  it("is not waited for by any other component", async () => {
    const { all } = await dev();
    const own = new Set(observabilityLines({ objectStorage: false }).map((line) => line.split(" ")[1]));
    for (const { name, dependencies } of all)
      if (!own.has(name))
        assert.deepEqual(
          dependencies.filter((each) => own.has(each)),
          [],
          name,
        );
  });

  it("gives no two objects of a kind the same name, so that 'make render' writes a file for each", async () => {
    const { all } = await dev();
    const names = all.flatMap(({ type, inputs }) => {
      const { name } = (inputs.metadata ?? {}) as { name?: string };
      return name === undefined ? [] : [`${type.split(":").at(-1)} ${name}`];
    });
    assert.deepEqual(
      names.filter((name, index) => names.indexOf(name) !== index),
      [],
    );
  });

  it("has eight dashboards, each in a ConfigMap far below one megabyte (OBS-1)", async () => {
    const { all } = await dev();
    const sizes = all
      .filter(({ type, name }) => type.endsWith(":ConfigMap") && name.includes("dashboard"))
      .map(({ inputs }) => JSON.stringify(inputs.data).length);
    assert.equal(sizes.length, dashboardIds.length);
    for (const size of sizes) assert.ok(size > 2000 && size < 500_000, `${size} bytes`);
  });

  it("leaves metrics to kube-prometheus-stack in mode operator (OBS-7)", async () => {
    const program = await dev({ mode: "operator", monitoringNamespace: "kube-prometheus" });
    assert.deepEqual(observabilityServers(program), ["loki", "tempo"]);
    assert.deepEqual(
      program.lines.filter((line) => /^(PodMonitor|PrometheusRule|AlertmanagerConfig|DaemonSet) /.test(line)),
      [
        "DaemonSet alloy-pods ← observability-nodes",
        "PodMonitor observability-pods ← observability",
        "PrometheusRule observability-rules ← observability",
      ],
    );
    for (const store of ["loki", "tempo"]) {
      const policy = program.only("NetworkPolicy", `${store}-server-ingress`).inputs;
      assert.match(JSON.stringify(policy), /"kubernetes.io\/metadata.name":"kube-prometheus"/, store);
    }
    const { groups } = program.only("PrometheusRule", "observability-rules").inputs.spec as { groups: Group[] };
    for (const { labels } of groups.flatMap(({ rules }) => rules)) assert.equal(labels.namespace, "dev-infra");
    const labelled = program.all.filter(({ inputs }) => {
      const { labels = {} } = (inputs.metadata ?? {}) as { labels?: Record<string, string> };
      return labels.grafana_dashboard === "1";
    });
    assert.equal(labelled.length, dashboardIds.length);
    const { spec } = program.only("NetworkPolicy", "wallet-ingress").inputs as unknown as {
      spec: { ingress: object[] };
    };
    assert.deepEqual(spec.ingress.at(-1), {
      from: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-prometheus" } } }],
      ports: [{ protocol: "TCP", port: 8082 }],
    });
  });

  it("sends everything to a vendor in mode external, and no password but in a Secret (OBS-7)", async () => {
    const program = await dev(vendor);
    assert.deepEqual(observabilityServers(program), ["kube-state-metrics"]);
    const text = config(program, "alloy");
    for (const address of ["otlp", "loki", "metrics"])
      assert.match(text, new RegExp(`https://${address}.example.com:8443`));
    assert.deepEqual(leaks(program, "[secret]"), []);
    assert.deepEqual(
      secretFields(program).filter((field) => field.startsWith("alloy")),
      ["loki-password", "otlp-password", "remotewrite-password"].map((file) => `alloy-secrets.stringData.${file}`),
    );
    assert.deepEqual([...new Set(outsidePorts(program, "alloy-egress"))].sort(), [443, 6443, 8443]);
    assert.equal(servicePods(program, "wallet").plain.LOKI_URL, "http://alloy.dev-infra-nodes.svc.cluster.local:3100");
  });

  it("keeps logs and traces in object storage, or on one volume each in one server (PLT-4)", async () => {
    const bucket = await recordProgram("prod");
    const disk = await recordProgram("prod", { "plinth:observability": {} });
    const replicas = (program: RecordedProgram, name: string) =>
      (program.only("StatefulSet", `${name}-server-pods`).inputs.spec as { replicas: number }).replicas;
    assert.deepEqual([replicas(bucket, "loki"), replicas(bucket, "tempo")], [3, 1]);
    assert.deepEqual([replicas(disk, "loki"), replicas(disk, "tempo")], [1, 1]);
    for (const name of ["loki", "tempo"]) {
      assert.match(config(bucket, name), /s3\.example\.com/);
      assert.doesNotMatch(config(disk, name), /s3/);
      assert.deepEqual(outsidePorts(bucket, `${name}-egress`), [443]);
      assert.ok(!disk.lines.includes(`NetworkPolicy ${name}-egress ← ${name}`));
    }
  });

  it("lets replicas of Alertmanager gossip, which they do by datagrams (OBS-7)", async () => {
    const policy = (await recordProgram("prod")).only("NetworkPolicy", "alertmanager-peers").inputs;
    assert.deepEqual(
      JSON.stringify(policy).match(/"protocol":"UDP","port":9094|"port":9094,"protocol":"UDP"/g)?.length,
      2,
    );
  });

  it("reads the keys of object storage from Secrets alone (PLT-8)", async () => {
    const objectStorage = {
      endpoint: "http://storage.example.com:9000",
      logsBucket: "logs",
      tracesBucket: "traces",
      accessKey: secretValue,
      secretKey: secretValue,
    };
    const program = await recordProgram("prod", { "plinth:observability": { objectStorage } });
    assert.deepEqual(leaks(program, "[secret]"), []);
    for (const name of ["loki", "tempo"])
      assert.ok(secretFields(program).includes(`${name}-secrets.stringData.secret-key`), name);
    assert.match(config(program, "loki"), /"insecure\W+true/);
  });

  it("adds tools when they are named (SHOP-9)", async () => {
    const program = await dev({ tools: ["elk", "pgadmin", "redisinsight"] });
    const own = ["elasticsearch", "kibana", "pgadmin", "redisinsight"];
    assert.deepEqual(
      observabilityServers(program).filter((name) => own.includes(name)),
      own,
    );
    assert.match(config(program, "alloy"), /elasticsearch\.dev-infra\.svc\.cluster\.local:9200\/_otlp/);
  });

  it("runs tools in production by digests alone (PLT-8)", async () => {
    const digest = `sha256:${"0".repeat(64)}`;
    const tools = ["pgadmin", "console"];
    await assert.rejects(
      recordProgram("prod", { "plinth:observability": { tools } }),
      /production runs images by digest, and that of 'pgAdmin' has none; set 'images.pgAdmin' to docker.io\/dpage\/pgadmin4@sha256:…/,
    );
    const images = {
      pgAdmin: `registry.example.com/pgadmin@${digest}`,
      console: `registry.example.com/console@${digest}`,
    };
    const { all } = await recordProgram("prod", { "plinth:observability": { tools, images } });
    for (const image of Object.values(images)) assert.ok(JSON.stringify(all).includes(image), image);
  });

  it("refuses what contradicts itself, in one sentence", async () => {
    assert.match(
      await refusal({ mode: "external" }),
      /mode 'external' needs 'external.otlp.url' and 'external.loki.url'/,
    );
    assert.match(
      await refusal({ external: { loki: { url: "http://l" } } }),
      /'external.loki' is not used in mode 'built-in'/,
    );
    assert.match(
      await refusal({ external: { loki: { url: "http://l", password: "open" } }, mode: "operator" }),
      /has 'external.loki.password' in plain text: set it again with 'pulumi config set --path --secret/,
    );
    assert.match(
      await refusal({ images: { grafanna: `x@sha256:${"0".repeat(64)}` } }),
      /'images.grafanna' is no image/,
    );
  });
});
