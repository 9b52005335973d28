import assert from "node:assert/strict";
import { UserError } from "@plinth/local/user-error.ts";
import { isLostConnection, isSilence, UnreachableError } from "@plinth/providers/clients/errors.ts";
import { requestServer, retry } from "@plinth/providers/clients/retry.ts";

const lost = () => Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });

/** Fails `times` times with a lost connection, then returns the number of the call. */
function failing(times: number): () => Promise<number> {
  let calls = 0;
  return async () => {
    if (++calls <= times) throw lost();
    return calls;
  };
}

describe("A request that is retried", () => {
  const options = { deadlineMs: 2_000, isTransient: isLostConnection };

  it("succeeds after transient errors", async () => {
    assert.equal(await retry(options, failing(3)), 4);
  });

  it("fails at once with any other error", async () => {
    let calls = 0;
    const fail = async () => {
      calls++;
      throw new Error("syntax error");
    };
    await assert.rejects(retry(options, fail), /^Error: syntax error$/);
    assert.equal(calls, 1);
  });

  it("throws its last error at the deadline", async () => {
    const started = Date.now();
    await assert.rejects(retry({ ...options, deadlineMs: 200 }, failing(100)), isLostConnection);
    assert.ok(Date.now() - started < 1_500);
  });

  it("gives each attempt the remaining time", async () => {
    const remaining: number[] = [];
    await retry(options, async (remainingMs) => {
      remaining.push(remainingMs);
      if (remaining.length < 3) throw lost();
    });
    assert.ok(
      remaining[0]! <= 2_000 && remaining[1]! < remaining[0]! && remaining[2]! < remaining[1]!,
      String(remaining),
    );
  });

  describe("to a server", () => {
    const isTransient = (error: unknown) => isLostConnection(error) || isSilence(error);
    const server = { isTransient, deadlineMs: 1_000, server: "the cache redis://localhost:6379" };
    const failure = (attempt: () => Promise<unknown>) =>
      requestServer(server, attempt).then(
        () => assert.fail("it succeeded"),
        (error: Error) => error,
      );

    it("names the server that is unreachable at the deadline", async () => {
      const error = await failure(failing(100));
      assert.ok(error instanceof UnreachableError);
      assert.equal(
        error.message,
        "the cache redis://localhost:6379 did not serve the request within 1 s: connect ECONNREFUSED",
      );
    });

    it("gives the server's last reason, not the silence of the last attempt", async () => {
      let calls = 0;
      const error = await failure(async () => {
        if (++calls < 4) throw lost();
        throw new Error("timeout expired");
      });
      assert.match(error.message, /within 1 s: connect ECONNREFUSED$/);
    });

    it("names the server that refuses it, which is not unreachable", async () => {
      const error = await failure(async () => {
        throw new Error("NOAUTH");
      });
      assert.ok(error instanceof UserError && !(error instanceof UnreachableError));
      assert.equal(error.message, "the cache redis://localhost:6379 did not serve the request: NOAUTH");
    });

    it("passes a user error on", async () => {
      const error = new UserError("tenant 1 has no row");
      assert.equal(
        await failure(async () => {
          throw error;
        }),
        error,
      );
    });
  });
});
