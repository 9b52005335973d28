import { discoverServices as discover, type LocatedService } from "../../../components/service/descriptor.ts";

/**
 * In the place of the services that are there: so many copies of the first of them, which differ in
 * their names alone.
 */
export function discoverServices(root: string): LocatedService[] {
  const [first] = discover(root);
  return Array.from({ length: Number(process.env.COPIES) }, (_, index) => ({
    ...first!,
    name: `${first!.name}-${index}`,
  }));
}
