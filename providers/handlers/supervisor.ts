import "./host/orphan-watch.ts";
import { randomUUID } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { ensureSupervisor, findAbandoned, stopAll } from "@plinth/local/supervisor/client.ts";
import type { CheckFailure, Handler } from "../dynamic-resource.ts";
import type { SupervisorInputs, SupervisorOutputs } from "../supervisor.ts";
import { printDiagnostic } from "./host/diagnostics.ts";

/**
 * Which resource has the supervisor: a renamed one takes it over, and the old one's deletion must
 * not stop it.
 */
const ownerPath = (directory: string) => join(directory, "supervisor", "owner");

export const handler: Handler<SupervisorInputs, SupervisorOutputs> = {
  async check(olds, news) {
    const failures: CheckFailure[] = isAbsolute(news.directory)
      ? []
      : [{ property: "directory", reason: `directory is '${news.directory}', but must be an absolute path` }];
    const found = olds.directory === undefined ? "" : await findIncident(olds.directory);
    if (found !== "") printDiagnostic(found);
    return { inputs: { ...news, incident: found }, failures };
  },

  async diff(_id, olds, news) {
    // The engine also asks this of a refresh, where the incident that `read` has found is on the
    // old side.
    return { changes: news.incident !== "" || olds.incident !== "" || news.directory !== olds.directory };
  },

  async create(inputs) {
    const id = `supervisor-${randomUUID().slice(0, 8)}`;
    await ensureSupervisor(inputs.directory);
    writeFileSync(ownerPath(inputs.directory), id);
    return { id, outs: { ...inputs, incident: "" } };
  },

  async read(id, props) {
    return { id, props: { ...props, incident: await findIncident(props.directory) } };
  },

  /**
   * Another directory is another supervisor; its processes follow, because each of them has changed
   * as well.
   */
  async update(id, olds, news) {
    if (olds.directory !== news.directory) await stopAll(olds.directory);
    await ensureSupervisor(news.directory);
    writeFileSync(ownerPath(news.directory), id);
    return { outs: { ...news, incident: "" } };
  },

  async delete(id, { directory }) {
    if (readOwner(directory) === id) await stopAll(directory);
  },
};

async function findIncident(directory: string): Promise<string> {
  const names = await findAbandoned(directory);
  return names.length === 0
    ? ""
    : `the supervisor was killed while it kept ${names.join(", ")}; it will be started again and take them up`;
}

function readOwner(directory: string): string | undefined {
  try {
    return readFileSync(ownerPath(directory), "utf8");
  } catch {
    // The whole directory was deleted; a supervisor that finds this out stops everything itself.
    return undefined;
  }
}
