import { NO_SPANS } from "../../../collector/span-document.ts";
import { INFRASTRUCTURE_ACCOUNT } from "../../../collector/store/account.ts";
import type { VictoriaLogs } from "../../../collector/store/victoria-logs.ts";

const DAY_MS = 86_400_000;
const MAX_ACCOUNTS = 200;

/** Lines of the last day by tenant: those in its account, and console lines that name it. */
export async function countLinesByTenant(store: VictoriaLogs): Promise<Map<number, number>> {
  const range = { from: Date.now() - DAY_MS, to: Date.now() + DAY_MS };
  const accounts = (await store.accounts(range.from, range.to)).filter((account) => account !== INFRASTRUCTURE_ACCOUNT);
  const counts = new Map<number, number>();
  const add = (tenant: number, count: string | undefined) =>
    counts.set(tenant, (counts.get(tenant) ?? 0) + Number(count ?? 0));
  const named = `${NO_SPANS} tenant_id:!="" | stats by (tenant_id) count() as lines`;
  for (const { tenant_id, lines } of await store.find(INFRASTRUCTURE_ACCOUNT, named, range))
    add(Number(tenant_id), lines);
  for (const account of accounts.slice(0, MAX_ACCOUNTS))
    add(account, (await store.find(account, "* | stats count() as lines", range))[0]?.lines);
  return counts;
}
