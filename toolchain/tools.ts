import { customResourcesTool } from "./control-plane/custom-resources.ts";
import { etcdTool } from "./control-plane/etcd.ts";
import { kubernetesTool } from "./control-plane/kubernetes.ts";
import { kwokTool } from "./control-plane/kwok.ts";
import { javaTool } from "./kafka/java.ts";
import { kafkaTool } from "./kafka/kafka.ts";
import { mavenTool } from "./kafka/maven.ts";
import { nodeTool } from "./programs/node.ts";
import { postgresTool } from "./programs/postgres.ts";
import { redisTool } from "./programs/redis.ts";
import { goTool } from "./pulumi/go.ts";
import { pulumiTool } from "./pulumi/pulumi.ts";
import type { Tool } from "./tool.ts";

/**
 * In the order in which they are looked for and brought: what others need comes first, what takes
 * longest last.
 */
export const platformTools: Tool[] = [
  nodeTool,
  postgresTool,
  redisTool,
  javaTool,
  mavenTool,
  kafkaTool,
  goTool,
  pulumiTool,
];

/** What a stack in a cluster needs of this machine. */
export const engineTools: Tool[] = [nodeTool, goTool, pulumiTool];

/**
 * What the tests of the Kubernetes half need beside those: a control plane of their own. Nothing
 * else asks for it.
 */
export const controlPlaneTools: Tool[] = [etcdTool, customResourcesTool, kubernetesTool, kwokTool];
