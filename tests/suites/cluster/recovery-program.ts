// Replaces index.ts in the test of killed engines: objects that need no pod.

import { ConfigMap } from "@pulumi/kubernetes/core/v1/configMap.js";
import { Service } from "@pulumi/kubernetes/core/v1/service.js";
import { ServiceAccount } from "@pulumi/kubernetes/core/v1/serviceAccount.js";
import type { KubernetesRuntime } from "../../../components/base/runtime.ts";
import { readConfig } from "../../../components/config/config.ts";
import { objectMetadata } from "../../../components/kubernetes/metadata.ts";
import { createRuntime } from "../../../components/namespace/create-runtime.ts";

const runtime = createRuntime(readConfig().runtime) as KubernetesRuntime;
const { provider } = runtime;
let before: ConfigMap | undefined;
for (const name of ["one", "two", "three", "four"]) {
  const metadata = objectMetadata(name, runtime);
  // One after the other, so that an engine can be killed in between.
  const opts = { provider, ...(before && { dependsOn: before }) };
  new Service(name, { metadata, spec: { ports: [{ port: 80 }] } }, opts);
  new ServiceAccount(name, { metadata }, opts);
  before = new ConfigMap(name, { metadata, data: { name } }, opts);
}

export const endpoints = {};
export const environment = {};
export const location = runtime.cluster;
