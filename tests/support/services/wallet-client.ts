import type { Service } from "@plinth/kit/service.ts";
import { startInProcess } from "@plinth/kit/testing/in-process.ts";
import { createWallet } from "@plinth/wallet/app.ts";
import { readWalletEnv } from "@plinth/wallet/env.ts";
import { type Platform, platform, TENANT } from "./platform.ts";

export interface HttpResponse {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: the body of any route; each test asserts what it expects of it
  body: any;
}

/** Sends one tenant's requests to a wallet. */
export interface WalletClient {
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<HttpResponse>;
  get(path: string, headers?: Record<string, string>): Promise<HttpResponse>;
  /** Opens an account with this amount. */
  account(cents: number): Promise<string>;
  bet(account: string, cents: unknown, headers?: Record<string, string>): Promise<HttpResponse>;
}

/** Sends one tenant's request. A text `body` is sent as it is, anything else as JSON. */
export type SendRequest = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<HttpResponse>;

/** @param base such as `http://127.0.0.1:8082`; @param tenant null sends no tenant header */
export function requestsTo(base: string, tenant: string | number | null = TENANT): SendRequest {
  const tenantHeader: Record<string, string> = tenant === null ? {} : { "x-tenant-id": String(tenant) };
  return async (method, path, body, headers = {}) => {
    const content: Record<string, string> = body === undefined ? {} : { "content-type": "application/json" };
    const response = await fetch(`${base}${path}`, {
      method,
      headers: { ...tenantHeader, ...content, ...headers },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: /^[[{]/.test(text) ? JSON.parse(text) : text };
  };
}

/** @param base such as `http://127.0.0.1:8082`; @param tenant null sends no tenant header */
export function walletClient(base: string, tenant: string | number | null = TENANT): WalletClient {
  const call = requestsTo(base, tenant);
  const client: WalletClient = {
    post: (path, body, headers) => call("POST", path, body, headers),
    get: (path, headers) => call("GET", path, undefined, headers),
    async account(cents) {
      const { status, body } = await client.post("/api/v1/accounts", { currency: "EUR" });
      if (status !== 201) throw new Error(`account: ${status} ${JSON.stringify(body)}`);
      if (cents > 0) {
        const deposit = await client.post(`/api/v1/accounts/${body.account_id}/deposits`, { amount_cents: cents });
        if (deposit.status !== 201) throw new Error(`deposit: ${deposit.status} ${JSON.stringify(deposit.body)}`);
      }
      return body.account_id;
    },
    bet: (account, cents, headers) =>
      client.post("/api/v1/bets", { account_id: account, amount_cents: cents, selection: "home" }, headers),
  };
  return client;
}

/** Starts a wallet in this process, on a free port. */
export async function startWallet(
  at: Platform,
  environment: Record<string, string> = {},
): Promise<{ wallet: Service; base: string }> {
  const { service: wallet, baseUrl } = await startInProcess(
    createWallet(readWalletEnv({ ...at.environment(), ...environment })),
  );
  return { wallet, base: baseUrl };
}

export interface RunningWallet {
  at: Platform;
  wallet: Service;
  base: string;
  client: WalletClient;
}

/** Runs one wallet for all tests of a `describe`. */
export function withWallet(started: (running: RunningWallet) => void): void {
  let wallet: Service;
  before(async () => {
    const at = await platform();
    const instance = await startWallet(at);
    wallet = instance.wallet;
    started({ at, ...instance, client: walletClient(instance.base) });
  });
  after(() => wallet.lifecycle.stop());
}
