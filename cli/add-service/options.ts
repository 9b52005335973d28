import { UserError } from "@plinth/local/user-error.ts";
import { defaulted } from "@plinth/local/validation/defaults.ts";
import { suggestName } from "@plinth/local/validation/nearest.ts";
import { object, oneOf, optional, text, wholeNumber } from "@plinth/local/validation/rules.ts";
import { Type } from "@plinth/local/validation/typebox.ts";
import { type Language, languages } from "../../templates/template.ts";
import { parseAssignments } from "../terminal/assignments.ts";
import { readVariables, switchedOn } from "../terminal/variables.ts";

/** The variables of `make add-service`. */
export interface AddServiceOptions {
  /** Folder of a service's code. */
  path?: string;
  /** Its git repository. */
  url?: string;
  /** Language of a new service. */
  new?: Language;
  name?: string;
  port?: number;
  /** Overrides what the files say. */
  lang?: Language;
  needs?: string[];
  produces?: string[];
  consumes?: string[];
  tenant?: string;
  /** Also write a kustomize base and overlays. */
  kustomize: boolean;
  /** Ask nothing. */
  yes: boolean;
  /** Only show what would be written. */
  dryRun: boolean;
  /** Replace existing files. */
  force: boolean;
}

const list = () => optional(Type.Array(Type.String()));
const off = () => defaulted(switchedOn(), { default: false });

const variables = object({
  PATH: optional(text("a folder")),
  URL: optional(text("a git repository")),
  NAME: optional(text("a name")),
  TENANT: optional(text("a way to name the tenant")),
  NEW: optional(oneOf(languages)),
  LANG: optional(oneOf(languages)),
  NEEDS: list(),
  PRODUCES: list(),
  CONSUMES: list(),
  KUSTOMIZE: off(),
  YES: off(),
  DRY_RUN: off(),
  FORCE: off(),
  PORT: optional(wholeNumber(0, 99_999, { expected: "a port's number" })),
});

/**
 * From arguments such as `PATH=../orders`. @throws {@link UserError} for the first that is wrong
 */
export function parseOptions(args: readonly string[]): AddServiceOptions {
  const given = parseAssignments(args);
  const known = Object.keys(variables.properties);
  const unknown = [...given.keys()].find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new UserError(
      `'${unknown}' is not a variable of add-service${suggestName(unknown, known)}; it takes ${known.join(", ")}`,
    );
  const { PATH, URL, NAME, TENANT, NEW, LANG, NEEDS, PRODUCES, CONSUMES, PORT, ...flags } = readVariables(
    variables,
    Object.fromEntries(given),
  );
  const options: AddServiceOptions = {
    ...(PATH !== undefined && { path: PATH }),
    ...(URL !== undefined && { url: URL }),
    ...(NEW !== undefined && { new: NEW }),
    ...(NAME !== undefined && { name: NAME }),
    ...(PORT !== undefined && { port: PORT }),
    ...(LANG !== undefined && { lang: LANG }),
    ...(NEEDS !== undefined && { needs: NEEDS }),
    ...(PRODUCES !== undefined && { produces: PRODUCES }),
    ...(CONSUMES !== undefined && { consumes: CONSUMES }),
    ...(TENANT !== undefined && { tenant: TENANT }),
    kustomize: flags.KUSTOMIZE,
    yes: flags.YES,
    dryRun: flags.DRY_RUN,
    force: flags.FORCE,
  };
  assertConsistent(options);
  return options;
}

function assertConsistent({ path, url, new: language, name, ...rest }: AddServiceOptions): void {
  if (url !== undefined && (path !== undefined || language !== undefined))
    throw new UserError(
      `URL names the repository of an existing service: leave out ${path === undefined ? "NEW" : "PATH"}`,
    );
  if (language === undefined) return;
  if (name === undefined) throw new UserError("A new service needs a name: add NAME=…");
  const foreign = (["lang", "needs", "produces", "consumes", "tenant"] as const).find(
    (field) => rest[field] !== undefined,
  );
  if (foreign !== undefined)
    throw new UserError(
      `${foreign.toUpperCase()} is for existing code: leave it out, and change the new service afterwards`,
    );
}
