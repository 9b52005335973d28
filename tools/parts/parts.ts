import { customResources } from "./custom-resources.ts";
import { etcd } from "./etcd.ts";
import { go } from "./go.ts";
import { java } from "./java.ts";
import { kafka } from "./kafka.ts";
import { kubernetes } from "./kubernetes.ts";
import { kwok } from "./kwok.ts";
import { maven } from "./maven.ts";
import { node } from "./node.ts";
import type { Part } from "./part.ts";
import { postgres } from "./postgres.ts";
import { pulumi } from "./pulumi.ts";
import { redis } from "./redis.ts";

/** In the order in which they are looked for and brought: what others need comes first, what takes longest last. */
export const parts: Part[] = [node, postgres, redis, java, maven, kafka, go, pulumi];

/** What a stack in a cluster needs of this machine. */
export const engineParts: Part[] = [node, go, pulumi];

/** What the tests of the Kubernetes half need beside those: a control plane of their own. Nothing else asks for it. */
export const clusterParts: Part[] = [etcd, customResources, kubernetes, kwok];
