import type { HttpServer } from "@plinth/kit/http/fastify.ts";
import { markReplayed } from "@plinth/kit/http/idempotency.ts";
import type { BetUseCases } from "../use-cases/bets.ts";
import { bet, newBet } from "./schemas.ts";

/** `POST /bets`. */
export function addBetRoutes(server: HttpServer, bets: BetUseCases): void {
  server.post(
    "/bets",
    {
      schema: {
        operationId: "placeBet",
        summary: "Place a bet",
        description: "Takes the stake from the account and places the bet, both or neither.",
        body: newBet,
        response: { 201: bet },
      },
      config: { refusals: [404, 409] },
    },
    async (request, reply) => {
      const { tenantId, id: correlationId, idempotencyKey } = request;
      const { account_id, amount_cents, selection } = request.body;
      const placed = await bets.placeBet(
        { tenantId, correlationId, idempotencyKey },
        {
          accountId: account_id.toLowerCase(),
          amountCents: amount_cents,
          selection,
        },
      );
      return reply.code(201).send(markReplayed(reply, placed));
    },
  );
}
