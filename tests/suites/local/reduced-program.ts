// Replaces index.ts in tests that are about the engine and the supervisor: it starts in half the
// time.

import { Process } from "@plinth/providers/process.ts";
import { PlatformComponent } from "../../../components/base/component.ts";
import type { ProcessRuntime } from "../../../components/base/runtime.ts";
import { CitusCluster } from "../../../components/citus/citus-cluster.ts";
import { readConfig } from "../../../components/config/config.ts";
import { createStackPasswords } from "../../../components/config/passwords.ts";
import type { ProcessRuntimeSettings } from "../../../components/namespace/create-runtime.ts";
import { createRuntime } from "../../../components/namespace/create-runtime.ts";
import { processDefaults } from "../../../components/process/defaults.ts";
import { RedisCache } from "../../../components/redis/redis-cache.ts";

const config = readConfig();
const settings = config.runtime as ProcessRuntimeSettings;
const runtime = createRuntime(settings) as ProcessRuntime;
const database = new CitusCluster("citus", { runtime, ...createStackPasswords(config).database });
const cache = new RedisCache("redis", { runtime });

class Sleepers extends PlatformComponent {
  constructor() {
    super("Sleepers", "sleepers", runtime);
    let before: Process[] = [];
    for (const name of ["first", "second", "third"]) {
      // They start slowly and one after the other, so that an engine can be killed meanwhile.
      const script = "sleep 0.3; echo ready; exec sleep 3600";
      const spec = {
        ...processDefaults(`${settings.directory}/${name}`),
        command: "/bin/sh",
        args: ["-c", script],
        ports: {},
        ready: { kind: "log" as const, line: "ready" },
      };
      before = [
        new Process(this.childName(name), { runtime, process: name, spec }, { parent: this, dependsOn: before }),
      ];
    }
    this.registerOutputs({});
  }
}
new Sleepers();

export const endpoints = { postgresql: database.endpoint.url, redis: cache.endpoint.url };
export const environment = {};
export const location = { directory: runtime.directory };
