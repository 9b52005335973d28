import { randomUUID } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { root } from "@plinth/local/locations.ts";
import { type Claims, writeClaims } from "@plinth/local/supervisor/claims.ts";
import { endSupervisor, ensureSupervisor, findAbandoned, ping, stopAll } from "@plinth/local/supervisor/client.ts";
import { findTakenPorts } from "@plinth/local/supervisor/taken-ports.ts";
import { printDiagnostic } from "../clients/diagnostics.ts";
import type { CheckFailure, Handler } from "../dynamic-resource.ts";
import type { SupervisorInputs, SupervisorOutputs } from "../supervisor.ts";

/**
 * File with the id of the resource that owns the supervisor. A renamed resource takes the
 * supervisor over, and deleting the old one must not stop it.
 */
const ownerPath = (directory: string) => join(directory, "supervisor", "owner");
/** File with the folder of the clone whose stack is in the directory. */
const clonePath = (directory: string) => join(directory, "supervisor", "clone");

export const handler: Handler<SupervisorInputs, SupervisorOutputs> = {
  async check(olds, news) {
    const failures: CheckFailure[] = isAbsolute(news.directory)
      ? [...(await findOtherClone(olds, news)), ...(await findTakenClaims(olds, news))]
      : [{ property: "directory", reason: `directory is '${news.directory}', but must be an absolute path` }];
    const incident = olds.directory === undefined ? "" : await findIncident(olds.directory);
    if (incident !== "") printDiagnostic(incident);
    return { inputs: { ...news, incident }, failures };
  },

  async diff(_id, olds, news) {
    // The engine also calls this for a refresh, with the incident that `read` found in the old
    // values.
    const same =
      news.directory === olds.directory &&
      news.revision === olds.revision &&
      isDeepStrictEqual(claimsOf(olds), claimsOf(news));
    return { changes: news.incident !== "" || olds.incident !== "" || !same };
  },

  async create(inputs) {
    const id = `supervisor-${randomUUID().slice(0, 8)}`;
    await ensureCurrentSupervisor(inputs);
    takeOver(id, inputs);
    return { id, outs: { ...inputs, incident: "" } };
  },

  async read(id, props) {
    return { id, props: { ...props, incident: await findIncident(props.directory) } };
  },

  /** Another directory means another supervisor. Its processes follow: their inputs changed too. */
  async update(id, olds, news) {
    if (olds.directory !== news.directory) await stopAll(olds.directory);
    await ensureCurrentSupervisor(news);
    takeOver(id, news);
    return { outs: { ...news, incident: "" } };
  },

  async delete(id, { directory }) {
    // Of a deleted directory the supervisor stops everything itself when it notices.
    if (readText(ownerPath(directory)) === id) await stopAll(directory);
  },
};

/** One of an earlier version would not understand the program's processes. */
async function ensureCurrentSupervisor({ directory, revision = "" }: SupervisorInputs): Promise<void> {
  const note = join(directory, "supervisor", "revision");
  if (readText(note) !== revision) await endSupervisor(directory);
  await ensureSupervisor(directory);
  writeFileSync(note, revision);
}

function takeOver(id: string, inputs: SupervisorInputs): void {
  writeFileSync(ownerPath(inputs.directory), id);
  writeFileSync(clonePath(inputs.directory), root);
  writeClaims(inputs.directory, claimsOf(inputs));
}

/** States of an earlier version hold no claims. */
function claimsOf({ ports = {}, portOffset = 0 }: Partial<SupervisorInputs>): Claims {
  return { ports, portOffset };
}

/** Before anything is stopped: a stack that moves to ports of others stays where it is. */
async function findTakenClaims(olds: Partial<SupervisorInputs>, news: SupervisorInputs): Promise<CheckFailure[]> {
  const directories = [...new Set([news.directory, olds.directory ?? news.directory])];
  const sentences = await findTakenPorts(directories, claimsOf(news));
  return sentences.map((reason) => ({ property: "ports", reason }));
}

async function findIncident(directory: string): Promise<string> {
  const names = await findAbandoned(directory);
  return names.length === 0
    ? ""
    : `the supervisor was killed while it kept ${names.join(", ")}; it will be started again and take them up`;
}

/**
 * Refuses to begin in the directory of another clone's running stack, whose processes it would take
 * over and `down` would stop. A clone that has moved is not another one.
 */
async function findOtherClone(
  olds: Partial<SupervisorInputs>,
  { directory }: SupervisorInputs,
): Promise<CheckFailure[]> {
  const clone = readText(clonePath(directory));
  if (olds.directory === directory || clone === undefined || clone === root || !existsSync(clone)) return [];
  if ((await ping(directory)) === undefined) return [];
  const reason = `directory '${directory}' is in use by the stack of another clone, ${clone}: choose another one, or type 'make down' there`;
  return [{ property: "directory", reason }];
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
