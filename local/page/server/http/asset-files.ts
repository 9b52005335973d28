import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { extname, join, resolve, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import { PageError } from "../../model/page-error.ts";

const CONTENT_TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".woff2": "font/woff2",
  ".json": "application/json; charset=utf-8",
  ".webmanifest": "application/manifest+json",
};

/**
 * Sends a file of the browser's bundle. Any other path is a view of the page, and so answers
 * index.html: names of topics, subjects and processes may hold dots.
 *
 * @throws {@link PageError} 404 also for what lies outside of `folder`
 */
export async function sendAsset(response: ServerResponse, folder: string, pathname: string): Promise<void> {
  const path = Object.hasOwn(CONTENT_TYPES, extname(pathname)) ? decodePath(pathname) : "index.html";
  const file = resolve(join(folder, path));
  const type = CONTENT_TYPES[extname(file)];
  const found = file.startsWith(resolve(folder) + sep) && type ? await stat(file).catch(() => undefined) : undefined;
  if (!found?.isFile())
    throw path === "index.html"
      ? new PageError(404, `The page is not built: ${folder} has no index.html; 'make up' builds it`)
      : new PageError(404, "There is no such file");
  // A bundle's files carry a hash of their content in their names, as in `page-3F2A9C1B.js`.
  const isHashed = /-[0-9A-Z]{8}\.\w+$/.test(path);
  response.writeHead(200, {
    "content-type": type,
    "content-length": found.size,
    ...(isHashed && { "cache-control": "private, max-age=31536000, immutable" }),
  });
  if (response.req.method === "HEAD") return void response.end();
  await pipeline(createReadStream(file), response).catch(() => undefined);
}

function decodePath(pathname: string): string {
  try {
    return decodeURIComponent(pathname).replaceAll("\0", "");
  } catch {
    return "";
  }
}
