/**
 * An error for a client: HTTP status, error code and one sentence. The codes are Confluent's.
 */
export class RegistryError extends Error {
  readonly status: number;
  readonly code: number;

  constructor(status: number, code: number, message: string) {
    super(message);
    this.name = "RegistryError";
    this.status = status;
    this.code = code;
  }
}

const defineError =
  <A extends unknown[]>(status: number, code: number, message: (...args: A) => string) =>
  (...args: A) =>
    new RegistryError(status, code, message(...args));

export const errors = {
  badRequest: defineError(400, 400, (why: string) => why),
  subjectNotFound: defineError(404, 40401, (subject: string) => `Subject '${subject}' not found.`),
  versionNotFound: defineError(404, 40402, (version: number | string) => `Version ${version} not found.`),
  schemaNotFound: defineError(404, 40403, (id?: number) =>
    id === undefined ? "Schema not found" : `Schema ${id} not found`,
  ),
  subjectSoftDeleted: defineError(
    404,
    40404,
    (subject: string) => `Subject '${subject}' was soft deleted. Set permanent=true to delete permanently.`,
  ),
  subjectNotSoftDeleted: defineError(
    404,
    40405,
    (subject: string) => `Subject '${subject}' was not deleted first before being permanently deleted.`,
  ),
  versionSoftDeleted: defineError(
    404,
    40406,
    (subject: string, version: number) =>
      `Subject '${subject}' version ${version} was soft deleted. Set permanent=true to delete permanently.`,
  ),
  versionNotSoftDeleted: defineError(
    404,
    40407,
    (subject: string, version: number) =>
      `Subject '${subject}' version ${version} was not deleted first before being permanently deleted.`,
  ),
  noSubjectConfig: defineError(
    404,
    40408,
    (subject: string) => `Subject '${subject}' does not have subject-level compatibility configured.`,
  ),
  noSubjectMode: defineError(
    404,
    40409,
    (subject: string) => `Subject '${subject}' does not have subject-level mode configured.`,
  ),
  incompatible: defineError(
    409,
    409,
    (subject: string, details: string[]) =>
      `Schema being registered is incompatible with an earlier schema for subject "${subject}", details: [${details.join(", ")}]`,
  ),
  invalidSchema: defineError(422, 42201, (why: string) => `Invalid schema: ${why}`),
  invalidVersion: defineError(
    422,
    42202,
    (version: string) =>
      `The specified version '${version}' is not valid: it must be from 1 to 2147483647 or "latest".`,
  ),
  invalidLevel: defineError(
    422,
    42203,
    () =>
      "Invalid compatibility level: it must be NONE, BACKWARD, FORWARD, FULL, BACKWARD_TRANSITIVE, FORWARD_TRANSITIVE or FULL_TRANSITIVE.",
  ),
  invalidMode: defineError(
    422,
    42204,
    () => "Invalid mode: it must be READWRITE, READONLY, READONLY_OVERRIDE or IMPORT.",
  ),
  notPermitted: defineError(422, 42205, (why: string) => why),
  referenceExists: defineError(
    422,
    42206,
    (subject: string, version: number) =>
      `One or more references exist to the schema {magic=1,keytype=SCHEMA,subject=${subject},version=${version}}.`,
  ),
  invalidSubject: defineError(
    422,
    42208,
    (subject: string) =>
      `The specified subject '${subject}' is not valid: it must be printable, not '.' or '..', and in the default context.`,
  ),
  tooLarge: defineError(
    422,
    42209,
    (bytes: number, limit: number) =>
      `The schema is too large: its record takes ${bytes} bytes, the limit is ${limit}.`,
  ),
  invalidRuleSet: defineError(422, 42210, (why: string) => `Invalid rule set: ${why}`),
  storeFailed: defineError(500, 50001, (why: string) => `The topic of schemas could not be written: ${why}`),
  timedOut: defineError(
    500,
    50002,
    (operation: string, seconds: number) =>
      `${operation} timed out: the broker did not confirm it within ${seconds} s. It is safe to send it again.`,
  ),
};
