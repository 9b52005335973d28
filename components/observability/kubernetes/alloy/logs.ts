import type { IdRange } from "@plinth/providers/tenancy/ids.ts";
import { INFRASTRUCTURE_TENANT } from "../context.ts";
import { type AlloyBlock, block, component, expression } from "./syntax.ts";
import { tenantPattern } from "./tenant-pattern.ts";

/** Where logs go. */
export interface LogsTarget {
  /** The whole URL of Loki's push. */
  url: string;
  /** Blocks and attributes of authentication. */
  authentication: AlloyBlock["body"];
}

/** Lines a second of one pod; what is above is dropped and counted, so that others keep theirs. */
const LINES_PER_SECOND = 5000;
const BURST_LINES = 20_000;
const INFRASTRUCTURE: IdRange = [INFRASTRUCTURE_TENANT, INFRASTRUCTURE_TENANT];

const meta = (name: string) => `__meta_kubernetes_${name}`;
const label = (source: string, target: string) => block("rule", ["source_labels", [source]], ["target_label", target]);

/**
 * Reads the log of every container of this node that belongs to the platform. Each line goes to the
 * platform's own tenant; one that names a tenant of the stack goes to that tenant as well.
 *
 * @param otherSinks receivers that get every line besides Loki
 */
export function logBlocks(
  stack: string,
  tenants: readonly IdRange[],
  target: LogsTarget,
  otherSinks: readonly string[],
): AlloyBlock[] {
  return [
    component(
      "discovery.relabel",
      "logs",
      ["targets", expression("discovery.kubernetes.pods.targets")],
      label(meta("namespace"), "namespace"),
      label(meta("pod_name"), "pod"),
      label(meta("pod_label_app"), "app"),
      label(meta("pod_label_app"), "service"),
      label(meta("pod_container_name"), "container"),
      label(meta("pod_node_name"), "node"),
      block("rule", ["target_label", "env"], ["replacement", stack]),
      // The image's tag, else the beginning of its digest, as services name their version.
      versionRule(".*@sha256:([0-9a-f]{12}).*"),
      versionRule("[^@]*:([^@:/]+)(?:@.*)?"),
      block(
        "rule",
        ["source_labels", [meta("pod_uid"), meta("pod_container_name")]],
        ["separator", "/"],
        ["target_label", "__path__"],
        ["replacement", "/var/log/pods/*$1/*.log"],
      ),
    ),
    component(
      "loki.source.file",
      "pods",
      ["targets", expression("discovery.relabel.logs.output")],
      ["forward_to", [expression("loki.process.lines.receiver")]],
      block("file_match", ["enabled", true], ["sync_period", "5s"]),
    ),
    component(
      "loki.process",
      "lines",
      ["forward_to", [expression("loki.process.infrastructure.receiver"), expression("loki.process.tenants.receiver")]],
      block("stage.cri", ["max_partial_line_size", 262_144], ["max_partial_line_size_truncate", true]),
      block(
        "stage.limit",
        ["rate", LINES_PER_SECOND],
        ["burst", BURST_LINES],
        ["by_label_name", "pod"],
        ["drop", true],
      ),
      block("stage.decolorize"),
      block("stage.json", ["expressions", { level: "", trace_id: "", span_id: "", correlation_id: "", tenant_id: "" }]),
      // Not labels: each value of a label is another stream.
      block("stage.structured_metadata", ["values", { level: "", trace_id: "", span_id: "", correlation_id: "" }]),
      block("stage.labels", ["values", { tenant_id: "" }]),
    ),
    component(
      "loki.process",
      "infrastructure",
      ["forward_to", ["loki.write.stores.receiver", ...otherSinks].map(expression)],
      block("stage.label_drop", ["values", ["tenant_id", "filename", "stream"]]),
      block("stage.tenant", ["value", String(INFRASTRUCTURE_TENANT)]),
    ),
    component(
      "loki.process",
      "tenants",
      ["forward_to", [expression("loki.write.stores.receiver")]],
      // A line decides where it goes only among the tenants of the stack. An empty pattern would
      // let pass the lines that name none.
      block(
        "stage.match",
        ["selector", `{tenant_id!~"${tenantPattern([INFRASTRUCTURE, ...tenants])}"}`],
        ["action", "drop"],
        ["drop_counter_reason", "no_tenant_of_the_stack"],
      ),
      block(
        "stage.match",
        ["selector", `{tenant_id="${INFRASTRUCTURE_TENANT}"}`],
        ["action", "drop"],
        ["drop_counter_reason", "kept_by_infrastructure"],
      ),
      block("stage.tenant", ["label", "tenant_id"]),
      block("stage.label_drop", ["values", ["tenant_id", "filename", "stream"]]),
    ),
    component(
      "loki.write",
      "stores",
      block(
        "endpoint",
        ["url", target.url],
        ["tenant_id", String(INFRASTRUCTURE_TENANT)],
        // While the store is away the files wait: nothing is given up, and reading stops when the
        // queue is full.
        ["max_backoff_retries", 0],
        ["max_backoff_period", "30s"],
        // Refused for its rate: waiting would hold up every other pod of the node.
        ["retry_on_http_429", false],
        ...target.authentication,
      ),
    ),
  ];
}

function versionRule(regex: string): AlloyBlock {
  return block(
    "rule",
    ["source_labels", [meta("pod_container_image")]],
    ["regex", regex],
    ["target_label", "version"],
    ["replacement", "$1"],
  );
}
