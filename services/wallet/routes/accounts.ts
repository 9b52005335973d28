import type { HttpServer } from "@plinth/kit/http/fastify.ts";
import type { AccountUseCases } from "../use-cases/accounts.ts";
import { account, accountPath, balance, deposit, newAccount, newDeposit, writeHeaders } from "./schemas.ts";

/**
 * `POST /accounts`, `POST /accounts/{account_id}/deposits`, `GET /accounts/{account_id}/balance`.
 */
export function addAccountRoutes(server: HttpServer, accounts: AccountUseCases): void {
  server.post(
    "/accounts",
    { schema: { summary: "Open an account", body: newAccount, response: { 201: account } } },
    async (request, reply) => {
      const { account_id, currency } = request.body;
      const context = { tenantId: request.tenantId, correlationId: request.id };
      return reply
        .code(201)
        .send(await accounts.openAccount(context, { accountId: account_id?.toLowerCase(), currency }));
    },
  );

  server.post(
    "/accounts/:account_id/deposits",
    {
      schema: {
        summary: "Add money",
        params: accountPath,
        headers: writeHeaders,
        body: newDeposit,
        response: { 201: deposit },
      },
    },
    async (request, reply) => {
      const context = {
        tenantId: request.tenantId,
        correlationId: request.id,
        idempotencyKey: request.headers["idempotency-key"],
      };
      const newPayment = { accountId: request.params.account_id.toLowerCase(), amountCents: request.body.amount_cents };
      const { result, replayed } = await accounts.deposit(context, newPayment);
      if (replayed) reply.header("idempotent-replayed", "true");
      return reply.code(201).send(result);
    },
  );

  server.get(
    "/accounts/:account_id/balance",
    { schema: { summary: "Read the balance", params: accountPath, response: { 200: balance } } },
    (request) => accounts.readBalance(request.tenantId, request.params.account_id.toLowerCase()),
  );
}
