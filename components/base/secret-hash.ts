import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";

/**
 * Eight digits that change with a secret, for the annotation that restarts pods. They are public:
 * eight digits are too few to test password guesses against.
 */
export function secretHash(secret: pulumi.Input<string>): pulumi.Output<string> {
  return pulumi.unsecret(
    pulumi.output(secret).apply((text) => createHash("sha256").update(text).digest("hex").slice(0, 8)),
  );
}
