import { UserError } from "@plinth/local/user-error.ts";
import { smokeHighload } from "../smoke/highload.ts";
import { smokeWallet } from "../smoke/wallet.ts";
import { readStackEnvironment, readStackOutputs } from "../stack/outputs.ts";
import { parseBaseUrl } from "../terminal/base-url.ts";
import { main } from "../terminal/main.ts";

/**
 * `make smoke`: sends a bet through the platform, then tries every route of the high-load service.
 * With `BASE` in the environment it tries only the high-load service there.
 */
await main(async (stack) => {
  const { BASE } = process.env;
  if (BASE) {
    await smokeHighload(parseBaseUrl(BASE));
    return 0;
  }
  const [{ endpoints }, variables] = await Promise.all([readStackOutputs(stack), readStackEnvironment(stack)]);
  console.log("== wallet");
  await smokeWallet(addressOf("wallet"), variables);
  console.log("== highload");
  await smokeHighload(addressOf("highload"));
  console.log("The platform works.");
  return 0;

  function addressOf(service: string): string {
    const address = endpoints[service];
    if (address === undefined) throw new UserError(`Stack '${stack}' has no ${service}. Type: make up`);
    return address;
  }
});
