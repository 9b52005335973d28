// A smaller program than index.ts, which the tests put in its place where only the engine and the processes count: it is up in half the time.

import { CitusCluster } from "@plinth/components/citus-cluster.ts";
import { PlatformComponent, type ProcessRuntime } from "@plinth/components/component.ts";
import { type ProcessSettings, readConfig } from "@plinth/components/config.ts";
import { stackPasswords } from "@plinth/components/passwords.ts";
import { inFolder } from "@plinth/components/process/spec.ts";
import { Process } from "@plinth/components/providers/process.ts";
import { RedisCache } from "@plinth/components/redis-cache.ts";
import { openRuntime } from "@plinth/components/runtime.ts";

const config = readConfig();
const settings = config.runtime as ProcessSettings;
const runtime = openRuntime(settings) as ProcessRuntime;
const database = new CitusCluster("citus", { runtime, ...stackPasswords(config).database });
const cache = new RedisCache("redis", { runtime });

class Sleepers extends PlatformComponent {
  constructor() {
    super("Sleepers", "sleepers", runtime);
    let before: Process[] = [];
    for (const name of ["first", "second", "third"]) {
      // Long enough in "starting" for an engine to be killed meanwhile, and one after the other.
      const script = "sleep 0.3; echo ready; exec sleep 3600";
      const spec = {
        ...inFolder(`${settings.directory}/${name}`),
        command: "/bin/sh",
        args: ["-c", script],
        ports: {},
        ready: { kind: "log" as const, line: "ready" },
      };
      before = [new Process(this.child(name), { runtime, process: name, spec }, { parent: this, dependsOn: before })];
    }
    this.registerOutputs({});
  }
}
new Sleepers();

export const endpoints = { postgresql: database.endpoint.url, redis: cache.endpoint.url };
export const environment = {};
export const location = { directory: runtime.directory };
