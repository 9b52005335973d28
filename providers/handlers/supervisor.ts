import { randomUUID } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { ensureSupervisor, findAbandoned, stopAll } from "@plinth/local/supervisor/client.ts";
import { printDiagnostic } from "../clients/diagnostics.ts";
import type { CheckFailure, Handler } from "../dynamic-resource.ts";
import type { SupervisorInputs, SupervisorOutputs } from "../supervisor.ts";

/**
 * File with the id of the resource that owns the supervisor. A renamed resource takes the
 * supervisor over, and deleting the old one must not stop it.
 */
const ownerPath = (directory: string) => join(directory, "supervisor", "owner");

export const handler: Handler<SupervisorInputs, SupervisorOutputs> = {
  async check(olds, news) {
    const failures: CheckFailure[] = isAbsolute(news.directory)
      ? []
      : [{ property: "directory", reason: `directory is '${news.directory}', but must be an absolute path` }];
    const incident = olds.directory === undefined ? "" : await findIncident(olds.directory);
    if (incident !== "") printDiagnostic(incident);
    return { inputs: { ...news, incident }, failures };
  },

  async diff(_id, olds, news) {
    // The engine also calls this for a refresh, with the incident that `read` found in the old
    // values.
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

  /** Another directory means another supervisor. Its processes follow: their inputs changed too. */
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
    // The directory was deleted: the supervisor stops everything itself when it notices.
    return undefined;
  }
}
