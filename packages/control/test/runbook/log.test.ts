import assert from "node:assert/strict";
import { appendFileSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import fs, { type FileHandle, open } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { dirname } from "node:path";
import { test } from "node:test";
import { type LogEvent, RunbookLog } from "../../src/index.ts";
import { folderFor } from "../support/knot.ts";

const writer = { who: "me@here", now: () => Date.parse("2003-08-14T00:00:00Z") };
const event = (step: string): LogEvent => {
  return { what: "again", step, content: "0".repeat(64) as never };
};

async function logOf(t: test.TestContext, ...steps: readonly string[]): Promise<RunbookLog> {
  const log = new RunbookLog(folderFor(t), "test");
  for (const step of steps) await log.append(event(step), writer);
  return log;
}

function headOf(log: RunbookLog): string {
  return log.file.replace(/jsonl$/, "head");
}

test("a log begins with what no other one begins with, and is for its owner alone", async (t) => {
  const [one, other] = [await logOf(t, "a"), await logOf(t, "a")];
  assert.notEqual((await one.look()).head.hash, (await other.look()).head.hash);
  const events = (await one.read()).map((each) => each.event.what);
  assert.deepEqual(events, ["begun", "again"]);
  for (const file of [one.file, headOf(one)]) assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal(statSync(dirname(one.file)).mode & 0o777, 0o700);
});

test("a line that is changed, taken out or put in is named, and nothing is written after it", async (t) => {
  const log = await logOf(t, "a", "b", "c");
  const whole = readFileSync(log.file, "utf8");
  const lines = whole.trimEnd().split("\n");
  const changed = (from: string, to: string): readonly string[] => {
    return lines.map((line) => line.replace(from, to));
  };
  const broken: readonly (readonly [readonly number[], readonly string[]])[] = [
    [[2, 3], changed('"step":"a"', '"step":"x"')],
    [
      [2, 3],
      lines.with(2, lines[2]?.replace(/"prev":"\w{64}"/, `"prev":"${"0".repeat(64)}"`) ?? ""),
    ],
    [[1, 2], lines.toSpliced(1, 1)],
    [[2, 3], lines.toSpliced(2, 0, lines[1] ?? "")],
    [[1], lines.slice(1)],
    [[3], changed('"n":3', '"n":9')],
    [[4], lines.with(3, "{}")],
    [[2], lines.with(1, "x".repeat(70_000))],
  ];
  for (const [where, some] of broken) {
    writeFileSync(log.file, `${some.join("\n")}\n`);
    assert.deepEqual((await log.look()).broken?.lines, where);
    const named = new RegExp(`not what was written: lines? ${where.join(" and ")}: `);
    await assert.rejects(log.append(event("d"), writer), named);
  }
  writeFileSync(log.file, whole.replace('"step":"c"', '"step":"x"'));
  assert.match((await log.look()).wrong ?? "", /^line 4 is not the one .* changed, or all was/);
  writeFileSync(log.file, whole);
  assert.equal((await log.look()).wrong, undefined);
});

test("a log whose end is missing is told by the head beside it, and so is a head that is not its own", async (t) => {
  const log = await logOf(t, "a", "b");
  const whole = readFileSync(log.file, "utf8");
  writeFileSync(log.file, whole.split("\n").slice(0, 2).join("\n").concat("\n"));
  assert.match((await log.look()).wrong ?? "", /its end is missing: it has 2 lines, and had 3/);
  rmSync(log.file);
  assert.match((await log.look()).wrong ?? "", /it has 0 lines, and had 3/);
  const other = await logOf(t, "a", "b");
  writeFileSync(log.file, readFileSync(other.file));
  assert.match((await log.look()).wrong ?? "", /written anew/);
  writeFileSync(log.file, whole);
  rmSync(headOf(log));
  assert.match((await log.look()).wrong ?? "", /head .* is missing/);
  writeFileSync(headOf(log), "{");
  await assert.rejects(log.look(), /head is damaged/);
});

test("a line that a kill cut off is taken away, and no whole one ever is", async (t) => {
  const log = await logOf(t, "a");
  const whole = readFileSync(log.file, "utf8");
  // What a kill leaves between the line and the head.
  const head = readFileSync(headOf(log));
  await log.append(event("b"), writer);
  writeFileSync(headOf(log), head);
  appendFileSync(log.file, '{"_type":"causeway-runbook-entry","n":4');
  const cut = await log.look();
  assert.deepEqual([cut.wrong, cut.tornBytes], [undefined, 39]);
  await log.append(event("c"), writer);
  const told = (await log.read()).map(({ event: each }) => {
    return "step" in each ? each.step : each.what;
  });
  assert.deepEqual(told, ["begun", "a", "b", "repaired", "c"]);
  appendFileSync(log.file, "x".repeat(5_000)); // longer than what is written over it
  await log.append(event("d"), writer);
  assert.deepEqual([(await log.look()).tornBytes, (await log.read()).length], [0, 7]);
  assert.equal(readFileSync(log.file, "utf8").startsWith(whole), true);
});

test("whatever a message holds is one line, and is read as it was", async (t) => {
  const log = await logOf(t);
  const content = "0".repeat(64) as never;
  const after = { text: 'a\n"\u0000\u2028', half: "\ud800", share: 0.5, list: [1, null, true] };
  await log.append({ what: "done", step: "a", content, before: null, after }, writer);
  const long = "x".repeat(100_000);
  await log.append({ what: "done", step: "b", content, before: long, after: long }, writer);
  const events = (await log.read()).map((each) => each.event);
  const read = { ...after, half: "\ufffd", share: "0.5" };
  assert.deepEqual(events[1], { what: "done", step: "a", content, before: null, after: read });
  assert.match(JSON.stringify(events[2]), /"after":"left out: \d+ bytes"/);
});

test("what many write at once becomes one chain", async (t) => {
  const folder = folderFor(t);
  const steps = Array.from({ length: 8 }, (_, at) => `step-${at}`);
  await Promise.all(
    steps.map((step) => new RunbookLog(folder, "test").append(event(step), writer)),
  );
  const records = await new RunbookLog(folder, "test").read();
  assert.equal(records.length, 9);
});

test("whoever reads while another one writes sees nothing missing", async (t) => {
  const log = await logOf(t, "a");
  const { readFile } = fs;
  let isWritten = false;
  const readAndWrite = async (file: string): Promise<Buffer> => {
    const bytes = await readFile(file);
    if (file === log.file && !isWritten) {
      isWritten = true;
      await log.append(event("b"), writer);
    }
    return bytes;
  };
  const { mock } = t.mock.method(fs, "readFile", readAndWrite as typeof readFile);
  t.after(() => {
    mock.restore();
    syncBuiltinESMExports();
  });
  syncBuiltinESMExports();
  assert.equal((await log.read()).length, 3);
});

test("a line of which the disk takes one part after the other is whole", async (t) => {
  const log = await logOf(t, "a");
  const handle = await open(log.file);
  const files = Object.getPrototypeOf(handle) as { write: FileHandle["write"] };
  await handle.close();
  const { write } = files;
  const writePart = function (this: FileHandle, bytes: Buffer, from = 0, length = 0, at = 0) {
    return Reflect.apply(write, this, [bytes, from, Math.ceil(length / 2), at]) as unknown;
  };
  t.mock.method(files, "write", writePart as unknown as FileHandle["write"]);
  await log.append(event("b"), writer);
  assert.deepEqual([(await log.look()).wrong, (await log.read()).length], [undefined, 3]);
});
