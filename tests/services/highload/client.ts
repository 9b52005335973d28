import type { Service } from "@plinth/kit/service.ts";
import { startInProcess } from "@plinth/kit/testing/in-process.ts";
import { createHighload } from "../../../services/highload/app.ts";
import { highloadEnv } from "../../../services/highload/env.ts";
import { until } from "../../support/eventually.ts";
import { type Answer, type Call, requestsTo } from "../client.ts";
import { type Platform, platform } from "../platform.ts";

/** A highload in this process, on a free port. */
export async function startHighload(at: Platform, environment: Record<string, string> = {}): Promise<{ highload: Service; base: string }> {
  const { service: highload, base } = await startInProcess(createHighload(highloadEnv({ ...at.environment(), ...environment })));
  return { highload, base };
}

export interface Running {
  at: Platform;
  highload: Service;
  base: string;
  call: Call;
}

/** One highload for all tests of a `describe`, on the servers of this process. */
export function useHighload(started: (running: Running) => void, environment: Record<string, string> = {}): void {
  let highload: Service;
  before(async () => {
    const at = await platform();
    const own = await startHighload(at, environment);
    highload = own.highload;
    started({ at, ...own, call: requestsTo(own.base) });
  });
  after(() => highload.lifecycle.stop());
}

let count = 0;

/** An address that no other test has. */
export const freshEmail = () => `user-${process.pid}-${++count}@example.com`;

/** A user with an address of its own. */
export async function createUser(call: Call, fields: Record<string, unknown> = {}): Promise<Answer["body"]> {
  const { status, body } = await call("POST", "/api/v1/users", { email: freshEmail(), first_name: "John", last_name: "Doe", ...fields });
  if (status !== 201) throw new Error(`user: ${status} ${JSON.stringify(body)}`);
  return body;
}

/** The event, once the workers have had it. */
export async function processed(call: Call, id: string): Promise<Answer["body"]> {
  const { body } = await until(
    `event ${id} is processed`,
    () => call("GET", `/api/v1/events/${id}`),
    ({ body: event }) => event.processed_at !== undefined,
  );
  return body;
}

/** The value of a counter or gauge on `/metrics`, over all of its labels that `labels` matches. */
export async function metric(base: string, name: string, labels = ""): Promise<number> {
  const text = await (await fetch(`${base}/metrics`)).text();
  const lines = text.split("\n").filter((line) => line.startsWith(`${name}{`) && line.includes(labels));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
}
