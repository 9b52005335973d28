import * as pulumi from "@pulumi/pulumi";
import { type RecordedResource, recordStack } from "./record.ts";

const { isRpcSecret, unwrapRpcSecret } = pulumi.runtime;

/** The resources that the program of one stack registers. */
export interface RecordedProgram {
  all: RecordedResource[];
  /** @throws when not exactly one resource matches */
  only(type: string, name: string): RecordedResource;
  /** `Type name ← parent` of everything, sorted. */
  lines: string[];
}

export async function recordProgram(
  stack: string,
  config: Parameters<typeof recordStack>[1] = {},
): Promise<RecordedProgram> {
  const all = await recordStack(stack, config);
  return {
    all,
    lines: all.map(line).sort(),
    only: (type, name) => {
      const matching = all.filter((resource) => resource.name === name && kindOf(resource) === type);
      if (matching.length !== 1) throw new Error(`${matching.length} resources are a ${type} ${name}`);
      return matching[0]!;
    },
  };
}

export const kindOf = ({ type }: RecordedResource) => type.split(":").at(-1)!;

function line(resource: RecordedResource): string {
  return `${kindOf(resource)} ${resource.name}${resource.parent === undefined ? "" : ` ← ${resource.parent}`}`;
}

/** Each text of the inputs with its path, and whether a secret encloses it. */
export function textInputs(
  value: unknown,
  path = "",
  secret = false,
): { path: string; text: string; secret: boolean }[] {
  if (isRpcSecret(value)) return textInputs(unwrapRpcSecret(value), path, true);
  if (typeof value === "object" && value !== null)
    return Object.entries(value).flatMap(([key, nested]) =>
      textInputs(nested, path === "" ? key : `${path}.${key}`, secret),
    );
  return [{ path, text: String(value), secret }];
}

/** `name.field` of every secret input, sorted. */
export function secretFields({ all }: RecordedProgram): string[] {
  return all
    .flatMap(({ name, inputs }) =>
      textInputs(inputs).flatMap(({ path, secret }) => (secret ? [`${name}.${path}`] : [])),
    )
    .sort();
}

/** `name.field` of every input outside of a secret that holds a password, plain or URL-encoded. */
export function leaks({ all }: RecordedProgram, ...passwords: string[]): string[] {
  const texts = passwords.flatMap((password) => [password, encodeURIComponent(password)]);
  return all.flatMap(({ name, inputs }) =>
    textInputs(inputs).flatMap(({ path, text, secret }) =>
      !secret && texts.some((password) => text.includes(password)) ? [`${name}.${path}`] : [],
    ),
  );
}
