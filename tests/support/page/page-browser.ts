import { mkdtempSync, rmSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildPage } from "@plinth/local/page/build.ts";
import { type RunningPage, startPage } from "@plinth/local/page/server/page-server.ts";
import { chromiumTool } from "@plinth/toolchain/programs/chromium.ts";
import { isInstalled } from "@plinth/toolchain/tool.ts";
import { type Browser, launch, type Page } from "puppeteer-core";
import { createFixtureSources, type FixtureSize, type FixtureSources } from "./fixture-sources.ts";

export const TOKEN = "a-token-of-the-tests";
/** As in the process of a stack: a view with one of these paths could not be opened. */
const OTHER_ROUTES = Object.fromEntries(
  ["/metrics", "/health"].map((path) => [
    path,
    (_: IncomingMessage, response: ServerResponse) => response.end("not the page"),
  ]),
);
const LOAD_TIMEOUT_MS = 15_000;

/** The built page on its real server, with a browser. */
export interface PageUnderTest {
  sources: FixtureSources;
  browser: Browser;
  /** `http://localhost:PORT` without the token. */
  origin: string;
  /** Errors of the scripts and refusals of the browser, of all tabs. */
  problems: string[];
  open(path: string, view?: { width?: number; height?: number; theme?: "light" | "dark" }): Promise<Page>;
  stopServer(): Promise<void>;
  /** On the same port. */
  startServer(): Promise<void>;
  close(): Promise<void>;
}

export async function startPageUnderTest(size: FixtureSize = {}): Promise<PageUnderTest> {
  const chromium = await chromiumTool.find();
  if (!isInstalled(chromium)) throw new Error(`Chromium is missing. Type: ${chromiumTool.remedy}`);
  const folder = mkdtempSync(join(tmpdir(), "plinth-page-"));
  await buildPage(folder);
  const sources = createFixtureSources(size);
  const serve = (port: number) => startPage({ port, token: TOKEN, assets: folder, sources, mounts: OTHER_ROUTES });
  let server: RunningPage | undefined = await serve(0);
  const { port } = server;
  // Chromium has no sandbox for root; the pages are ours.
  const browser = await launch({
    executablePath: chromium.from,
    args: [
      ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
      "--enable-precise-memory-info",
      "--js-flags=--expose-gc",
    ],
  });
  const problems: string[] = [];
  const stopServer = async () => {
    await server?.close();
    server = undefined;
  };
  return {
    sources,
    browser,
    origin: `http://localhost:${port}`,
    problems,
    open: async (path, { width = 1280, height = 800, theme = "light" } = {}) => {
      const page = await browser.newPage();
      page.on("pageerror", (error) => problems.push((error as Error).message));
      page.on("console", (message) => {
        if (message.type() === "error" && !/Failed to load resource|ERR_/.test(message.text()))
          problems.push(message.text());
      });
      await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: theme }]);
      await page.setViewport({ width, height });
      await page.goto(`http://localhost:${port}${path}`, { waitUntil: "load", timeout: LOAD_TIMEOUT_MS });
      return page;
    },
    stopServer,
    startServer: async () => {
      server = await serve(port);
    },
    close: async () => {
      await browser.close();
      await stopServer();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
