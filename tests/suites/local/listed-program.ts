// Replaces index.ts in tests about processes: it runs those that processes.json lists.

import { readFileSync } from "node:fs";
import { Process } from "@plinth/providers/process.ts";
import type { ProcessRuntime } from "../../../components/base/runtime.ts";
import { readConfig } from "../../../components/config/config.ts";
import { createRuntime, type ProcessRuntimeSettings } from "../../../components/namespace/create-runtime.ts";
import { processDefaults } from "../../../components/process/defaults.ts";

const settings = readConfig().runtime as ProcessRuntimeSettings;
const runtime = createRuntime(settings) as ProcessRuntime;
const listed = JSON.parse(readFileSync(new URL("processes.json", import.meta.url), "utf8")) as {
  name: string;
  port: number;
  program: string;
}[];
for (const { name, port, program } of listed) {
  const spec = {
    ...processDefaults(`${settings.directory}/${name}`),
    command: process.execPath,
    args: ["-e", program],
    environment: { PORT: String(port) },
    ports: { http: port },
    ready: { kind: "tcp" as const, port },
  };
  new Process(name, { runtime, process: name, spec });
}

export const endpoints = {};
export const environment = {};
export const location = { directory: runtime.directory };
