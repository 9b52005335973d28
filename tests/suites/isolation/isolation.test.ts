import assert from "node:assert/strict";
import { root } from "@plinth/local/locations.ts";
import type { Topic } from "@plinth/schemas/catalog.ts";
import { discoverServices } from "../../../components/service/descriptor.ts";
import type { Exploration } from "../../support/api/exploration.ts";
import type { Requester } from "../../support/api/requester.ts";
import type { ServiceUnderTest } from "../../support/services/service-under-test.ts";
import type { TenantSnapshot } from "../../support/services/tenant-rows.ts";
import { eventsOf, forgedEvents, publishForged, readRecords } from "../../support/services/topic-state.ts";
import { keyFindings, readCache } from "./cache-keys.ts";
import { changedRows, createFixture, FOREIGN_TENANT, type IsolationFixture, OWNER_TENANT } from "./fixture.ts";
import { intrusionAttempts, runIntrusions, takeoverAttempts } from "./intrusion.ts";
import { findLeaks } from "./response-check.ts";
import { tableFindings } from "./row-security.ts";
import { distinctStatements, statementFindings, statementReplays } from "./statement-replay.ts";

/**
 * Nothing here knows a route, a table, a query or a topic: they are what the service's document,
 * the database, the wire and the catalogue say. What is added later is covered without a change.
 */
for (const descriptor of discoverServices(root).filter(({ tenant }) => tenant !== "none")) {
  describe(`${descriptor.name} keeps tenants apart`, function () {
    this.timeout(120_000);
    let scene: IsolationFixture;
    let subject: ServiceUnderTest;
    let exploration: Exploration;
    let foreign: Requester;
    let tables: string[];
    let owned: TenantSnapshot;
    let explored: number;

    before(async () => {
      scene = await createFixture(descriptor);
      ({ subject, exploration, foreign, tables, owned } = scene);
      explored = subject.process.lines.length;
    });
    after(() => subject.stop());

    const untouched = async () => assert.deepEqual(await changedRows(scene), []);

    it("PLT-7 every route that its document lists succeeds for the tenant itself, so that the rest of this proves something", () => {
      assert.ok(exploration.operations.length > 0, "the document lists no route");
      assert.deepEqual(
        [...exploration.failed].map(([name, why]) => `${name}: ${why}`),
        [],
      );
    });

    it("PLT-7 no route shows or changes anything for a foreign, unknown, missing or malformed tenant", async () => {
      const findings: string[] = [];
      for (const operation of exploration.operations)
        findings.push(
          ...(await runIntrusions(
            subject.base,
            exploration,
            operation,
            foreign,
            intrusionAttempts(exploration, operation, foreign, descriptor.tenant === "header"),
          )),
        );
      assert.deepEqual(findings, []);
      await untouched();
    });

    it("PLT-7 writes nothing of a tenant into the log", () => {
      assert.deepEqual(findLeaks({ ...exploration, secrets: new Set() }, subject.process.lines.join("\n")), []);
      assert.deepEqual(findLeaks(exploration, subject.process.lines.slice(explored).join("\n")), []);
    });

    it("PLT-7 every table with a tenant shows, changes and takes in no row for another one", async () => {
      assert.equal(
        tables.length > 0,
        descriptor.migrations !== undefined,
        "the service's migrations make no table with a tenant",
      );
      const findings = await Promise.all(
        tables.map((table) => tableFindings(subject.tables, table, OWNER_TENANT, FOREIGN_TENANT)),
      );
      assert.deepEqual(findings.flat(), []);
      const filled = Object.entries(owned).filter(([, { rows }]) => rows > 0);
      assert.ok(filled.length > 0 || tables.length === 0, "no table held a row to reach for");
    });

    it("SDG-5 row-level security alone holds: no query shows or changes another tenant's rows when its own filter is taken out", async () => {
      const statements = distinctStatements(subject.tap.statements, tables, OWNER_TENANT);
      assert.ok(statements.length > 0 || tables.length === 0, "no query was heard");
      const unfiltered = statements.filter((statement) => statementReplays(statement).length > 1);
      assert.ok(unfiltered.length > 0 || tables.length === 0, "no query had a filter to take out");
      const findings: string[] = [];
      for (const statement of statements)
        findings.push(...(await statementFindings(subject.tables, exploration, tables, statement, FOREIGN_TENANT)));
      assert.deepEqual(findings, []);
      await untouched();
    });

    it("PLT-7 asks no table with a tenant outside of a transaction that names one, or the system", () => {
      const outside = distinctStatements(
        subject.tap.statements.filter(({ scope }) => scope === "none"),
        tables,
        OWNER_TENANT,
      );
      assert.deepEqual(
        outside.map(({ text }) => text),
        [],
      );
    });

    for (const topic of descriptor.topics.consumes as Topic[]) {
      it(`PLT-7 events of ${topic} that name another tenant change nothing of it`, async () => {
        for (const forged of await forgedEvents(subject.at, topic, exploration.ids, OWNER_TENANT, FOREIGN_TENANT)) {
          const buried = await publishForged(subject, topic, forged);
          if (forged.buried) assert.equal(buried, 1, `${forged.what}: not among the dead letters`);
          assert.deepEqual(await changedRows(scene), [], forged.what);
        }
      });
    }

    for (const topic of descriptor.topics.produces) {
      it(`PLT-7 events of ${topic} carry the tenant of the request that led to them`, async () => {
        const records = await readRecords(subject.at, topic);
        const asked = eventsOf(exploration.actor, records);
        assert.ok(asked.count > 0, "no request led to an event");
        assert.deepEqual([...asked.findings, ...eventsOf(foreign, records).findings], []);
        const foreignEvents = records.filter(({ headers }) =>
          headers.correlation_id?.startsWith(foreign.correlationPrefix),
        );
        const marks = findLeaks(
          { ...exploration, secrets: new Set() },
          JSON.stringify(foreignEvents.map(({ event }) => event)),
        );
        assert.deepEqual(marks, [], "another tenant's event holds what only this one wrote");
      });
    }

    it("PLT-7 every cache key that holds something of a tenant names it", async () => {
      assert.deepEqual(keyFindings(await readCache(subject.at.cache.url), exploration, FOREIGN_TENANT), []);
    });

    it("PLT-7 an id that one tenant has taken is free for another one, and stays the first one's own", async () => {
      const findings: string[] = [];
      for (const operation of exploration.operations)
        findings.push(
          ...(await runIntrusions(
            subject.base,
            exploration,
            operation,
            foreign,
            takeoverAttempts(exploration, operation, foreign),
          )),
        );
      assert.deepEqual(findings, []);
      await untouched();
    });
  });
}
