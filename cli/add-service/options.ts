import { type Language, languages } from "../../templates/template.ts";

/** What `make add-service` is asked for, by its variables. */
export interface AddServiceOptions {
  /** Folder of a service's code. */
  path?: string;
  /** Git repository of it. */
  url?: string;
  /** Language of a new service. */
  new?: Language;
  name?: string;
  port?: number;
  /** In place of what the files say. */
  lang?: Language;
  needs?: string[];
  produces?: string[];
  consumes?: string[];
  tenant?: string;
  /** Write a kustomize base and overlays, too. */
  kustomize: boolean;
  /** Ask nothing. */
  yes: boolean;
  /** Show what would be written. */
  dryRun: boolean;
  /** Replace files that are there. */
  force: boolean;
}

const textVariables = ["PATH", "URL", "NAME", "TENANT"] as const;
const languageVariables = ["NEW", "LANG"] as const;
const listVariables = ["NEEDS", "PRODUCES", "CONSUMES"] as const;
const flagVariables = ["KUSTOMIZE", "YES", "DRY_RUN", "FORCE"] as const;
const knownVariables: readonly string[] = [
  ...textVariables,
  ...languageVariables,
  ...listVariables,
  ...flagVariables,
  "PORT",
];

/**
 * From arguments such as `PATH=../orders`. Throws one sentence for the first that makes no sense.
 */
export function parseOptions(args: readonly string[]): AddServiceOptions {
  const given = new Map(args.map(splitAssignment));
  const unknown = [...given.keys()].find((name) => !knownVariables.includes(name));
  if (unknown !== undefined)
    throw new Error(`'${unknown}' is nothing that add-service knows; it takes ${knownVariables.join(", ")}`);
  const flag = (name: (typeof flagVariables)[number]) => parseChoice(name, given.get(name) ?? "0", ["0", "1"]) === "1";
  const language = (name: (typeof languageVariables)[number]) =>
    parseOptional(given.get(name), (text) => parseChoice(name, text, languages));
  const list = (name: (typeof listVariables)[number]) =>
    parseOptional(given.get(name), (text) => text.split(/[\s,]+/).filter((item) => item !== ""));
  const options = {
    ...withoutEmpty({
      path: given.get("PATH"),
      url: given.get("URL"),
      new: language("NEW"),
      name: given.get("NAME"),
      port: parseOptional(given.get("PORT"), parsePort),
      lang: language("LANG"),
      needs: list("NEEDS"),
      produces: list("PRODUCES"),
      consumes: list("CONSUMES"),
      tenant: given.get("TENANT"),
    }),
    kustomize: flag("KUSTOMIZE"),
    yes: flag("YES"),
    dryRun: flag("DRY_RUN"),
    force: flag("FORCE"),
  } as AddServiceOptions;
  assertConsistent(options);
  return options;
}

function assertConsistent({ path, url, new: language, name, ...rest }: AddServiceOptions): void {
  if (url !== undefined && (path !== undefined || language !== undefined))
    throw new Error(
      `URL is the repository of a service that is there: it goes with neither ${path === undefined ? "NEW" : "PATH"}`,
    );
  if (language === undefined) return;
  if (name === undefined) throw new Error("A new service needs a name: add NAME=…");
  const foreign = (["lang", "needs", "produces", "consumes", "tenant"] as const).find(
    (field) => rest[field] !== undefined,
  );
  if (foreign !== undefined)
    throw new Error(
      `${foreign.toUpperCase()} is for code that is there: a new service is what its template makes it, and yours to change`,
    );
}

function splitAssignment(argument: string): [name: string, value: string] {
  const at = argument.indexOf("=");
  if (at < 1) throw new Error(`'${argument}' is no setting: write NAME=value`);
  return [argument.slice(0, at), argument.slice(at + 1)];
}

function parseChoice<T extends string>(name: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === value);
  if (found === undefined) throw new Error(`${name} is '${value}', but must be ${allowed.join(" or ")}`);
  return found;
}

function parsePort(text: string): number {
  if (!/^\d{1,5}$/.test(text)) throw new Error(`PORT is '${text}', but must be a number`);
  return Number(text);
}

/** An empty variable is one that was not given. */
function parseOptional<T>(text: string | undefined, parse: (text: string) => T): T | undefined {
  return text === undefined || text === "" ? undefined : parse(text);
}

function withoutEmpty<T extends object>(fields: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined && value !== ""),
  ) as Partial<T>;
}
