import { status } from "@plinth/local/supervisor/client.ts";
import { UserError } from "@plinth/local/user-error.ts";
import { openBrowser } from "../dashboard/open-browser.ts";
import { serveCluster } from "../dashboard/serve-cluster.ts";
import { pageAddress } from "../observability/page-address.ts";
import { readStackLocation } from "../stack/outputs.ts";
import { main } from "../terminal/main.ts";

/**
 * `make dashboard`: prints the address of the stack's page and opens it. A stack in a cluster is
 * shown by this command itself, until Ctrl-C.
 */
await main(async (stack) => {
  const location = await readStackLocation(stack);
  const show = (url: string) => {
    console.log(url);
    openBrowser(url);
  };
  if ("context" in location) {
    await serveCluster(stack, location, (url) => {
      show(url);
      console.log("It shows the cluster through port-forwards, read-only. Ctrl-C ends it.");
    });
    return 0;
  }
  const page = (await status(location.directory)).find(({ name }) => name === "observability");
  const address = pageAddress(location.directory);
  if (page === undefined || address === undefined)
    throw new UserError(`Stack '${stack}' has no page. Type: make obs-up${stack === "local" ? "" : ` STACK=${stack}`}`);
  if (page.state !== "ready")
    throw new UserError(`The page is ${page.state}. Its log: make logs SERVICE=observability`);
  show(address);
  return 0;
});
