import { readFileSync } from "node:fs";
import { UserError } from "./user-error.ts";

/**
 * The object in a JSON file; undefined when there is no such file.
 *
 * @param what names the file's content in the error, such as "The state of stack 'local'"
 * @param remedy what a person does about a damaged file
 * @throws {@link UserError} with the file, what is wrong with it, and the remedy
 */
export function readJsonFile<T extends object>(file: string, what: string, remedy: () => string): T | undefined {
  const found = parseJsonFile(file);
  if (found instanceof JsonFileError) throw new UserError(`${what} (${file}) ${found.message}. ${remedy()}`);
  return found as T | undefined;
}

class JsonFileError extends Error {}

function parseJsonFile(file: string): object | JsonFileError | undefined {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    return new JsonFileError(code === "EISDIR" ? "is a folder instead of a file" : `cannot be read: ${message}`);
  }
  return parseJsonText(text);
}

/** The object in a JSON text, with or without a byte order mark; else why there is none. */
function parseJsonText(text: string): object | JsonFileError {
  if (text.trim() === "") return new JsonFileError("is empty");
  try {
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ""));
    if (typeof value === "object" && value !== null) return value;
    return new JsonFileError(`holds ${JSON.stringify(value).slice(0, 40)} instead of an object`);
  } catch (error) {
    const { message } = error as Error;
    const isCut = /Unterminated|end of JSON|after (array element|property name|property value)/.test(message);
    return new JsonFileError(isCut ? `is cut off: ${message}` : `is not JSON: ${message}`);
  }
}
