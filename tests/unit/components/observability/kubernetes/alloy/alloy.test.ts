import assert from "node:assert/strict";
import { type AlloyOptions, alloyBlocks } from "../../../../../../components/observability/kubernetes/alloy/alloy.ts";
import {
  externalExporter,
  httpAuthentication,
} from "../../../../../../components/observability/kubernetes/alloy/external.ts";
import {
  type AlloyBlock,
  block,
  expression,
  printAlloy,
} from "../../../../../../components/observability/kubernetes/alloy/syntax.ts";
import { tempoExporter } from "../../../../../../components/observability/kubernetes/alloy/traces.ts";

/** Arguments and nested blocks that we set, as Alloy's reference pages list them. */
const reference: Record<string, string[]> = {
  logging: ["level", "format"],
  "discovery.kubernetes": ["role", "namespaces", "selectors"],
  "discovery.kubernetes namespaces": ["names"],
  "discovery.kubernetes selectors": ["role", "label", "field"],
  "discovery.relabel": ["targets", "rule"],
  "discovery.relabel rule": ["action", "regex", "replacement", "separator", "source_labels", "target_label"],
  "loki.source.file": ["targets", "forward_to", "file_match"],
  "loki.source.file file_match": ["enabled", "sync_period"],
  "loki.source.api": ["http", "use_incoming_timestamp", "forward_to"],
  "loki.source.api http": ["listen_address", "listen_port"],
  "loki.process": [
    ...["forward_to", "stage.cri", "stage.decolorize", "stage.json", "stage.label_drop", "stage.labels", "stage.limit"],
    ...["stage.match", "stage.structured_metadata", "stage.tenant"],
  ],
  "loki.process stage.cri": ["max_partial_line_size", "max_partial_line_size_truncate"],
  "loki.process stage.decolorize": [],
  "loki.process stage.json": ["expressions"],
  "loki.process stage.label_drop": ["values"],
  "loki.process stage.labels": ["values"],
  "loki.process stage.limit": ["rate", "burst", "by_label_name", "drop"],
  "loki.process stage.match": ["selector", "action", "drop_counter_reason"],
  "loki.process stage.structured_metadata": ["values"],
  "loki.process stage.tenant": ["label", "source", "value"],
  "loki.write": ["endpoint"],
  "loki.write endpoint": [
    ...["url", "tenant_id", "max_backoff_retries", "max_backoff_period", "retry_on_http_429", "basic_auth"],
    "bearer_token_file",
  ],
  "loki.write endpoint basic_auth": ["username", "password_file"],
  "local.file": ["filename", "is_secret"],
  "otelcol.auth.basic": ["client_auth"],
  "otelcol.auth.basic client_auth": ["username", "password"],
  "otelcol.auth.bearer": ["token"],
  "otelcol.receiver.otlp": ["grpc", "http", "output"],
  "otelcol.receiver.otlp grpc": ["endpoint"],
  "otelcol.receiver.otlp http": ["endpoint"],
  "otelcol.receiver.otlp output": ["traces"],
  "otelcol.receiver.loki": ["output"],
  "otelcol.receiver.loki output": ["logs"],
  "otelcol.processor.memory_limiter": ["check_interval", "limit_percentage", "spike_limit_percentage", "output"],
  "otelcol.processor.memory_limiter output": ["traces"],
  "otelcol.processor.batch": ["output"],
  "otelcol.processor.batch output": ["traces", "logs"],
  "otelcol.exporter.otlp": ["client"],
  "otelcol.exporter.otlp client": ["endpoint", "tls"],
  "otelcol.exporter.otlp client tls": ["insecure"],
  "otelcol.exporter.otlphttp": ["client"],
  "otelcol.exporter.otlphttp client": ["endpoint", "auth"],
  "prometheus.scrape": ["targets", "forward_to", "scrape_interval", "scrape_timeout", "honor_labels", "sample_limit"],
  "prometheus.remote_write": ["endpoint"],
  "prometheus.remote_write endpoint": ["url", "send_exemplars", "basic_auth", "bearer_token_file"],
  "prometheus.remote_write endpoint basic_auth": ["username", "password_file"],
};

const builtIn: AlloyOptions = {
  stack: "test",
  namespaces: ["shop", "shop-nodes"],
  tenants: [[10_001, 10_003]],
  logs: { url: "http://loki:3100/loki/api/v1/push", authentication: [] },
  traces: tempoExporter("tempo:4317"),
  receivesLogs: false,
};
const vendor = { url: "https://example.com", user: "plinth", password: "s3cret" };
const external: AlloyOptions = {
  ...builtIn,
  logs: { url: vendor.url, authentication: httpAuthentication("loki", vendor) },
  traces: externalExporter(vendor),
  metrics: {
    url: vendor.url,
    authentication: httpAuthentication("remoteWrite", { url: vendor.url, password: "s3cret" }),
  },
  receivesLogs: true,
  elkDomain: ".shop.svc",
};

describe("Alloy's configuration", () => {
  it("uses components and arguments that their reference pages list, since Alloy does not run here", () => {
    for (const options of [builtIn, external])
      for (const { path, body } of walk(alloyBlocks(options)))
        for (const item of body) {
          const name = Array.isArray(item) ? item[0] : item.name;
          assert.ok(reference[path]?.includes(name), `${path}: ${name}`);
        }
  });

  it("refers to components that it has", () => {
    for (const options of [builtIn, external]) {
      const blocks = alloyBlocks(options);
      const known = blocks.map(({ name, label }) => `${name}.${label}.`);
      const references = printAlloy(blocks).match(
        /\b(loki|otelcol|discovery|prometheus|local)\.[a-z._]+\.(receiver|input|output|targets|handler|content)\b/g,
      )!;
      assert.ok(references.length > 8);
      for (const one of references)
        assert.ok(
          known.some((name) => one.startsWith(name)),
          one,
        );
    }
  });

  it("copies a line only to a tenant of the stack, and never to the platform's twice (INF-11)", () => {
    const text = printAlloy(alloyBlocks(builtIn));
    assert.match(text, /selector = "\{tenant_id!~\\"10001\|1000\[1-3\]\\"\}"\n\t\taction = "drop"/);
    assert.match(text, /selector = "\{tenant_id=\\"10001\\"\}"\n\t\taction = "drop"/);
    assert.match(text, /stage\.tenant \{\n\t\tvalue = "10001"/);
  });

  it("copies no line where no tenant is declared (INF-11)", () =>
    assert.match(printAlloy(alloyBlocks({ ...builtIn, tenants: [] })), /selector = "\{tenant_id!~\\"10001\\"\}"/));

  it("takes a vendor's OTLP address with or without the path of spans (OBS-7)", () => {
    for (const url of ["https://v.example.com/otlp", "https://v.example.com/otlp/v1/traces"])
      assert.match(printAlloy(externalExporter({ url })), /endpoint = "https:\/\/v\.example\.com\/otlp"/, url);
  });

  it("refuses spans by a share of the container's memory, which logs need as well (OBS-4)", () =>
    assert.doesNotMatch(printAlloy(alloyBlocks(builtIn)), /MiB/));

  it("labels lines with the contract's labels and where they were written (INF-11)", () => {
    const text = printAlloy(alloyBlocks(builtIn));
    for (const label of ["namespace", "pod", "app", "container", "node", "service", "env", "version"])
      assert.match(text, new RegExp(`target_label = "${label}"`), label);
  });

  it("keeps passwords in files", () => {
    const text = printAlloy(alloyBlocks(external));
    assert.doesNotMatch(text, /s3cret/);
    assert.match(text, /password_file = "\/etc\/plinth\/secrets\/loki-password"/);
    assert.match(text, /bearer_token_file = "\/etc\/plinth\/secrets\/remotewrite-password"/);
  });

  it("prints nested blocks, lists, objects and references", () =>
    assert.equal(
      printAlloy([
        block("a", ["text", 'say "no"'], ["list", [expression("b.c"), 1, true]], block("d", ["map", { e: "f" }])),
      ]),
      'a {\n\ttext = "say \\"no\\""\n\tlist = [b.c, 1, true]\n\td {\n\t\tmap = {\n\t\t\t"e" = "f",\n\t\t}\n\t}\n}\n',
    ));
});

function walk(blocks: readonly AlloyBlock[], parent = ""): { path: string; body: AlloyBlock["body"] }[] {
  return blocks.flatMap(({ name, body }) => {
    const path = parent === "" ? name : `${parent} ${name}`;
    return [
      { path, body },
      ...walk(
        body.filter((item): item is AlloyBlock => !Array.isArray(item)),
        path,
      ),
    ];
  });
}
