import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { buildPage } from "@plinth/local/page/build.ts";

/** The page is fetched over loopback; its size matters for the time to parse it. */
const MAX_SCRIPT_BYTES = 170_000;
const MAX_COMPRESSED_BYTES = 66_000;

describe("the built page", () => {
  let folder: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "plinth-page-"));
    await buildPage(folder);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("is one document, one script, one style sheet and an icon (OBS-3)", () => {
    const files = readdirSync(folder).map((name) => name.replace(/-[0-9A-Z]{8}\./, "-HASH."));
    assert.deepEqual(files.sort(), ["icon.svg", "index.html", "page-HASH.js", "style-HASH.css"]);
  });

  it("names its script and style sheet in the document, and nothing of another host", () => {
    const html = text("index.html");
    for (const name of readdirSync(folder).filter((file) => file !== "index.html"))
      assert.ok(html.includes(`/${name}"`));
    for (const file of readdirSync(folder))
      assert.deepEqual(
        [...text(file).matchAll(/https?:\/\/[\w.-]+/g)]
          .map(([url]) => url)
          .filter((url) => !url.includes("www.w3.org")),
        [],
        file,
      );
  });

  it("stays small", () => {
    const script = readFileSync(join(folder, readdirSync(folder).find((name) => name.endsWith(".js"))!));
    assert.ok(script.length <= MAX_SCRIPT_BYTES, `${script.length} bytes`);
    assert.ok(gzipSync(script).length <= MAX_COMPRESSED_BYTES, `${gzipSync(script).length} bytes compressed`);
  });

  it("never makes markup of a text", () => {
    for (const file of readdirSync(folder).filter((name) => name.endsWith(".js"))) {
      const script = text(file);
      assert.ok(!/insertAdjacentHTML|document\.write|outerHTML/.test(script));
    }
  });

  function text(file: string): string {
    return readFileSync(join(folder, file), "utf8");
  }
});
