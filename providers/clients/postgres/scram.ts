import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";

/**
 * Computes what PostgreSQL stores of a password (RFC 5803), so that no statement and no server log
 * holds the password. Printable ASCII only: clients normalise other characters differently.
 */
export function scramVerifier(password: string, salt: Buffer = randomBytes(16), iterations = 4096): string {
  const salted = pbkdf2Sync(password, salt, iterations, 32, "sha256");
  const keyOf = (label: string) => createHmac("sha256", salted).update(label).digest();
  const stored = createHash("sha256").update(keyOf("Client Key")).digest("base64");
  return `SCRAM-SHA-256$${iterations}:${salt.toString("base64")}$${stored}:${keyOf("Server Key").toString("base64")}`;
}

/** True if `stored` (pg_authid.rolpassword) is the verifier of this password. */
export function matchesVerifier(password: string, stored: string | null): boolean {
  const [, iterations, salt] = /^SCRAM-SHA-256\$(\d+):([^$]+)\$/.exec(stored ?? "") ?? [];
  if (iterations === undefined || salt === undefined) return false;
  return scramVerifier(password, Buffer.from(salt, "base64"), Number(iterations)) === stored;
}

export const isPrintableAscii = (text: string) => /^[\x20-\x7e]+$/.test(text);
