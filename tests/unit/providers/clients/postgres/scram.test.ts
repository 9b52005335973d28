import assert from "node:assert/strict";
import { matchesVerifier, scramVerifier } from "@plinth/providers/clients/postgres/scram.ts";

describe("The verifier of a password", () => {
  it("is the one of the example in RFC 7677", () => {
    const stored = scramVerifier("pencil", Buffer.from("W22ZaJ0SNY7soEsUEjb6gQ==", "base64"), 4096);
    assert.equal(
      stored,
      "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
    );
  });

  it("matches neither another password nor another kind of hash", () => {
    assert.equal(matchesVerifier("app", scramVerifier("app")), true);
    assert.equal(matchesVerifier("app", scramVerifier("apq")), false);
    assert.equal(matchesVerifier("app", null), false);
    assert.equal(matchesVerifier("app", "md53175bce1d3201d16594cebf9d7eb3f9d"), false);
  });
});
