import { UserError } from "@plinth/local/user-error.ts";

/**
 * The `BASE` of a command, without a slash at its end.
 *
 * @throws {@link UserError} when it is not an HTTP URL
 */
export function parseBaseUrl(text: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    throw new UserError(`BASE is ${text}, but must be a URL such as http://localhost:8080`);
  return text.replace(/\/$/, "");
}
