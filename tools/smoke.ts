import { baseUrl } from "./base-url.ts";
import { environment, outputs } from "./endpoints.ts";
import { main } from "./main.ts";
import { smokeHighload } from "./smoke/highload.ts";
import { smokeWallet } from "./smoke/wallet.ts";

/** `make smoke`: a bet through the platform, then every route of the high-load service. `BASE` in the environment: that service there, and nothing else. */
await main(async (stack) => {
  const { BASE } = process.env;
  if (BASE) {
    await smokeHighload(baseUrl(BASE));
    return 0;
  }
  const [{ endpoints }, variables] = await Promise.all([outputs(stack), environment(stack)]);
  console.log("== wallet");
  await smokeWallet(addressOf("wallet"), variables);
  console.log("== highload");
  await smokeHighload(addressOf("highload"));
  console.log("The platform works.");
  return 0;

  function addressOf(service: string): string {
    const address = endpoints[service];
    if (address === undefined) throw new Error(`Stack '${stack}' has no ${service}. Type: make up`);
    return address;
  }
});
