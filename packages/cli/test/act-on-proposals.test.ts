import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { ProbeHistory, type ProbePolicy, policyFrom, type Verdict } from "@causeway/control";
import { editRoutes } from "@causeway/publisher";
import { TestVendor } from "../../publisher/test/support/vendor.ts";
import { actOnProposals } from "../src/probes/act-on-proposals.ts";
import { Terminal } from "../src/terminal.ts";

const hour = 3_600_000;
const policy: ProbePolicy = {
  ...policyFrom({ minimumActive: 1 }),
  drain: { isAutomatic: true, failures: 1, rounds: 1, staleForMs: hour },
  restore: { isAutomatic: true, rounds: 1 },
};

/** A vendor of the routes `a`, `b` and `c`, and what probes make of what they find of them. */
async function probesOf(t: test.TestContext) {
  const vendor = await TestVendor.make(t);
  vendor.now = Date.now();
  const edit = async (kind: "drain" | "restore", id: string): Promise<void> => {
    await editRoutes(vendor.dir, { kind, id }, vendor.common());
  };
  for (const id of ["a", "b", "c"]) {
    const add = { kind: "add", id, urls: [`https://${id}.example/`] } as const;
    await editRoutes(vendor.dir, add, vendor.common());
  }
  const history = new ProbeHistory(join(vendor.parent, "history.sqlite"));
  t.after(() => history.close());
  const said = new PassThrough();
  const streams = said as unknown as NodeJS.WriteStream;
  const terminal = new Terminal(streams, streams);
  const context = { terminal, signal: new AbortController().signal, exitCode: 0 };
  const start = Date.now();
  const found = async (hours: number, verdicts: readonly Verdict[]): Promise<readonly string[]> => {
    const routes = verdicts.map((verdict, at) => {
      const id = "abc".charAt(at);
      const [url, numbers] = [
        `https://${id}.example/`,
        { firstByteMs: null, bytesPerSecond: null },
      ];
      return { id, state: "active", verdict, urls: [{ url, verdict, why: null, ...numbers }] };
    });
    const round = { at: start + hours * hour, routes } as never;
    history.add(round);
    const { proposals } = await actOnProposals(round, history, policy, vendor, context);
    return proposals.map(({ kind, id, held, isMade }) => {
      return `${kind} ${id}: ${isMade ? "made" : held}`;
    });
  };
  return { vendor, edit, found, said };
}

test("what probes have drained they restore after days, and nothing that people drain", async (t) => {
  const { edit, found } = await probesOf(t);
  assert.deepEqual(await found(0, ["dead", "ok", "ok"]), ["drain a: made"]);
  assert.deepEqual(await found(50, ["ok", "ok", "ok"]), ["restore a: made"]);
  assert.deepEqual(await found(52, ["dead", "ok", "ok"]), ["drain a: made"]);
  await edit("restore", "a");
  assert.deepEqual(await found(53, ["ok", "ok", "ok"]), []);
  await edit("drain", "a");
  assert.deepEqual(await found(54, ["ok", "ok", "ok"]), [
    "restore a: it was not drained by probes",
  ]);
});

test("after a change that cannot be made, none is made that counts on it", async (t) => {
  const { vendor, found, said } = await probesOf(t);
  rmSync(vendor.path("keys"), { recursive: true });
  assert.deepEqual(await found(0, ["dead", "dead", "ok"]), ["drain a: null", "drain b: null"]);
  const told = String(said.read());
  assert.deepEqual([/drain a could not/.test(told), /drain b could not/.test(told)], [true, false]);
});
