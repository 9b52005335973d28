import type { LocatedService } from "../../../components/service/descriptor.ts";
import { discoverServices as discover } from "../program/services.ts";

/** Replaces the discovered services by `COPIES` copies of the first, which differ only by name. */
export function discoverServices(root: string): LocatedService[] {
  const [first] = discover(root);
  return Array.from({ length: Number(process.env.COPIES) }, (_, index) => ({
    ...first!,
    name: `${first!.name}-${index}`,
  }));
}
