/** Account of what belongs to no tenant: consoles of all processes, and all spans. */
export const INFRASTRUCTURE_ACCOUNT = 10001;

const UINT32 = 2 ** 32;

/**
 * VictoriaLogs names an account by two numbers of 32 bits. A tenant's number has up to 53 bits, so
 * its upper half is the project.
 */
export function accountHeaders(account: number): { AccountID: string; ProjectID: string } {
  return { AccountID: String(account % UINT32), ProjectID: String(Math.floor(account / UINT32)) };
}

export function accountOf(ids: { account_id: number; project_id: number }): number {
  return ids.project_id * UINT32 + ids.account_id;
}
