import { UserError } from "@plinth/local/user-error.ts";
import { parse } from "@plinth/local/validation/check.ts";
import { suggestName } from "@plinth/local/validation/nearest.ts";
import { byName } from "@plinth/local/validation/rules.ts";
import { Type } from "@plinth/local/validation/typebox.ts";
import { isContractVariable, type Variables } from "./environment.ts";

/** Stands for every service. */
const ALL_SERVICES = "*";

type VariableValues = Record<string, string>;

/** Numbers beyond the safe integers are refused: they would arrive rounded. */
const scalar = Type.Union(
  [
    Type.String({ encryptable: true }),
    Type.Number({ minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER }),
    Type.Boolean(),
  ],
  { expected: "a text, a number, true or false; longer numbers are written as text" },
);

/** The configuration key `environment`. */
export const environmentRule = byName(byName(scalar, { expected: "an object: values by the names of variables" }), {
  expected: "an object: variables by service, and by '*' for every service",
  description: "[variables of services](#variables-of-services) by service, `*` for all of them",
});

/**
 * Variables by service, from a stack's configuration. A service's variables override those of all.
 *
 * @throws UserError that names the variable but not its value, which may be a secret
 */
export function parseVariables(value: unknown, services: readonly string[]): (service: string) => VariableValues {
  const configured = parse(environmentRule, value, { where: "'environment'", secret: true });
  const texts = Object.fromEntries(
    Object.entries(configured).map(([service, variables]) => {
      if (service !== ALL_SERVICES && !services.includes(service))
        throw new UserError(
          `'environment' has variables of '${service}'${suggestName(service, services)}, ` +
            `but the services are ${services.join(", ")}, and '*' for all of them`,
        );
      return [service, toTexts(`'environment' of '${service}'`, variables)];
    }),
  );
  return (service) => ({ ...texts[ALL_SERVICES], ...texts[service] });
}

function toTexts(where: string, variables: Record<string, string | number | boolean>): VariableValues {
  for (const name of Object.keys(variables)) checkVariableName(where, name);
  return Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, String(value)]));
}

function checkVariableName(where: string, name: string): void {
  if (!/^[A-Za-z_]\w*$/.test(name))
    throw new UserError(`${where}: '${name}' is not a variable name: use letters, digits and _, and no digit first`);
  if (isContractVariable(name)) throw new UserError(`${where}: ${name} is set by the platform; leave it out`);
}

/** TCP ports of the variables named `…_URL` or `…_ENDPOINT`, which a service connects to. */
export function urlPorts(variables: VariableValues): number[] {
  const addresses = Object.entries(variables).filter(
    ([name, value]) => /_(URL|ENDPOINT)$/.test(name) && URL.canParse(value),
  );
  const ports = addresses.map(([, value]) => {
    const { port, protocol } = new URL(value);
    return port === "" ? defaultPorts[protocol] : Number(port);
  });
  return [...new Set(ports)].filter((port) => port !== undefined);
}

const defaultPorts: Record<string, number> = { "http:": 80, "https:": 443 };

/**
 * The contract and additional variables, which override the addresses of telemetry.
 *
 * @throws UserError when one overrides another variable of the contract
 */
export function mergeVariables(contract: Variables, additional: Partial<Variables> = {}): Variables {
  const given = { ...additional.plain, ...additional.secret };
  for (const name of Object.keys(given)) checkVariableName("'environment'", name);
  const remaining = Object.entries(contract.plain).filter(([name]) => !(name in given));
  return {
    plain: { ...additional.plain, ...Object.fromEntries(remaining) },
    secret: { ...additional.secret, ...contract.secret },
  };
}
