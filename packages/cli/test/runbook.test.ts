import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { folderFor } from "../../control/test/support/knot.ts";
import { checkRunbook } from "../src/runbook/check-runbook.ts";
import { loadRunbook } from "../src/runbook/load-runbook.ts";
import { measure } from "../src/runbook/measure.ts";
import { attack, hour, Night } from "./support/night.ts";

test("the night of 2003, from the first check to the retired name", async (t) => {
  const night = await Night.make(t);
  const runbook = await night.runbook();
  assert.equal(runbook.attack, attack);
  const findings = await checkRunbook(runbook, {
    now: () => night.now,
    signal: new AbortController().signal,
    log: () => undefined,
    who: "test",
  });
  assert.deepEqual(
    findings.filter(({ kind }) => kind !== "told"),
    [],
  );
  const told = findings.map(({ step, what }) => `${step}: ${what}`).join("\n");
  assert.match(told, /lower-ttl: for T, retire or move it by 2003-08-15T09:54:00Z/);
  assert.match(told, /drain: windowsupdate: state active, now draining/);
  assert.match(told, /retire-name: update\.example\.com - 300 A 192\.0\.2\.1/);
  assert.equal((await night.look())["lower-ttl"], "early");
  assert.deepEqual(await night.states(), ["windowsupdate active", "download-center active"]);

  night.now = attack - 48 * hour;
  assert.equal((await night.look())["lower-ttl"], "done");
  night.now = attack - 24 * hour;
  await night.look();
  assert.equal((await night.states()).at(-1), "reserve-1 active");

  night.now = attack - 6 * hour;
  const asked = await night.look();
  assert.deepEqual([asked["announce"], asked["tell-customers"]], ["people", "held"]);
  await assert.rejects(night.announceInto("none/code.txt"), { code: "HOST_MISSING" });
  assert.ok(!existsSync(join(night.dir, "announcements.json")), "no number was taken in vain");
  await night.approve("announce", "alice");
  assert.equal((await night.look())["tell-customers"], "people");
  assert.match(readFileSync(join(night.dir, "announcement.txt"), "utf8"), /^[0-9A-Z-]+\n$/i);
  await night.approve("tell-customers", "bob");
  night.now = attack - hour;
  assert.equal((await night.look())["drain"], "done");

  night.now = attack + hour / 6;
  assert.equal((await night.look())["retire-name"], "condition", "nobody has recorded anything");
  night.record(20);
  await night.approve("retire-name", "alice");
  assert.equal((await night.look())["retire-name"], "condition");
  night.record(900);
  assert.equal((await night.look())["retire-name"], "people", "one is not two");
  assert.equal(night.addresses(), 3);
  await night.approve("retire-name", "bob");
  assert.equal((await night.look())["retire-route"], "people");
  assert.equal(night.addresses(), 0);
  await night.approve("retire-route", "alice", "bob");
  const end = await night.look();
  assert.deepEqual([...new Set(Object.values(end))], ["done"]);
  assert.equal((await night.states())[0], "windowsupdate retired");

  const { records, wrong } = await night.log(runbook).look();
  assert.equal(wrong, undefined);
  const lowered = records.find(({ event }) => event.what === "done")?.event;
  assert.match(JSON.stringify(lowered), /"ttlSeconds".*60/);
  const intent = records.findLast(
    ({ event }) => event.what === "intent" && event.verb === "names retire",
  );
  assert.match(
    JSON.stringify(intent?.event),
    /is flooded; refusedPerSecond is 900, above 500 for 120 s/,
  );
  assert.equal(statSync(night.log(runbook).file).mode & 0o777, 0o600);
  await night.look();
  assert.equal((await night.log(runbook).read()).length, records.length);
});

test("a runbook that is wrong names the line, and one that would be public is refused", async (t) => {
  const dir = folderFor(t);
  const file = join(dir, "runbook.yaml");
  const failureOf = async (text: string, at = file): Promise<string> => {
    writeFileSync(at, text);
    const error: unknown = await loadRunbook(at).then(
      () => assert.fail("it was taken"),
      (caught: unknown) => caught,
    );
    assert.ok(error instanceof Error);
    return error.message.replace(`${dir}/`, "");
  };
  const head = "name: x\nattack: 2003-08-16T00:00:00Z\nsteps:\n";
  const wrong: readonly (readonly [string, RegExp])[] = [
    [
      `${head}  - { id: a, at: T, mode: automatic, do: { anounce: {} } }\n`,
      /^runbook\.yaml:4:44: .*mean announce\?/,
    ],
    [`${head}  - { id: a, att: T, mode: automatic, do: { refresh: {} } }\n`, /:4:14: .*mean at\?/],
    [
      `${head}  - { id: a, at: 48h, mode: automatic, do: { refresh: {} } }\n`,
      /:4:18: .*write T, T-48h/,
    ],
    [
      `${head}  - { id: a, at: T-999999d, mode: automatic, do: { refresh: {} } }\n`,
      /:4:18: .*at most 1830d \(five years\) before or after T/,
    ],
    [
      `${head}  - { id: a, at: T, mode: approved, do: { refresh: {} } }\n`,
      /:4:27: a needs 1 to approve/,
    ],
    [
      `${head}  - { id: a, mode: automatic, do: { refresh: {} } }\n`,
      /:4:11: a needs at, when or after/,
    ],
    [
      `${head}  - { id: a, at: T, mode: automatic, do: { sh: "rm" } }\n`,
      /:4:44: "sh" is not known/,
    ],
    [`${head}${"  - {}\n".repeat(201)}`, /must NOT have more than 200 items/],
    ["x".repeat(1024 * 1024 + 1), /longer than any runbook/],
  ];
  for (const [text, message] of wrong) assert.match(await failureOf(text), message);
  mkdirSync(join(dir, "repository"));
  const step = "  - { id: a, at: T, mode: automatic, do: { refresh: {} } }\n";
  const inside = join(dir, "repository", "runbook.yaml");
  assert.match(await failureOf(`${head}${step}dir: ..\n`, inside), /which is public/);
});

test("a source that fails or says something else holds nothing, and is told", async (t) => {
  const dir = folderFor(t);
  const { ask, answers } = await sources(t, dir);
  assert.match(await ask("{ id: c, route: a, for: 5m }"), /^false there are no probes yet/);
  mkdirSync(join(dir, "probes"));
  writeFileSync(join(dir, "probes", "history.sqlite"), "x".repeat(4096));
  assert.match(await ask("{ id: c, route: a, for: 5m }"), /^false .*damaged/);
  const above = "measure: waiting, above: 1, for: 5s }";
  assert.match(await ask(`{ id: c, recording: none.jsonl, ${above}`), /^false .*ENOENT/);
  assert.match(await ask(`{ id: c, recording: probes, ${above}`), /^false .*no file/);
  const deep = `{"at":1,"waiting":${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}}`;
  const odd = `[]\nnull\n{"at":"x"}\n{"at":1,"waiting":"9"}\n${deep}\n`;
  writeFileSync(join(dir, "odd.jsonl"), odd);
  assert.match(await ask(`{ id: c, recording: odd.jsonl, ${above}`), /^false waiting is not known/);
  const origin = `{ id: c, origin: "${answers.url}", ${above}`;
  assert.match(await ask(origin), /^false .*something else/);
  answers.body = "x".repeat(5 * 1024 * 1024);
  assert.match(await ask(origin), /^false .*without end/);
});

/** Asks sources, beside an admin port that answers whatever it is told. */
async function sources(
  t: test.TestContext,
  dir: string,
): Promise<{
  readonly ask: (condition: string) => Promise<string>;
  readonly answers: { readonly url: string; body: string };
}> {
  const answers = { url: "", body: "{}" };
  const server = createServer((_, response) => response.end(answers.body));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  answers.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const ask = async (condition: string): Promise<string> => {
    const step = "{ id: a, when: c, mode: automatic, do: { refresh: {} } }";
    const head = `name: x\nattack: 2003-08-16T00:00:00Z\nconditions: [${condition}]\n`;
    writeFileSync(join(dir, "runbook.yaml"), `${head}steps: [${step}]\n`);
    const runbook = await loadRunbook(join(dir, "runbook.yaml"));
    const verdicts = await measure(runbook, Date.now(), new AbortController().signal);
    const { holds, why } = verdicts.get("c") ?? {};
    return `${holds} ${why}`;
  };
  return { ask, answers };
}
