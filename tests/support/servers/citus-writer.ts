import pg from "pg";

const [url, first, last] = process.argv.slice(2);
const client = new pg.Client({ connectionString: url, options: "-c citus.propagate_set_commands=local" });
await client.connect();
const report = { written: 0, failed: [] as string[], longestMs: 0 };
let stopping = false;
process.stdin.on("end", () => {
  stopping = true;
});
process.stdin.resume();
for (let tenant = Number(first); !stopping; tenant = tenant === Number(last) ? Number(first) : tenant + 1) {
  const before = Date.now();
  try {
    await client.query("begin");
    await client.query(`set local app.tenant_id = '${tenant}'`);
    await client.query(
      "update accounts set available_cents = available_cents + 1 where tenant_id = $1 and account_id = '00000000-0000-0000-0000-000000000001'",
      [tenant],
    );
    await client.query("commit");
    report.written += 1;
  } catch (error) {
    report.failed.push((error as Error).message);
    await client.query("rollback");
  }
  report.longestMs = Math.max(report.longestMs, Date.now() - before);
  if (report.written === 1) process.stdout.write("writing\n");
}
await client.end();
process.stdout.write(`${JSON.stringify(report)}\n`);
