import { strict as assert } from "node:assert";
import { UserError } from "@plinth/local/user-error.ts";
import * as pulumi from "@pulumi/pulumi";

class SpecialError extends UserError {}

describe("a user error", () => {
  for (const Kind of [UserError, SpecialError]) {
    const error = new Kind("'portOffset' is too large: give a number up to 40000");

    it(`is an ordinary error with its message (${Kind.name})`, () => {
      assert.ok(error instanceof Error && error instanceof UserError);
      assert.equal(error.message, "'portOffset' is too large: give a number up to 40000");
    });

    it(`ends a Pulumi program without a stack trace (${Kind.name})`, () => {
      assert.ok(pulumi.RunError.isInstance(error));
    });

    it(`is only its message where a dynamic provider's host prints name and stack (${Kind.name})`, () => {
      assert.equal(`${error}: ${error.stack}`, `${error.message}: `);
    });
  }
});
