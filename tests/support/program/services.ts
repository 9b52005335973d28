/** The services of this repository. */
export const services = ["highload", "wallet"];

/** The lines for each service, with its name in the place of `%`. */
export function ofEachService(...lines: string[]): string[] {
  return services.flatMap((name) => lines.map((text) => text.replaceAll("%", name)));
}
