import assert from "node:assert/strict";
import { generateKeyPairSync, sign } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import {
  type ApproverKey,
  approveStep,
  type Runbook,
  RunbookLog,
  runRunbook,
} from "@causeway/control";
import { initVendor, listRoutes } from "@causeway/publisher";
import { digShort, folderFor, startKnot } from "../../control/test/support/knot.ts";
import { act } from "../src/runbook/act.ts";
import { checkRunbook } from "../src/runbook/check-runbook.ts";
import { loadRunbook } from "../src/runbook/load-runbook.ts";
import { measure } from "../src/runbook/measure.ts";
import { runPorts } from "../src/runbook/run-ports.ts";

const example = new URL("../../../examples/ms03-026/", import.meta.url);
const hour = 3_600_000;
const attack = Date.parse("2003-08-15T10:00:00Z");

interface Person extends ApproverKey {
  readonly name: string;
}

function person(name: string): Person {
  const { privateKey } = generateKeyPairSync("ed25519");
  const { x = "" } = privateKey.export({ format: "jwk" });
  return {
    name,
    publicKey: Buffer.from(x, "base64url").toString("hex"),
    sign: (bytes) => Promise.resolve(sign(null, bytes, privateKey)),
  };
}

/** The example's vendor, people and names, on this machine, at a time that the test sets. */
class Night {
  readonly dir: string;
  readonly people: readonly Person[] = [person("alice"), person("bob")];
  now = attack - 72 * hour;
  readonly #dig: (type: string) => readonly string[];

  private constructor(dir: string, dig: (type: string) => readonly string[]) {
    this.dir = dir;
    this.#dig = dig;
  }

  static async make(t: test.TestContext): Promise<Night> {
    const knot = await startKnot(t);
    const dir = join(folderFor(t), "vendor");
    const name = "update.example.com";
    const night = new Night(dir, (type) => digShort(knot, name, type));
    const passphrase = (): Promise<string> => Promise.resolve("");
    await initVendor(dir, { name: "MS03-026", dev: true, passphrase, now: () => night.now });
    const text = (file: string): string => readFileSync(new URL(file, example), "utf8");
    writeFileSync(join(dir, "causeway.yaml"), text("causeway.yaml"));
    const [alice, bob] = night.people;
    const runbook = text("runbook.yaml")
      .replaceAll("windowsupdate.com", name)
      .replace("192.0.2.53", `127.0.0.1:${knot.port}`)
      .replace("ops.key", knot.key)
      .replace("origin: http://127.0.0.1:9100", "recording: watch.jsonl")
      .replace(/d75a\w{60}/, alice?.publicKey ?? "")
      .replace(/3d40\w{60}/, bob?.publicKey ?? "");
    writeFileSync(night.file, runbook);
    return night;
  }

  get file(): string {
    return join(this.dir, "runbook.yaml");
  }

  /** Does what is due, and tells how each step stands. */
  async look(): Promise<Readonly<Record<string, string>>> {
    const ports = await runPorts(this.file, {
      signal: new AbortController().signal,
      log: () => undefined,
      passphrase: () => Promise.resolve(""),
      tell: () => undefined,
      clock: { wall: () => this.now, steady: () => 0, sleep: () => Promise.resolve() },
    });
    const situations = await runRunbook(ports, { isOnce: true, isDry: false });
    return Object.fromEntries(situations.map(({ step, situation }) => [step.id, situation.kind]));
  }

  async approve(step: string, ...names: readonly string[]): Promise<void> {
    const runbook = await this.runbook();
    const writer = { who: "test", now: () => this.now };
    for (const key of this.people.filter(({ name }) => names.includes(name))) {
      await approveStep(this.log(runbook), runbook, { step, by: key.name, key }, writer);
    }
  }

  async announceInto(out: string): Promise<void> {
    const runbook = await this.runbook();
    const [step] = runbook.steps;
    assert.ok(step);
    const args = { routes: ["https://c.example.net/"], out: join(this.dir, out) };
    const stage = {
      step,
      runbook,
      isDry: false,
      who: "test",
      now: () => this.now,
      signal: new AbortController().signal,
      log: () => undefined,
      passphrase: () => Promise.resolve(""),
    };
    await act({ verb: "announce", args }, stage);
  }

  async runbook(): Promise<Runbook> {
    return loadRunbook(this.file);
  }

  log({ dir, name }: Pick<Runbook, "dir" | "name">): RunbookLog {
    return new RunbookLog(dir, name);
  }

  addresses(): number {
    return this.#dig("A").length + this.#dig("AAAA").length;
  }

  /** What `causeway watch --json` has written in the last minutes. */
  record(refusedPerSecond: number): void {
    const lines = Array.from({ length: 180 }, (_, at) => {
      const second = this.now / 1000 - 179 + at;
      return JSON.stringify({ at: second, refusedPerSecond: { busy: refusedPerSecond } });
    });
    writeFileSync(join(this.dir, "watch.jsonl"), `${lines.join("\n")}\n{"at":`);
  }

  async states(): Promise<readonly string[]> {
    const { routes } = await listRoutes(this.dir);
    return routes.map(({ id, state }) => `${id} ${state}`);
  }
}

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

test("a step that retires a name that never was is an error, and is not told as done", async (t) => {
  const night = await Night.make(t);
  const names = readFileSync(night.file, "utf8").match(/^names:\n(?: .*\n)+/m)?.[0] ?? "";
  const step = (id: string, name: string): string => {
    return `  - { id: ${id}, at: T-72h, mode: automatic, do: { names retire: { name: ${name} } } }\n`;
  };
  const head = `name: typo\nattack: 2003-08-15T10:00:00Z\n${names}steps:\n`;
  const move = "names move: { name: new.example.com, to: [192.0.2.7] }";
  const later = `  - { id: move, after: [right], mode: automatic, do: { ${move} } }\n`;
  const steps = [
    step("right", "update.example.com"),
    step("twice", "update.example.com"),
    step("typo", "updtae.example.com"),
    later,
    step("moved", "new.example.com").replace("at: T-72h", "after: [move]"),
  ];
  writeFileSync(night.file, head + steps.join(""));
  const findings = await checkRunbook(await night.runbook(), {
    now: () => night.now,
    signal: new AbortController().signal,
    log: () => undefined,
    who: "test",
  });
  const errors = findings.filter(({ kind }) => kind === "error");
  assert.deepEqual(
    errors.map(({ step: id, code }) => [id, code]),
    [["typo", "USAGE_ARGUMENT"]],
  );
  assert.match(errors[0]?.what ?? "", /updtae\.example\.com has no address, .* spelled right\?/);
  assert.deepEqual(await night.look(), {
    right: "done",
    twice: "done",
    typo: "failed",
    move: "done",
    moved: "done",
  });
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
