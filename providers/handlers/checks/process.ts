import { isAbsolute } from "node:path";
import { isProcessName } from "@plinth/local/supervisor/spec.ts";
import type { CheckFailure } from "../../dynamic-resource.ts";
import type { ProcessInputs } from "../../process.ts";
import { isUnknown } from "../host/inputs.ts";

/** Finds mistakes, a sentence each. Skips values that a preview does not know yet. */
export function findProcessFailures(news: ProcessInputs): CheckFailure[] {
  const failures: CheckFailure[] = [];
  // Names no property, because the engine would print its value, even a secret.
  const refuse = (reason: string) => failures.push({ property: "", reason: `process '${news.process}': ${reason}` });

  if (!isProcessName(news.process)) refuse("its name must be 1 to 63 of a-z 0-9 . - and not 'supervisor'");
  for (const property of ["supervisor", "cwd"] as const) {
    if (!isAbsoluteIfKnown(news[property])) refuse(`${property} is '${news[property]}', but must be an absolute path`);
  }
  if (news.command === "") refuse("command is empty");
  for (const path of knownKeys(news.files).filter((name) => !isAbsolute(name)))
    refuse(`file '${path}' must be an absolute path`);
  if (!isUnknown(news.init)) {
    for (const { creates } of news.init.filter((step) => !isAbsoluteIfKnown(step.creates)))
      refuse(`creates is '${creates}', but must be an absolute path`);
  }
  for (const reason of findPortErrors(news.ports)) refuse(reason);
  for (const reason of findProbeErrors(news)) refuse(reason);
  if (!isUnknown(news.readyTimeoutSeconds) && !(news.readyTimeoutSeconds > 0))
    refuse(`readyTimeoutSeconds is ${news.readyTimeoutSeconds}, but must be above 0`);
  if (!isUnknown(news.stop) && !isUnknown(news.stop.graceSeconds) && !(news.stop.graceSeconds >= 0))
    refuse(`graceSeconds is ${news.stop.graceSeconds}, but must be at least 0`);
  return failures;
}

function findPortErrors(ports: ProcessInputs["ports"]): string[] {
  if (isUnknown(ports)) return [];
  const purposes = new Map<number, string>();
  return Object.entries(ports).flatMap(([purpose, port]) => {
    if (isUnknown(port)) return [];
    if (!isPort(port)) return [`port '${purpose}' is ${port}, but a port is a whole number from 1 to 65535`];
    const other = purposes.get(port);
    purposes.set(port, purpose);
    return other === undefined ? [] : [`ports '${other}' and '${purpose}' are both ${port}`];
  });
}

function findProbeErrors({ ready, ports }: ProcessInputs): string[] {
  if (isUnknown(ready)) return [];
  if (ready.kind === "log") return ready.line === "" ? ["the line that its probe waits for is empty"] : [];
  const mistakes: string[] = [];
  if (ready.kind === "http" && !isUnknown(ready.path) && !ready.path.startsWith("/"))
    mistakes.push(`the path '${ready.path}' of its probe must begin with '/'`);
  if (
    !isUnknown(ports) &&
    !isUnknown(ready.port) &&
    Object.values(ports).every((port) => !isUnknown(port)) &&
    !Object.values(ports).includes(ready.port)
  ) {
    mistakes.push(
      `its probe asks port ${ready.port}, which is not one of its ports (${Object.values(ports).join(", ") || "it has none"})`,
    );
  }
  return mistakes;
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65_535;
}

function isAbsoluteIfKnown(path: string): boolean {
  return isUnknown(path) || isAbsolute(path);
}

function knownKeys(record: Record<string, string>): string[] {
  return !isUnknown(record) ? Object.keys(record) : [];
}
