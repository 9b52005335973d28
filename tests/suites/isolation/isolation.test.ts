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
 * Reads routes, tables, queries and topics from the service's document, the database, the wire and
 * the catalogue, so that later ones are covered without a change.
 */
for (const descriptor of discoverServices(root).filter(({ tenant }) => tenant !== "none")) {
  describe(`${descriptor.name} keeps tenants apart`, function () {
    // A service that builds by itself is built first.
    this.timeout(descriptor.standalone ? 400_000 : 120_000);
    let fixture: IsolationFixture;
    let subject: ServiceUnderTest;
    let exploration: Exploration;
    let foreign: Requester;
    let tables: string[];
    let owned: TenantSnapshot;
    let explored: number;

    before(async () => {
      fixture = await createFixture(descriptor);
      ({ subject, exploration, foreign, tables, owned } = fixture);
      explored = subject.process.lines.length;
    });
    after(() => subject.stop());

    const assertUnchanged = async () => assert.deepEqual(await changedRows(fixture), []);

    it("every route of its document succeeds for the owner (PLT-7)", () => {
      assert.ok(exploration.operations.length > 0, "the document lists no route");
      assert.deepEqual(
        [...exploration.failed].map(([name, why]) => `${name}: ${why}`),
        [],
      );
    });

    it("no route shows or changes anything for a foreign, unknown, missing or malformed tenant (PLT-7)", async () => {
      const findings: string[] = [];
      for (const operation of exploration.operations)
        findings.push(
          ...(await runIntrusions(
            subject.base,
            exploration,
            operation,
            foreign,
            intrusionAttempts(exploration, operation, foreign, {
              none: descriptor.tenant === "header",
              unknown: descriptor.needs.includes("database"),
            }),
          )),
        );
      assert.deepEqual(findings, []);
      await assertUnchanged();
    });

    it("logs no tenant's data (PLT-7)", () => {
      assert.deepEqual(findLeaks({ ...exploration, secrets: new Set() }, subject.process.lines.join("\n")), []);
      assert.deepEqual(findLeaks(exploration, subject.process.lines.slice(explored).join("\n")), []);
    });

    it("every table with a tenant shows, changes and accepts no row for another tenant (PLT-7)", async () => {
      assert.equal(
        tables.length > 0,
        descriptor.migrations !== undefined,
        "the service's migrations create no table with a tenant",
      );
      const findings = await Promise.all(
        tables.map((table) => tableFindings(subject.tables, table, OWNER_TENANT, FOREIGN_TENANT)),
      );
      assert.deepEqual(findings.flat(), []);
      const filled = Object.entries(owned).filter(([, { rows }]) => rows > 0);
      assert.ok(filled.length > 0 || tables.length === 0, "no table has a row to test with");
    });

    it("row-level security alone hides another tenant's rows from every query without its filter (SDG-5)", async () => {
      const statements = distinctStatements(subject.sqlProxy.statements, tables, OWNER_TENANT);
      assert.ok(statements.length > 0 || tables.length === 0, "no query was captured");
      const unfiltered = statements.filter((statement) => statementReplays(statement).length > 1);
      assert.ok(unfiltered.length > 0 || tables.length === 0, "no query had a filter to remove");
      const findings: string[] = [];
      for (const statement of statements)
        findings.push(...(await statementFindings(subject.tables, exploration, tables, statement, FOREIGN_TENANT)));
      assert.deepEqual(findings, []);
      await assertUnchanged();
    });

    it("queries tenants' tables only in a transaction that names a tenant or the system (PLT-7)", () => {
      const outside = distinctStatements(
        subject.sqlProxy.statements.filter(({ scope }) => scope === "none"),
        tables,
        OWNER_TENANT,
      );
      assert.deepEqual(
        outside.map(({ text }) => text),
        [],
      );
    });

    for (const topic of descriptor.topics.consumes as Topic[]) {
      it(`events of ${topic} that name another tenant change nothing of it (PLT-7)`, async () => {
        for (const forged of await forgedEvents(subject.at, topic, exploration.ids, OWNER_TENANT, FOREIGN_TENANT)) {
          const deadLetters = await publishForged(subject, topic, forged);
          if (forged.contradictory) assert.equal(deadLetters, 1, `${forged.what}: not among the dead letters`);
          assert.deepEqual(await changedRows(fixture), [], forged.what);
        }
      });
    }

    for (const topic of descriptor.topics.produces) {
      it(`events of ${topic} carry the tenant of their request (PLT-7)`, async () => {
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
        assert.deepEqual(marks, [], "another tenant's event holds this tenant's data");
      });
    }

    it("every cache key with a tenant's data names the tenant (PLT-7)", async () => {
      assert.deepEqual(keyFindings(await readCache(subject.at.cache.url), exploration, FOREIGN_TENANT), []);
    });

    it("two tenants can use the same id, each for its own resource (PLT-7)", async () => {
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
      await assertUnchanged();
    });
  });
}
