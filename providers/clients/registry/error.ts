/**
 * An error answer of the registry: HTTP status, its own code (40401 no subject, 40402 no version,
 * 40403 no schema, 40408 no level, 42201 not Avro) and message.
 */
export class RegistryError extends Error {
  readonly status: number;
  readonly code: number;

  constructor(status: number, code: number, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }

  /** @param text body of the answer; from a proxy in between it may be anything */
  static fromResponse(status: number, text: string): RegistryError {
    try {
      const { error_code: code, message } = JSON.parse(text) as { error_code?: number; message?: string };
      return new RegistryError(status, code ?? status, message ?? `HTTP ${status}`);
    } catch {
      return new RegistryError(status, status, `HTTP ${status} ${text.slice(0, 200).trim()}`);
    }
  }
}

/**
 * Resolves to undefined if the registry answers with one of the codes, which mean "there is none".
 */
export async function undefinedIfMissing(answer: Promise<unknown>, ...codes: number[]): Promise<unknown> {
  return answer.catch((error: unknown) => {
    if (error instanceof RegistryError && codes.includes(error.code)) return undefined;
    throw error;
  });
}
