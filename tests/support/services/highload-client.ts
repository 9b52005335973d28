import { createHighload } from "@plinth/highload/app.ts";
import { readHighloadEnv } from "@plinth/highload/env.ts";
import type { Service } from "@plinth/kit/service.ts";
import { startInProcess } from "@plinth/kit/testing/in-process.ts";
import { waitUntil } from "../eventually.ts";
import { type Platform, platform } from "./platform.ts";
import { type HttpResponse, requestsTo, type SendRequest } from "./wallet-client.ts";

/** Starts highload in this process, on a free port. */
export async function startHighload(
  at: Platform,
  environment: Record<string, string> = {},
): Promise<{ highload: Service; base: string }> {
  const { service: highload, baseUrl } = await startInProcess(
    createHighload(readHighloadEnv({ ...at.environment(), ...environment })),
  );
  return { highload, base: baseUrl };
}

export interface RunningHighload {
  at: Platform;
  highload: Service;
  base: string;
  call: SendRequest;
}

/** Runs one highload for all tests of a `describe`. */
export function withHighload(
  started: (running: RunningHighload) => void,
  environment: Record<string, string> = {},
): void {
  let highload: Service;
  before(async () => {
    const at = await platform();
    const instance = await startHighload(at, environment);
    highload = instance.highload;
    started({ at, ...instance, call: requestsTo(instance.base) });
  });
  after(() => highload.lifecycle.stop());
}

let count = 0;

/** An address that no other test uses. */
export const freshEmail = () => `user-${process.pid}-${++count}@example.com`;

/** Creates a user with a fresh address. */
export async function createUser(
  call: SendRequest,
  fields: Record<string, unknown> = {},
): Promise<HttpResponse["body"]> {
  const { status, body } = await call("POST", "/api/v1/users", {
    email: freshEmail(),
    first_name: "John",
    last_name: "Doe",
    ...fields,
  });
  if (status !== 201) throw new Error(`user: ${status} ${JSON.stringify(body)}`);
  return body;
}

/** Returns the event once it is processed. */
export async function processed(call: SendRequest, id: string): Promise<HttpResponse["body"]> {
  const { body } = await waitUntil(
    `event ${id} is processed`,
    () => call("GET", `/api/v1/events/${id}`),
    ({ body: event }) => event.processed_at !== undefined,
  );
  return body;
}

/** Sum of a counter or gauge on `/metrics` over the lines that contain `labels`. */
export async function metric(base: string, name: string, labels = ""): Promise<number> {
  const text = await (await fetch(`${base}/metrics`)).text();
  const lines = text.split("\n").filter((line) => line.startsWith(`${name}{`) && line.includes(labels));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
}
