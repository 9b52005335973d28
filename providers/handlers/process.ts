import "./host/orphan-watch.ts";
import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { apply, describeExit, hasSpec, ping, remove, status } from "@plinth/local/supervisor/client.ts";
import type { ProcessSpec } from "@plinth/local/supervisor/spec.ts";
import type { Handler } from "../dynamic-resource.ts";
import type { ProcessInputs, ProcessOutputs } from "../process.ts";
import { findProcessFailures } from "./checks/process.ts";
import { printDiagnostic } from "./host/diagnostics.ts";

/**
 * Its existence makes the list complete: a field that is added to the specification must be added
 * here.
 */
const SPEC_FIELDS: Record<keyof ProcessSpec, true> = {
  command: true,
  args: true,
  environment: true,
  secrets: true,
  cwd: true,
  files: true,
  init: true,
  ports: true,
  ready: true,
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
    const found = hasProcess(olds) ? await findIncident(olds, news) : "";
    // A missing supervisor tells of all its processes itself.
    if (found !== "" && found !== SUPERVISOR_DOWN) printDiagnostic(`process '${olds.process}': ${found}`);
    return { inputs: { ...news, incident: found }, failures: findProcessFailures(news) };
  },

  async diff(_id, olds, news) {
    const same =
      isDeepStrictEqual(toSpec(olds), toSpec(news)) &&
      olds.supervisor === news.supervisor &&
      olds.process === news.process;
    // The engine also asks this of a refresh, where the incident that `read` has found is on the
    // old side.
    return { changes: !same || news.incident !== "" || olds.incident !== "" };
  },

  /**
   * The id owns the process: when a renamed resource has taken it over, deleting the old one leaves
   * it alone.
   */
  async create(inputs) {
    const id = `${inputs.process}-${randomUUID().slice(0, 8)}`;
    await apply(inputs.supervisor, inputs.process, toSpec(inputs), id);
    return { id, outs: toOutputs(inputs) };
  },

  async read(id, props) {
    return { id, props: { ...props, incident: await findIncident(props) } };
  },

  async update(id, olds, news) {
    const moved = olds.supervisor !== news.supervisor || olds.process !== news.process;
    if (moved) await remove(olds.supervisor, olds.process, id);
    await apply(news.supervisor, news.process, toSpec(news), id);
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

/** Nothing that changes by itself, as a pid does: a second `up` must find nothing to do. */
function toOutputs(inputs: ProcessInputs): ProcessOutputs {
  return { ...inputs, incident: "", readyPorts: inputs.ports };
}

function hasProcess(olds: Partial<ProcessInputs>): olds is ProcessInputs {
  return olds.supervisor !== undefined && olds.process !== undefined && olds.command !== undefined;
}

/**
 * Why the process is not running and ready as it was recorded, nor as it is `wanted` by now, as
 * after `make dev`; empty when it is.
 */
async function findIncident(recorded: ProcessInputs, wanted = recorded): Promise<string> {
  const { supervisor, process } = recorded;
  const found = (await status(supervisor)).find(({ name }) => name === process);
  if (found === undefined) return (await ping(supervisor)) ? "not running; will be started again" : SUPERVISOR_DOWN;
  const last = found.lastExit ? describeExit(found.lastExit) : "never ran";
  switch (found.state) {
    case "ready":
      for (const spec of [recorded, wanted]) if (await hasSpec(supervisor, process, toSpec(spec))) return "";
      return "runs with another configuration; will be restarted with this one";
    case "starting":
      return "started, but not ready yet; will be waited for";
    case "backing-off":
      return `${last} and is restarted again and again (${found.restarts} times so far); will be started again`;
    case "stopped":
    case "failed":
      return `${found.state}: ${last} at ${found.since}; will be started again`;
  }
}
