import { useState } from "preact/hooks";
import type { TenantSummary } from "../../model/platform.ts";
import { api } from "../app/api.ts";
import { href } from "../app/location.ts";
import { useAnswer } from "../app/use-answer.ts";
import { useListKeys } from "../app/use-list-keys.ts";
import { SearchedList, searchedText } from "../parts/searched-list.tsx";
import { useNarrow } from "../parts/use-narrow.ts";
import { VirtualList } from "../parts/virtual-list.tsx";

const EVERY_MS = 15_000;
const ROW_HEIGHT = 48;
const NARROW_ROW_HEIGHT = 100;
const TENANT_DASHBOARD = "tenant";

export function TenantsView() {
  const { data: tenants, error } = useAnswer("tenants", api.tenants, EVERY_MS);
  const text = searchedText();
  const shown = (tenants ?? []).filter(({ id, name }) => `${id} ${name}`.toLowerCase().includes(text.toLowerCase()));
  const [selected, setSelected] = useState(-1);
  useListKeys({
    move: (step) => setSelected(Math.max(0, Math.min(shown.length - 1, selected + step))),
    close: () => setSelected(-1),
  });
  const rowHeight = useNarrow() ? NARROW_ROW_HEIGHT : ROW_HEIGHT;
  return (
    <SearchedList
      label="Number or name of a tenant"
      noun="tenant"
      total={tenants?.length}
      shown={shown.length}
      error={error}
      empty="There is no tenant yet."
      hint="Add one to the stack's configuration and type make up."
    >
      <VirtualList
        label="Tenants"
        class="tenants"
        count={shown.length}
        rowHeight={rowHeight}
        selected={selected}
        rowKey={(index) => shown[index]!.id}
        row={(index) => <TenantRow tenant={shown[index]!} />}
      />
    </SearchedList>
  );
}

function TenantRow({ tenant }: { tenant: TenantSummary }) {
  const rows = Object.entries(tenant.rows);
  const { id } = tenant;
  return (
    <div role="gridcell" class="tenant-row">
      <span>
        <strong>{tenant.name}</strong> <code>{id}</code>
      </span>
      <span class="tenant-has">
        {rows.slice(0, 6).map(([table, count]) => (
          <span key={table}>
            {table} <b>{count.toLocaleString("en-US")}</b>
          </span>
        ))}
        <span>
          lines today <b>{tenant.lines.toLocaleString("en-US")}</b>
        </span>
        {tenant.cacheUser !== undefined && <span>cache user {tenant.cacheUser}</span>}
      </span>
      <span class="row links">
        <a href={href(["dashboards", TENANT_DASHBOARD], { tenant: id })}>Dashboard</a>
        <a href={href(["logs"], { tenant: id, range: "24h" })}>Logs</a>
        <a href={href(["traces"], { tenant: id, range: "24h" })}>Traces</a>
      </span>
    </div>
  );
}
