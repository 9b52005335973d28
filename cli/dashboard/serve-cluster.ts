import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { buildPage } from "@plinth/local/page/build.ts";
import { createPageToken } from "@plinth/local/page/page-token.ts";
import { startPage } from "@plinth/local/page/server/page-server.ts";
import { discoverServices } from "../../components/service/descriptor.ts";
import { withStackServers } from "../servers/access.ts";
import { createClusterSources } from "./cluster-sources.ts";

/**
 * Serves the page of a stack in a cluster from this process, until it is interrupted. Nothing can
 * be changed from it.
 *
 * @param onReady called with its address
 */
export async function serveCluster(
  stack: string,
  location: { context: string; namespace: string },
  onReady: (url: string) => void,
): Promise<void> {
  const assets = mkdtempSync(join(tmpdir(), "plinth-page-"));
  try {
    await buildPage(assets);
    await withStackServers(stack, async (servers) => {
      const sources = await createClusterSources({ stack, location, services: discoverServices(root), servers });
      const page = await startPage({ port: 0, token: createPageToken(), assets, sources });
      onReady(page.url);
      await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
      await page.close();
    });
  } finally {
    rmSync(assets, { recursive: true, force: true });
  }
}
