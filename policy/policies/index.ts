import type { Policy } from "../policy.ts";
import { disruptionBudget } from "./disruption-budget.ts";
import { exposure } from "./exposure.ts";
import { images } from "./images.ts";
import { limits } from "./limits.ts";
import { networkPolicy } from "./network-policy.ts";
import { nonRoot } from "./non-root.ts";
import { plainSecrets } from "./plain-secrets.ts";
import { probes } from "./probes.ts";
import { replication } from "./replication.ts";
import { retain } from "./retain.ts";
import { serviceAccount } from "./service-account.ts";

export const policies: readonly Policy[] = [
  nonRoot,
  limits,
  probes,
  images,
  plainSecrets,
  serviceAccount,
  exposure,
  networkPolicy,
  disruptionBudget,
  retain,
  replication,
];
