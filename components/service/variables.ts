import { UserError } from "@plinth/local/user-error.ts";
import { isRecord } from "@plinth/local/validation/guards.ts";
import { isContractVariable, type Variables } from "./environment.ts";

/** Stands for every service. */
const ALL_SERVICES = "*";

type VariableValues = Record<string, string>;

/**
 * Variables by service, from a stack's configuration. A service's variables override those of all.
 *
 * @throws UserError that names the variable but not its value, which may be a secret
 */
export function parseVariables(value: unknown, services: readonly string[]): (service: string) => VariableValues {
  if (!isRecord(value))
    throw new UserError("'environment' must be an object: variables by service, and by '*' for every service");
  const texts = Object.fromEntries(
    Object.entries(value).map(([service, variables]) => {
      if (service !== ALL_SERVICES && !services.includes(service))
        throw new UserError(
          `'environment' has variables of '${service}', but the services are ${services.join(", ")}, and '*' for all of them`,
        );
      return [service, parseServiceVariables(`'environment' of '${service}'`, variables)];
    }),
  );
  return (service) => ({ ...texts[ALL_SERVICES], ...texts[service] });
}

function parseServiceVariables(where: string, variables: unknown): VariableValues {
  if (!isRecord(variables)) throw new UserError(`${where} must be an object: values by the names of variables`);
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => {
      checkVariableName(where, name);
      if (!isScalar(value))
        throw new UserError(
          `${where}: ${name} must be a text, a number, true or false; longer numbers are written as text`,
        );
      return [name, String(value)];
    }),
  );
}

function checkVariableName(where: string, name: string): void {
  if (!/^[A-Za-z_]\w*$/.test(name))
    throw new UserError(`${where}: '${name}' is not a variable name: use letters, digits and _, and no digit first`);
  if (isContractVariable(name)) throw new UserError(`${where}: ${name} is set by the platform; leave it out`);
}

/** Numbers beyond the safe integers are refused: they would arrive rounded. */
function isScalar(value: unknown): boolean {
  const isExact = typeof value === "number" && Math.abs(value) <= Number.MAX_SAFE_INTEGER;
  return isExact || typeof value === "string" || typeof value === "boolean";
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

/** The contract and additional variables. @throws UserError when one of these overrides the contract */
export function mergeVariables(contract: Variables, additional: Partial<Variables> = {}): Variables {
  for (const name of Object.keys({ ...additional.plain, ...additional.secret }))
    checkVariableName("'environment'", name);
  return { plain: { ...additional.plain, ...contract.plain }, secret: { ...additional.secret, ...contract.secret } };
}
