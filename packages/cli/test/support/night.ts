import assert from "node:assert/strict";
import { generateKeyPairSync, sign } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import {
  type ApproverKey,
  approveStep,
  type Runbook,
  RunbookLog,
  runRunbook,
} from "@causeway/control";
import { initVendor, type Log, listRoutes } from "@causeway/publisher";
import { digShort, folderFor, startKnot } from "../../../control/test/support/knot.ts";
import { act } from "../../src/runbook/act.ts";
import { loadRunbook } from "../../src/runbook/load-runbook.ts";
import { runPorts } from "../../src/runbook/run-ports.ts";

const example = new URL("../../../../examples/ms03-026/", import.meta.url);
export const hour = 3_600_000;
export const attack = Date.parse("2003-08-15T10:00:00Z");

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
export class Night {
  readonly dir: string;
  readonly people: readonly Person[] = [person("alice"), person("bob")];
  now = attack - 72 * hour;
  readonly #dig: (type: string) => readonly string[];

  private constructor(dir: string, dig: (type: string) => readonly string[]) {
    this.dir = dir;
    this.#dig = dig;
  }

  static async make(t: TestContext): Promise<Night> {
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
  async look(log: Log = () => undefined): Promise<Readonly<Record<string, string>>> {
    const ports = await runPorts(this.file, {
      signal: new AbortController().signal,
      log,
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
