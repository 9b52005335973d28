import { isAbsolute } from "node:path";
import { isName } from "@plinth/runtime/supervisor/client.ts";
import * as rpc from "@pulumi/pulumi/runtime/rpc.js";
import type { Failure } from "../dynamic.ts";
import type { ProcessInputs } from "../process.ts";

/** A sentence for each mistake. What a preview cannot know yet is not judged. */
export function processFailures(news: ProcessInputs): Failure[] {
  const failures: Failure[] = [];
  // No property is named: the engine would print its value as it is, a secret too.
  const refuse = (reason: string) => failures.push({ property: "", reason: `process '${news.process}': ${reason}` });

  if (!isName(news.process)) refuse("its name must be 1 to 63 of a-z 0-9 . - and not 'supervisor'");
  for (const property of ["supervisor", "cwd"] as const) {
    if (!absolute(news[property])) refuse(`${property} is '${news[property]}', but must be an absolute path`);
  }
  if (news.command === "") refuse("command is empty");
  for (const path of keysOf(news.files).filter((name) => !isAbsolute(name))) refuse(`file '${path}' must be an absolute path`);
  if (known(news.init)) {
    for (const { creates } of news.init.filter((step) => !absolute(step.creates)))
      refuse(`creates is '${creates}', but must be an absolute path`);
  }
  for (const reason of portMistakes(news.ports)) refuse(reason);
  for (const reason of probeMistakes(news)) refuse(reason);
  if (known(news.readyTimeoutSeconds) && !(news.readyTimeoutSeconds > 0))
    refuse(`readyTimeoutSeconds is ${news.readyTimeoutSeconds}, but must be above 0`);
  if (known(news.stop) && known(news.stop.graceSeconds) && !(news.stop.graceSeconds >= 0))
    refuse(`graceSeconds is ${news.stop.graceSeconds}, but must be at least 0`);
  return failures;
}

function portMistakes(ports: ProcessInputs["ports"]): string[] {
  if (!known(ports)) return [];
  const purposes = new Map<number, string>();
  return Object.entries(ports).flatMap(([purpose, port]) => {
    if (!known(port)) return [];
    if (!isPort(port)) return [`port '${purpose}' is ${port}, but a port is a whole number from 1 to 65535`];
    const other = purposes.get(port);
    purposes.set(port, purpose);
    return other === undefined ? [] : [`ports '${other}' and '${purpose}' are both ${port}`];
  });
}

function probeMistakes({ ready, ports }: ProcessInputs): string[] {
  if (!known(ready)) return [];
  if (ready.kind === "log") return ready.line === "" ? ["the line that its probe waits for is empty"] : [];
  const mistakes: string[] = [];
  if (ready.kind === "http" && known(ready.path) && !ready.path.startsWith("/"))
    mistakes.push(`the path '${ready.path}' of its probe must begin with '/'`);
  if (known(ports) && known(ready.port) && Object.values(ports).every(known) && !Object.values(ports).includes(ready.port)) {
    mistakes.push(`its probe asks port ${ready.port}, which is none of its ports (${Object.values(ports).join(", ") || "it has none"})`);
  }
  return mistakes;
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65_535;
}

function absolute(path: string): boolean {
  return !known(path) || isAbsolute(path);
}

function keysOf(record: Record<string, string>): string[] {
  return known(record) ? Object.keys(record) : [];
}

/** During a preview a value that is an output of something not yet made is this placeholder. */
function known(value: unknown): boolean {
  return value !== rpc.unknownValue;
}
