import { defaulted } from "@plinth/local/validation/defaults.ts";
import {
  byName,
  flag,
  listOf,
  matching,
  object,
  oneOf,
  optional,
  text,
  wholeNumber,
} from "@plinth/local/validation/rules.ts";
import { Type } from "@plinth/local/validation/typebox.ts";
import { resourcesRule } from "../base/resources.ts";
import { sized } from "../base/sizes.ts";
import { citusRule } from "../citus/settings.ts";
import { gatewayRule } from "../gateway/settings.ts";
import { observabilityRule } from "../observability/settings.ts";
import { redisRule } from "../redis/settings.ts";
import { redpandaRule } from "../redpanda/settings.ts";
import { environmentRule } from "../service/variables.ts";
import { tenantsRule } from "../tenants/declaration-rule.ts";

// Every configuration key of a stack: the reader, its sentences, the operator page's table and the
// JSON Schema of Pulumi.*.yaml come from here. A new key is one entry.

/** The project's name, which each key begins with in a stack's file. */
export const PROJECT = "plinth";

/** Keys of every stack. */
export const commonSettings = object({
  runtime: defaulted(oneOf(["process", "kubernetes"]), { default: "process" }),
  tenants: defaulted(tenantsRule, { default: "10001" }),
  environment: defaulted(environmentRule, { default: {} }),
  observability: defaulted(observabilityRule, { default: {} }),
  databasePassword: optional(
    text("a password", {
      secret: true,
      absent: "`app` [generated]",
      description: "of the role `app`, which follows it at the next `up`. Required for an external database",
    }),
  ),
  cachePassword: optional(
    text("a password", {
      secret: true,
      absent: "none [generated]",
      description: "of an external cache, or of ours in a cluster",
    }),
  ),
  rotation: defaulted(
    Type.String({ expected: "a text", description: "another text generates every generated password again" }),
    { default: "1" },
  ),
  destroyable: defaulted(
    listOf(["citus", "redpanda", "redis"], {
      description: "parts that production may delete: `citus`, `redpanda`, `redis`",
    }),
    {
      default: [],
    },
  ),
});

/** Keys of stacks in a cluster. */
export const clusterSettings = object({
  profile: defaulted(
    oneOf(["development", "production"], {
      description: "sizes, generated passwords, protection, images by digest",
    }),
    { default: "development" },
  ),
  namespace: defaulted(
    matching(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, "lower-case letters, digits and dashes, 63 at most", {
      description: "where everything is",
    }),
    { default: "dev-infra" },
  ),
  kubernetesContext: optional(
    Type.String({
      expected: "the name of a context",
      absent: "the current one",
      description: "name of a context of the kubeconfig",
    }),
  ),
  stackId: optional(
    matching(/^[A-Za-z0-9][A-Za-z0-9-]{7,62}$/, "8 to 63 letters, digits and dashes", {
      absent: "chosen at the first `up`, and kept with the state",
      description:
        "identity of the stack in its cluster; [another stack's](#whose-a-namespace-is) takes over its namespace",
    }),
  ),
  citus: defaulted(citusRule, { default: {} }),
  redpanda: defaulted(redpandaRule, { default: {} }),
  redis: defaulted(redisRule, { default: {} }),
  services: defaulted(
    object(
      {
        minReplicas: defaulted(
          wholeNumber(1, 1000),
          sized(({ service }) => service.replicas.min),
        ),
        maxReplicas: defaulted(
          wholeNumber(1, 1000, { description: "of each service" }),
          sized(({ service }) => service.replicas.max),
        ),
      },
      { runtime: "kubernetes" },
    ),
    { default: {} },
  ),
  resources: defaulted(
    byName(resourcesRule(), {
      expected: "resources by service",
      absent: "the descriptor's, else the profile's",
      description:
        "`requests` and `limits` of each service by its name, in place of those of its `plinth.json` and of the sizes above",
    }),
    { default: {} },
  ),
  images: defaulted(
    byName(
      matching(/@sha256:[0-9a-f]{64}$/, "an image with its digest, as in 'registry.example.com/wallet@sha256:…'"),
      {
        expected: "images by service, each with its digest, as in 'registry.example.com/wallet@sha256:…'",
        absent: "built from the sources [required]",
        description: "image of each service, with its digest",
      },
    ),
    { default: {} },
  ),
  gateway: optional(gatewayRule),
  keda: defaulted(
    flag({
      description: "`true`: consumer lag decides on replicas, too. KEDA is then in the cluster, in namespace `keda`",
    }),
    { default: false },
  ),
});

/** Keys of stacks of processes on one machine. */
export const processSettings = object({
  portOffset: defaulted(
    // 40,000 leaves every default port a port.
    wholeNumber(0, 40_000, { description: "added to every port" }),
    { default: 0 },
  ),
  allowedHosts: defaulted(
    Type.Array(matching(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/, "a host name in lower case, without port"), {
      expected: "a list of host names in lower case, without ports",
      description:
        "names, besides the loopback's, under which the stack's HTTP servers answer; requests under others get 421",
    }),
    { default: [] },
  ),
  directory: optional(
    Type.String({
      expected: "a path",
      absent: "`.plinth/STACK`",
      description: "data and logs",
    }),
  ),
});
