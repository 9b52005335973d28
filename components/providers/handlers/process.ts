import "./orphan-watch.ts";
import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { apply, exitText, ping, remove, runs, status } from "@plinth/runtime/supervisor/client.ts";
import type { ProcessSpec } from "@plinth/runtime/supervisor/spec.ts";
import type { Handler } from "../dynamic.ts";
import type { ProcessInputs, ProcessOutputs } from "../process.ts";
import { tell } from "./plan.ts";
import { processFailures } from "./process-checks.ts";

/** Its existence makes the list complete: a field that is added to the specification must be added here. */
const FIELDS: Record<keyof ProcessSpec, true> = {
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

const UNSUPERVISED = "its supervisor does not run; both will be started again";

export const handler: Handler<ProcessInputs, ProcessOutputs> = {
  async check(olds, news) {
    const found = isComplete(olds) ? await incident(olds, news) : "";
    // A missing supervisor tells of all its processes itself.
    if (found !== "" && found !== UNSUPERVISED) tell(`process '${olds.process}': ${found}`);
    return { inputs: { ...news, incident: found }, failures: processFailures(news) };
  },

  async diff(_id, olds, news) {
    const same = isDeepStrictEqual(specOf(olds), specOf(news)) && olds.supervisor === news.supervisor && olds.process === news.process;
    // The engine also asks this of a refresh, where the incident that `read` has found is on the old side.
    return { changes: !same || news.incident !== "" || olds.incident !== "" };
  },

  /** The id owns the process: when a renamed resource has taken it over, deleting the old one leaves it alone. */
  async create(inputs) {
    const id = `${inputs.process}-${randomUUID().slice(0, 8)}`;
    await apply(inputs.supervisor, inputs.process, specOf(inputs), id);
    return { id, outs: outputs(inputs) };
  },

  async read(id, props) {
    return { id, props: { ...props, incident: await incident(props) } };
  },

  async update(id, olds, news) {
    const moved = olds.supervisor !== news.supervisor || olds.process !== news.process;
    if (moved) await remove(olds.supervisor, olds.process, id);
    await apply(news.supervisor, news.process, specOf(news), id);
    return { outs: outputs(news) };
  },

  async delete(id, { supervisor, process }) {
    await remove(supervisor, process, id);
  },
};

function specOf(inputs: ProcessInputs): ProcessSpec {
  return Object.fromEntries(Object.keys(FIELDS).map((field) => [field, inputs[field as keyof ProcessSpec]])) as unknown as ProcessSpec;
}

/** Nothing that changes by itself, as a pid does: a second `up` must find nothing to do. */
function outputs(inputs: ProcessInputs): ProcessOutputs {
  return { ...inputs, incident: "", readyPorts: inputs.ports };
}

function isComplete(olds: Partial<ProcessInputs>): olds is ProcessInputs {
  return olds.supervisor !== undefined && olds.process !== undefined && olds.command !== undefined;
}

/** Why the process is not running and ready as it was recorded, nor as it is `wanted` by now, as after `make dev`; empty when it is. */
async function incident(recorded: ProcessInputs, wanted = recorded): Promise<string> {
  const { supervisor, process } = recorded;
  const found = (await status(supervisor)).find(({ name }) => name === process);
  if (found === undefined) return (await ping(supervisor)) ? "not running; will be started again" : UNSUPERVISED;
  const last = found.lastExit ? exitText(found.lastExit) : "never ran";
  switch (found.state) {
    case "ready":
      for (const spec of [recorded, wanted]) if (await runs(supervisor, process, specOf(spec))) return "";
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
