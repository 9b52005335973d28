import type { HttpServer } from "@plinth/kit/http/fastify.ts";
import type { BetUseCases } from "../use-cases/bets.ts";
import { bet, newBet, writeHeaders } from "./schemas.ts";

/** `POST /bets`. */
export function addBetRoutes(server: HttpServer, bets: BetUseCases): void {
  server.post(
    "/bets",
    { schema: { summary: "Place a bet", headers: writeHeaders, body: newBet, response: { 201: bet } } },
    async (request, reply) => {
      const context = {
        tenantId: request.tenantId,
        correlationId: request.id,
        idempotencyKey: request.headers["idempotency-key"],
      };
      const { account_id, amount_cents, selection } = request.body;
      const { result, replayed } = await bets.placeBet(context, {
        accountId: account_id.toLowerCase(),
        amountCents: amount_cents,
        selection,
      });
      if (replayed) reply.header("idempotent-replayed", "true");
      return reply.code(201).send(result);
    },
  );
}
