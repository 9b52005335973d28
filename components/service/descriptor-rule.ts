import { byName, flag, listOf, matching, object, oneOf, optional, text } from "@plinth/local/validation/rules.ts";
import { Type } from "@plinth/local/validation/typebox.ts";
import { catalog } from "@plinth/schemas/catalog.ts";
import type { Static } from "typebox";
import { resourcesRule } from "../base/resources.ts";
import { sloRule } from "../observability/slo.ts";
import { serviceName } from "./name.ts";

const topics = catalog.map(({ topic }) => topic);
const topicNames = topics.join(", ");
const topicList = () => listOf(topics, { expected: `a list of topics of the catalogue (${topicNames})` });
const path = (description: string) => matching(/^\//, "a path that starts with /", { description });
const command = (description?: string) =>
  Type.Unsafe<[string, ...string[]]>(
    Type.Array(Type.String({ minLength: 1 }), {
      minItems: 1,
      ...(description !== undefined && { description, expected: "a list: a program and its arguments" }),
    }),
  );

/** A counter of what the business does, such as placed bets. */
const businessMetric = object({
  metric: matching(/^[a-z][a-z0-9_]*_total$/, "the name of a counter, which ends in _total", {
    description: "Name of the counter, without the prefix of `metricsPrefix`.",
  }),
  title: text("a title, such as 'Bets placed'"),
  unit: optional(oneOf(["events", "cents"], { description: "What it counts.", default: "events" })),
});

/** A service's `plinth.json`: everything that the program knows of it. */
export const descriptorRule = object({
  $schema: optional(
    text("a path to plinth.schema.json", { description: "Lets an editor complete and check the file." }),
  ),
  name: serviceName({
    description: "Also the service's process, its Kubernetes name and the owner of its database migrations.",
  }),
  description: text("a sentence", { description: "What the service is for." }),
  port: Type.Integer({
    minimum: 1,
    maximum: 25_535,
    expected: "a port from 1 to 25535, so that a port offset can be added",
    description: "TCP port, before the stack's port offset.",
  }),
  command: command(
    "Program and arguments, run from the root of the repository; from the service's folder when it stands alone.",
  ),
  build: optional(
    Type.Array(command(), {
      minItems: 1,
      expected: "a list of lists: programs and their arguments",
      description:
        "Programs and arguments that prepare it, in this order and in its own folder, once for each state of its sources.",
    }),
  ),
  probes: object({ live: path("Answers 2xx while alive."), ready: path("Answers 2xx while able to serve.") }),
  metrics: path("Path of its metrics."),
  metricsPrefix: optional(
    matching(/^[a-z][a-z0-9]*_$/, "lower-case letters and digits that end in _, such as 'pinstack_'", {
      description: "Begins the names of all its metrics: the service gets it as `METRICS_PREFIX`.",
    }),
  ),
  slo: optional(sloRule),
  business: optional(
    Type.Array(businessMetric, {
      expected: "a list of { metric, title, unit }",
      description: "Counters that the dashboard Business Metrics shows.",
    }),
  ),
  openapi: path("Path of its OpenAPI document."),
  needs: listOf(["database", "cache", "broker", "registry"], { description: "What it needs of the platform." }),
  topics: object({ produces: topicList(), consumes: topicList() }),
  groups: optional(
    byName(Type.Enum(topics, { expected: `a topic of the catalogue (${topicNames})` }), {
      expected: `{ group: topic }, each a topic of the catalogue (${topicNames})`,
      description: "Consumer groups and the topic that each reads; with KEDA, their lag scales the replicas.",
    }),
  ),
  tenant: oneOf(["header", "optional", "none"], {
    description:
      "`header`: every request names its tenant in `X-Tenant-Id`. `optional`: a request without that header belongs to the tenant of `DEFAULT_TENANT_ID`. `none`: it serves no tenant in particular.",
  }),
  public: optional(
    flag({
      description: "Whether the gateway, where a stack has one, admits requests from outside.",
      default: false,
    }),
  ),
  migrations: optional(
    text("a folder relative to the root of the repository", {
      description:
        "Folder of ordered SQL files, relative to the root of the repository, or to its own folder when it stands alone. Absent: no tables.",
    }),
  ),
  resources: optional(
    object(
      { development: optional(resourcesRule()), production: optional(resourcesRule()) },
      {
        description:
          "What a replica asks for and may take, by profile, in place of the platform's sizes; a stack's configuration may say otherwise.",
      },
    ),
  ),
  template: optional(
    object(
      { name: text("the name of a template"), version: Type.Integer({ minimum: 1, expected: "a version, from 1" }) },
      { description: "What its files were generated from, so that `make upgrade-service` can merge a newer version." },
    ),
  ),
});

export type ServiceDescriptor = Static<typeof descriptorRule>;

/** What a service may need of the platform. */
export type Need = ServiceDescriptor["needs"][number];
