import { discoverServices as discover, type LocatedService } from "../../../components/service/descriptor.ts";

/** The services of this repository. */
export const services = ["highload", "wallet"];

/** As of components/service/descriptor.ts, without those that a user has added. */
export function discoverServices(root: string): LocatedService[] {
  return discover(root).filter(({ name }) => services.includes(name));
}

/** The lines for each service, with its name in the place of `%`. */
export function ofEachService(...lines: string[]): string[] {
  return services.flatMap((name) => lines.map((text) => text.replaceAll("%", name)));
}
