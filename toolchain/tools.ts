import { customResourcesTool } from "./control-plane/custom-resources.ts";
import { etcdTool } from "./control-plane/etcd.ts";
import { kubernetesTool } from "./control-plane/kubernetes.ts";
import { kwokTool } from "./control-plane/kwok.ts";
import { javaTool } from "./kafka/java.ts";
import { kafkaTool } from "./kafka/kafka.ts";
import { mavenTool } from "./kafka/maven.ts";
import { alertmanagerTool } from "./observability/alertmanager.ts";
import { configCheckersTool } from "./observability/config-checkers.ts";
import { jaegerTool } from "./observability/jaeger.ts";
import { promtoolTool } from "./observability/promtool.ts";
import { victoriaLogsTool, victoriaMetricsTool } from "./observability/victoria.ts";
import { nodeTool } from "./programs/node.ts";
import { postgresTool } from "./programs/postgres.ts";
import { redisTool } from "./programs/redis.ts";
import { pulumiTool } from "./pulumi/pulumi.ts";
import type { Tool } from "./tool.ts";

/** What the platform needs, in the order of installation: dependencies first, the slowest last. */
export const platformTools: Tool[] = [
  nodeTool,
  postgresTool,
  redisTool,
  javaTool,
  mavenTool,
  kafkaTool,
  victoriaLogsTool,
  victoriaMetricsTool,
  pulumiTool,
];

/** Stores of logs, traces and metrics: a stack without observability needs none of them. */
export const storeTools: Tool[] = [victoriaLogsTool, victoriaMetricsTool];

/** What `make up PROFILE=full` needs besides. */
export const fullProfileTools: Tool[] = [alertmanagerTool, jaegerTool];

/** What `make up` of a stack in a cluster needs. */
export const engineTools: Tool[] = [nodeTool, pulumiTool];

/** The control plane of the cluster tests; nothing else needs it. */
export const controlPlaneTools: Tool[] = [etcdTool, customResourcesTool, kubernetesTool, kwokTool];

/** What checks dashboards, alerts and configurations in tests; nothing else needs them. */
export const observabilityTestTools: Tool[] = [promtoolTool, configCheckersTool];
