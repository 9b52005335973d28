import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { PageSources } from "@plinth/local/page/model/sources.ts";
import { type PageSettings, startPage } from "@plinth/local/page/server/page-server.ts";

export const TOKEN = "token-of-the-test";

export interface PageAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  /** The parsed text, where it is JSON. */
  body: unknown;
}

export interface TestPage {
  port: number;
  /** What it reported as unexpected. */
  reports: string[];
  /** Sends the path as it is, without the normalization of `fetch`. */
  send(
    method: string,
    path: string,
    options?: { headers?: Record<string, string>; body?: string },
  ): Promise<PageAnswer>;
  close(): Promise<void>;
}

/** The real server on a free port, with a bundle of two files. */
export async function startTestPage(
  sources: PageSources,
  settings: Pick<PageSettings, "idleTimeoutMs"> = {},
): Promise<TestPage> {
  const folder = mkdtempSync(join(tmpdir(), "plinth-page-"));
  writeFileSync(join(folder, "index.html"), "<!doctype html><title>page</title>");
  writeFileSync(join(folder, "page-0A1B2C3D.js"), "export {};");
  const reports: string[] = [];
  const report = (line: string) => reports.push(line);
  const page = await startPage({ port: 0, token: TOKEN, assets: folder, sources, report, ...settings });
  return {
    port: page.port,
    reports,
    send: (method, path, { headers = {}, body } = {}) =>
      new Promise((resolve, reject) => {
        const options = { host: "127.0.0.1", port: page.port, method, path, headers };
        const sent = request(options, async (answer) => {
          const content = await text(answer);
          const isJson = answer.headers["content-type"]?.startsWith("application/json") === true;
          const parsed: unknown = isJson && content !== "" ? JSON.parse(content) : undefined;
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text: content, body: parsed });
        });
        sent.once("error", reject);
        sent.end(body);
      }),
    async close() {
      await page.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export const withToken = { authorization: `Bearer ${TOKEN}` };
