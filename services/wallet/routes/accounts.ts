import type { HttpServer } from "@plinth/kit/http/fastify.ts";
import { markReplayed } from "@plinth/kit/http/idempotency.ts";
import type { AccountUseCases } from "../use-cases/accounts.ts";
import { account, accountPath, balance, deposit, newAccount, newDeposit } from "./schemas.ts";

/**
 * `POST /accounts`, `POST /accounts/{account_id}/deposits`, `GET /accounts/{account_id}/balance`.
 */
export function addAccountRoutes(server: HttpServer, accounts: AccountUseCases): void {
  server.post(
    "/accounts",
    { schema: { summary: "Open an account", body: newAccount, response: { 201: account } } },
    async (request, reply) => {
      const { account_id, currency } = request.body;
      const { tenantId, id: correlationId, idempotencyKey } = request;
      const opened = await accounts.openAccount(
        { tenantId, correlationId, idempotencyKey },
        { accountId: account_id?.toLowerCase(), currency },
      );
      return reply.code(201).send(markReplayed(reply, opened));
    },
  );

  server.post(
    "/accounts/:account_id/deposits",
    {
      schema: {
        summary: "Add money",
        params: accountPath,
        body: newDeposit,
        response: { 201: deposit },
      },
    },
    async (request, reply) => {
      const { tenantId, id: correlationId, idempotencyKey } = request;
      const newPayment = { accountId: request.params.account_id.toLowerCase(), amountCents: request.body.amount_cents };
      const made = await accounts.deposit({ tenantId, correlationId, idempotencyKey }, newPayment);
      return reply.code(201).send(markReplayed(reply, made));
    },
  );

  server.get(
    "/accounts/:account_id/balance",
    { schema: { summary: "Read the balance", params: accountPath, response: { 200: balance } } },
    (request) => accounts.readBalance(request.tenantId, request.params.account_id.toLowerCase()),
  );
}
