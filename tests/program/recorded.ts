import * as pulumi from "@pulumi/pulumi";
import { type Recorded, record } from "../../tools/record.ts";

const { isRpcSecret, unwrapRpcSecret } = pulumi.runtime;

/** What the program of one stack registers, and how tests ask for parts of it. */
export interface Program {
  all: Recorded[];
  /** Throws where there is no such resource, or more than one. */
  only(type: string, name: string): Recorded;
  /** `Type name ← parent` of everything, sorted. */
  lines: string[];
}

export async function program(stack: string, config: Parameters<typeof record>[1] = {}): Promise<Program> {
  const all = await record(stack, config);
  return {
    all,
    lines: all.map(line).sort(),
    only: (type, name) => {
      const found = all.filter((resource) => resource.name === name && kindOf(resource) === type);
      if (found.length !== 1) throw new Error(`There are ${found.length} of ${type} ${name}`);
      return found[0]!;
    },
  };
}

export const kindOf = ({ type }: Recorded) => type.split(":").at(-1)!;

function line(resource: Recorded): string {
  return `${kindOf(resource)} ${resource.name}${resource.parent === undefined ? "" : ` ← ${resource.parent}`}`;
}

/** Each text of the inputs with its path, and whether a secret encloses it. */
export function texts(value: unknown, path = "", secret = false): { path: string; text: string; secret: boolean }[] {
  if (isRpcSecret(value)) return texts(unwrapRpcSecret(value), path, true);
  if (typeof value === "object" && value !== null)
    return Object.entries(value).flatMap(([key, nested]) => texts(nested, path === "" ? key : `${path}.${key}`, secret));
  return [{ path, text: String(value), secret }];
}

/** `name.field` of every secret input, sorted. */
export function secretFields({ all }: Program): string[] {
  return all.flatMap(({ name, inputs }) => texts(inputs).flatMap(({ path, secret }) => (secret ? [`${name}.${path}`] : []))).sort();
}

/** Where one of these texts stands outside of a secret, as it is or as in a URL. */
export function leaks({ all }: Program, ...passwords: string[]): string[] {
  const wanted = passwords.flatMap((password) => [password, encodeURIComponent(password)]);
  return all.flatMap(({ name, inputs }) =>
    texts(inputs).flatMap(({ path, text, secret }) =>
      !secret && wanted.some((password) => text.includes(password)) ? [`${name}.${path}`] : [],
    ),
  );
}
