import { UserError } from "@plinth/local/user-error.ts";
import { defaulted, type Filled } from "@plinth/local/validation/defaults.ts";
import {
  byName,
  hostName,
  httpUrl,
  listOf,
  matching,
  object,
  oneOf,
  optional,
  text,
  wholeNumber,
} from "@plinth/local/validation/rules.ts";
import { Type } from "@plinth/local/validation/typebox.ts";
import { images } from "../../base/images.ts";
import type { Profile } from "../../base/runtime.ts";

/** A vendor's address: with `user` basic authentication, with `password` alone a bearer token. */
const externalAddress = (description: string) =>
  optional(
    object(
      {
        url: httpUrl({ encryptable: true }),
        user: optional(text("a user name", { encryptable: true })),
        password: optional(text("a password or token", { encryptable: true })),
      },
      { description },
    ),
  );

const bucket = () => matching(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, "the name of a bucket");

const toolNames = ["elk", "pgadmin", "redisinsight", "console"] as const;
const imageNames = Object.keys(images) as (keyof typeof images)[];

/** Fields of the configuration key `observability` that stacks in a cluster read. */
export const clusterObservabilityFields = {
  mode: defaulted(
    oneOf(["built-in", "operator", "external"], {
      description: "who keeps metrics: this stack, the cluster's kube-prometheus-stack, or a vendor; not in `local`",
    }),
    { default: "built-in" },
  ),
  monitoringNamespace: defaulted(
    hostName({ description: "with `operator`, the namespace of kube-prometheus-stack, whose pods may read metrics" }),
    { default: "monitoring" },
  ),
  operatorLabels: defaulted(
    byName(text("a label's value"), {
      description: "with `operator`, labels by which Prometheus selects monitors and rules",
    }),
    { default: { release: "kube-prometheus-stack" } },
  ),
  external: optional(
    object(
      {
        otlp: externalAddress("takes traces by OTLP over HTTP"),
        loki: externalAddress("takes logs by Loki's push"),
        remoteWrite: externalAddress("takes metrics by Prometheus' remote write"),
      },
      {
        description:
          "addresses `otlp`, `loki`, `remoteWrite`, each with `url`, `user`, `password`; `external` needs all three",
      },
    ),
  ),
  objectStorage: optional(
    object(
      {
        endpoint: httpUrl({ description: "of an S3 service" }),
        region: defaulted(text("a region"), { default: "us-east-1" }),
        logsBucket: bucket(),
        tracesBucket: bucket(),
        accessKey: optional(text("an access key", { encryptable: true })),
        secretKey: optional(text("a secret key", { encryptable: true })),
      },
      { description: "where Loki and Tempo keep logs and traces; without it each is one server with one volume" },
    ),
  ),
  tenantDataSources: defaulted(
    Type.Array(wholeNumber(10_001, 99_999_999), {
      expected: "a list of tenants' ids",
      description: "tenants that get a Loki data source of their own in Grafana",
    }),
    { default: [] },
  ),
  tools: defaulted(listOf([...toolNames], { description: "web tools: `elk`, `pgadmin`, `redisinsight`, `console`" }), {
    default: [],
  }),
  images: defaulted(
    byName(
      matching(/@sha256:[0-9a-f]{64}$/, "an image with its digest, as in 'registry.example.com/kibana@sha256:…'"),
      {
        expected: "images by name, each with its digest",
        description: "in place of the pinned images, such as `kibana`",
      },
    ),
    { default: {} },
  ),
};

const clusterObservabilityRule = object(clusterObservabilityFields);

/** How a stack in a cluster is observed. */
export type ClusterObservability = Filled<typeof clusterObservabilityRule>;

export type ObservabilityTool = (typeof toolNames)[number];
export type ExternalAddress = NonNullable<NonNullable<ClusterObservability["external"]>["loki"]>;
export type ObjectStorage = NonNullable<ClusterObservability["objectStorage"]>;

/** Which parts a stack runs itself, by mode and external addresses. */
export interface ObservabilityPlan {
  /** Prometheus, Alertmanager, Grafana, and what prints the cluster's metrics. */
  metrics: boolean;
  logs: boolean;
  traces: boolean;
}

export function planObservability({ mode, external = {} }: ClusterObservability): ObservabilityPlan {
  return { metrics: mode === "built-in", logs: external.loki === undefined, traces: external.otlp === undefined };
}

/** The images of each tool. */
const toolImages: Record<ObservabilityTool, (keyof typeof images)[]> = {
  elk: ["elasticsearch", "kibana"],
  pgadmin: ["pgAdmin"],
  redisinsight: ["redisInsight"],
  console: ["console"],
};

/** @throws UserError for fields that contradict each other, and for images without a digest */
export function checkClusterObservability(settings: ClusterObservability, profile: Profile): void {
  const { mode, external = {}, objectStorage } = settings;
  const given = (["otlp", "loki", "remoteWrite"] as const).filter((name) => external[name] !== undefined);
  const missing = (["otlp", "loki", "remoteWrite"] as const).filter((name) => external[name] === undefined);
  if (mode === "external" && missing.length > 0)
    throw new UserError(
      `Configuration 'observability': mode 'external' needs ${missing.map((name) => `'external.${name}.url'`).join(" and ")}; set it, or leave mode at 'built-in'.`,
    );
  if (mode === "built-in" && given.length > 0)
    throw new UserError(
      `Configuration 'observability': 'external.${given[0]}' is not used in mode 'built-in'; set mode to 'external' or 'operator', or remove it.`,
    );
  if (mode === "operator" && external.remoteWrite)
    throw new UserError(
      "Configuration 'observability': 'external.remoteWrite' is not used in mode 'operator', whose Prometheus decides where metrics go; remove it.",
    );
  if ((objectStorage?.accessKey === undefined) !== (objectStorage?.secretKey === undefined))
    throw new UserError(
      "Configuration 'observability': 'objectStorage' has only one of 'accessKey' and 'secretKey'; set both, or neither for the identity of the nodes.",
    );
  const moving = settings.tools
    .flatMap((tool) => toolImages[tool])
    .find((name) => !(settings.images[name] ?? images[name]).includes("@sha256:"));
  if (profile === "production" && moving !== undefined)
    throw new UserError(
      `Configuration 'observability': production runs images by digest, and that of '${moving}' has none; set 'images.${moving}' to ${images[moving].split(":")[0]}@sha256:….`,
    );
  const unknown = Object.keys(settings.images).find((name) => !imageNames.includes(name as never));
  if (unknown !== undefined)
    throw new UserError(
      `Configuration 'observability': 'images.${unknown}' is no image; they are ${imageNames.join(", ")}.`,
    );
}

/** Paths of the values that may only be set with `--secret`. */
export function observabilitySecrets(settings: ClusterObservability & { notify?: { webhook?: string } }): string[] {
  const { external = {}, objectStorage, notify } = settings;
  const addresses = (["otlp", "loki", "remoteWrite"] as const).filter(
    (name) => external[name]?.password !== undefined || hasCredentials(external[name]?.url),
  );
  return [
    // The address of a chat's hook is its password.
    ...(notify?.webhook === undefined ? [] : ["notify.webhook"]),
    ...addresses.map((name) => `external.${name}.${external[name]!.password === undefined ? "url" : "password"}`),
    ...(objectStorage?.secretKey === undefined ? [] : ["objectStorage.secretKey"]),
  ];
}

const hasCredentials = (url: string | undefined) => url !== undefined && new URL(url).password !== "";
