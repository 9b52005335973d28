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
    {
      schema: {
        operationId: "openAccount",
        summary: "Open an account",
        description: "Opens an empty account in one currency, with the given id or a new one.",
        body: newAccount,
        response: { 201: account },
      },
      config: { refusals: [409] },
    },
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
        operationId: "deposit",
        summary: "Add money",
        description: "Adds money to an account, which can be bet at once. Its balance follows by an event.",
        params: accountPath,
        body: newDeposit,
        response: { 201: deposit },
      },
      config: { refusals: [404] },
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
    {
      schema: {
        operationId: "readBalance",
        summary: "Read the balance",
        description: "Reads what an account can bet now, and the balance that the events so far add up to.",
        params: accountPath,
        response: { 200: balance },
      },
      config: { refusals: [404] },
    },
    (request) => accounts.readBalance(request.tenantId, request.params.account_id.toLowerCase()),
  );
}
