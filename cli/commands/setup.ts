import { installMissing } from "@plinth/toolchain/setup.ts";
import { controlPlaneTools, platformTools } from "@plinth/toolchain/tools.ts";
import { main } from "../terminal/main.ts";

/**
 * `make setup`: installs the tools that this machine lacks. `cli/run setup cluster` adds the
 * control plane that the cluster tests run on.
 */
await main(async () => {
  await installMissing(process.argv[2] === "cluster" ? [...platformTools, ...controlPlaneTools] : platformTools);
  console.error("Everything is here. Next: make up");
  return 0;
});
