import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { UserError } from "@plinth/local/user-error.ts";
import { chromiumTool } from "@plinth/toolchain/programs/chromium.ts";
import { installMissing } from "@plinth/toolchain/setup.ts";
import { isInstalled } from "@plinth/toolchain/tool.ts";
import { launch } from "puppeteer-core";
import { readStackOutputs } from "../cli/stack/outputs.ts";
import { main } from "../cli/terminal/main.ts";
import { discoverServices } from "../components/service/descriptor.ts";
import { takePagePictures } from "./page-screenshots.ts";

const WIDTH = 1200;
const PAGE_TIMEOUT_MS = 20_000;

/**
 * `make screenshots`: takes pictures of the observability page and of each running service's
 * Swagger UI into docs/images.
 */
await main(async (stack) => {
  await installMissing([chromiumTool]);
  await takePagePictures();
  const chromium = await chromiumTool.find();
  if (!isInstalled(chromium)) throw new UserError(`Chromium is missing. Type: ${chromiumTool.remedy}`);
  const { endpoints } = await readStackOutputs(stack);
  const folder = join(root, "docs/images");
  mkdirSync(folder, { recursive: true });
  // Chromium has no sandbox for root; the pages are ours.
  const browser = await launch({
    executablePath: chromium.from,
    args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
  });
  try {
    for (const { name } of discoverServices(root)) {
      const address = endpoints[name];
      const hasPage = address !== undefined && (await hasSwagger(address));
      if (!hasPage) {
        console.log(
          `${name} is left out: ${address === undefined ? "it does not run" : `${address}/swagger is not a Swagger UI`}`,
        );
        continue;
      }
      const page = await browser.newPage();
      await page.setViewport({ width: WIDTH, height: 600 });
      await page.goto(`${address}/swagger`, { waitUntil: "networkidle0", timeout: PAGE_TIMEOUT_MS });
      await page.waitForSelector(".opblock", { timeout: PAGE_TIMEOUT_MS });
      const file = join(folder, `swagger-${name}.png`);
      await page.screenshot({ path: file as `${string}.png`, fullPage: true });
      console.log(`docs/images/swagger-${name}.png`);
      await page.close();
    }
  } finally {
    await browser.close();
  }
  return 0;
});

/** Services in other languages may have none. */
async function hasSwagger(address: string): Promise<boolean> {
  const page = await fetch(`${address}/swagger`, { signal: AbortSignal.timeout(PAGE_TIMEOUT_MS) }).then(
    (response) => response.text(),
    () => "",
  );
  return page.includes("swagger-ui");
}
