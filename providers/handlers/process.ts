import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { apply, hasSpec, ping, remove, status } from "@plinth/local/supervisor/client.ts";
import { describeExit } from "@plinth/local/supervisor/process/failure.ts";
import type { ProcessSpec } from "@plinth/local/supervisor/spec.ts";
import { printDiagnostic } from "../clients/diagnostics.ts";
import type { Handler } from "../dynamic-resource.ts";
import type { ProcessInputs, ProcessOutputs } from "../process.ts";
import { findProcessFailures } from "./checks/process.ts";

/**
 * The type requires every field, so a field that is added to the specification is added here too.
 */
const SPEC_FIELDS: Record<keyof ProcessSpec, true> = {
  command: true,
  args: true,
  environment: true,
  secrets: true,
  cwd: true,
  files: true,
  init: true,
  pidFiles: true,
  ports: true,
  ready: true,
  live: true,
  readyTimeoutSeconds: true,
  restart: true,
  stop: true,
  dropRoot: true,
  revision: true,
  handover: true,
};

const SUPERVISOR_DOWN = "its supervisor does not run; both will be started again";

export const handler: Handler<ProcessInputs, ProcessOutputs> = {
  async check(olds, news) {
    const incident = hasProcess(olds) ? await findIncident(olds, news) : "";
    // The supervisor's own resource says that it does not run, once for all its processes.
    if (incident !== "" && incident !== SUPERVISOR_DOWN) printDiagnostic(`process '${olds.process}': ${incident}`);
    return { inputs: { ...news, incident }, failures: findProcessFailures(news) };
  },

  async diff(_id, olds, news) {
    const same =
      isDeepStrictEqual(toSpec(olds), toSpec(news)) &&
      olds.supervisor === news.supervisor &&
      olds.process === news.process;
    // The engine also calls this for a refresh, with the incident that `read` found in the old
    // values.
    return { changes: !same || news.incident !== "" || olds.incident !== "" };
  },

  /**
   * The id owns the process: once a renamed resource has taken the process over, deleting the old
   * resource does not stop it.
   */
  async create(inputs) {
    const id = `${inputs.process}-${randomUUID().slice(0, 8)}`;
    await apply(inputs.supervisor, inputs.process, toSpec(inputs), id, printDiagnostic);
    return { id, outs: toOutputs(inputs) };
  },

  async read(id, props) {
    return { id, props: { ...props, incident: await findIncident(props) } };
  },

  async update(id, olds, news) {
    const moved = olds.supervisor !== news.supervisor || olds.process !== news.process;
    if (moved) await remove(olds.supervisor, olds.process, id);
    await apply(news.supervisor, news.process, toSpec(news), id, printDiagnostic);
    return { outs: toOutputs(news) };
  },

  async delete(id, { supervisor, process }) {
    await remove(supervisor, process, id);
  },
};

function toSpec(inputs: ProcessInputs): ProcessSpec {
  return Object.fromEntries(
    Object.keys(SPEC_FIELDS).map((field) => [field, inputs[field as keyof ProcessSpec]]),
  ) as unknown as ProcessSpec;
}

/** Leaves out what changes by itself, as a pid does: a second `up` must find nothing to do. */
function toOutputs(inputs: ProcessInputs): ProcessOutputs {
  return { ...inputs, incident: "", readyPorts: inputs.ports };
}

function hasProcess(olds: Partial<ProcessInputs>): olds is ProcessInputs {
  return olds.supervisor !== undefined && olds.process !== undefined && olds.command !== undefined;
}

/**
 * Says why the process is not ready with the recorded specification, nor with the declared one, as
 * it is after `make dev`; "" if it is ready.
 */
async function findIncident(recorded: ProcessInputs, declared = recorded): Promise<string> {
  const { supervisor, process } = recorded;
  const current = (await status(supervisor)).find(({ name }) => name === process);
  if (current === undefined) return (await ping(supervisor)) ? "not running; will be started again" : SUPERVISOR_DOWN;
  const lastExit = current.lastExit ? describeExit(current.lastExit) : "never ran";
  switch (current.state) {
    case "ready":
      for (const spec of [recorded, declared]) if (await hasSpec(supervisor, process, toSpec(spec))) return "";
      return "runs with another configuration; will be restarted with this one";
    case "starting":
      return "started, but not ready yet; will be waited for";
    case "unready":
      return "was ready, but no longer answers its probe; will be waited for";
    case "backing-off":
      return `${lastExit} and is restarted again and again (${current.restarts} times so far); will be started again`;
    case "stopped":
    case "failed":
      return `${current.state}: ${lastExit} at ${current.since}; will be started again`;
  }
}
