/** The services of this repository. */
export const services = ["highload", "wallet"];

/** These lines of each service, whose name stands where they have a `%`. */
export function ofEachService(...lines: string[]): string[] {
  return services.flatMap((name) => lines.map((text) => text.replaceAll("%", name)));
}
