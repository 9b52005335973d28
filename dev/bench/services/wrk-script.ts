import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { requestJson } from "../../../cli/servers/http-request.ts";
import type { PinnedProcess } from "./pinned-process.ts";

export const USERS = 1000;

/**
 * Creates users, and writes a script with which wrk reads one after the other.
 *
 * @param tenant named by each request. @default none: the service's default
 */
export async function createReadScript(folder: string, { base, pid }: PinnedProcess, tenant?: number): Promise<string> {
  const headers = tenant === undefined ? "" : `, { ["X-Tenant-Id"] = "${tenant}" }`;
  const requests: string[] = [];
  for (let index = 0; index < USERS; index++) {
    const user = { email: `reader-${pid}-${index}@example.com`, first_name: "John", last_name: "Doe" };
    const { body } = await requestJson<{ id: string }>("POST", `${base}/api/v1/users`, { status: 201, body: user });
    requests.push(`wrk.format("GET", "/api/v1/users/${body.id}"${headers})`);
  }
  return writeScript(folder, `read-${pid}`, requests);
}

/** Writes a script with which wrk posts events. */
export function createEventScript(folder: string): string {
  const requests = Array.from({ length: 200 }, () => {
    const event = { user_id: crypto.randomUUID(), type: "user_action", data: '{"action":"login"}' };
    return `wrk.format("POST", "/api/v1/events", { ["Content-Type"] = "application/json" }, [[${JSON.stringify(event)}]])`;
  });
  return writeScript(folder, "events", requests);
}

/** One request after the other, again and again. */
function writeScript(folder: string, name: string, requests: string[]): string {
  const file = join(folder, `${name}.lua`);
  writeFileSync(
    file,
    `local requests, next = {}, 0
init = function() requests = { ${requests.join(",\n")} } end
request = function() next = next % #requests + 1; return requests[next] end
`,
  );
  return file;
}
