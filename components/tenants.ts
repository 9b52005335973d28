import * as pulumi from "@pulumi/pulumi";
import { PlatformComponent } from "./component.ts";
import { type IdRange, tenantBatches } from "./providers/tenant-ids.ts";
import { Tenants as TenantRows } from "./providers/tenants.ts";

export interface TenantsArgs {
  databaseUrl: pulumi.Input<string>;
  tenants: readonly IdRange[];
}

/**
 * Every tenant of the stack, in at most eight resources however many there are. A tenant that leaves the list keeps its row and its data.
 *
 * @example
 * new Tenants("tenants", { databaseUrl: database.url, tenants: parseTenantIds("10001,20000-29999") });
 */
export class Tenants extends PlatformComponent {
  /** Whether Citus distributes the table; resolves when every tenant has its row. */
  readonly distributed: pulumi.Output<boolean>;

  constructor(name: string, args: TenantsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("Tenants", name, opts);
    const batches = Object.entries(tenantBatches(args.tenants)).map(
      ([batch, tenants]) => new TenantRows(this.child(batch), { databaseUrl: args.databaseUrl, batch, tenants }, { parent: this }),
    );
    this.distributed = pulumi.all(batches.map((batch) => batch.distributed)).apply((all) => all.every(Boolean));
    this.registerOutputs({ distributed: this.distributed });
  }
}
