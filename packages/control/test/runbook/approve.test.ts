import assert from "node:assert/strict";
import { test } from "node:test";
import { approveStep, progressOf, type Runbook, RunbookLog } from "../../src/index.ts";
import { approvalMessage } from "../../src/runbook/approval.ts";
import { person } from "../support/approver.ts";
import { folderFor } from "../support/knot.ts";
import { runbookOf } from "../support/runbook.ts";

const writer = { who: "me@here", now: () => Date.parse("2003-08-14T00:00:00Z") };
const alice = person("alice");
const bob = person("bob");
const mallory = person("mallory");
const approvers = [alice, bob].map(({ name, key }) => ({ name, key }));
const two = { id: "retire", mode: "approved", approvals: 2 } as const;
const press = { id: "press", mode: "manual", do: { say: "call the press" } } as const;
const runbook = runbookOf([two, { ...two, id: "other" }, press], { approvers });

function logOf(t: test.TestContext): RunbookLog {
  return new RunbookLog(folderFor(t), "test");
}

async function approvedBy(log: RunbookLog, step: string, of: Runbook = runbook): Promise<unknown> {
  return progressOf(of, await log.read()).get(step)?.approvedBy;
}

test("two different people approve a step, and one of them twice is refused", async (t) => {
  const log = logOf(t);
  const first = await approveStep(
    log,
    runbook,
    { step: "retire", by: "alice", key: alice },
    writer,
  );
  assert.deepEqual([first.approvedBy, first.missing], [["alice"], 1]);
  const again = approveStep(log, runbook, { step: "retire", by: "alice", key: alice }, writer);
  await assert.rejects(again, { code: "USAGE_EXISTS" });
  const second = await approveStep(log, runbook, { step: "retire", by: "bob", key: bob }, writer);
  assert.deepEqual([second.approvedBy, second.missing], [["alice", "bob"], 0]);
  assert.deepEqual(await approvedBy(log, "other"), []);
});

test("one person who signs twice is one person", async (t) => {
  const log = logOf(t);
  const [step] = runbook.steps;
  assert.ok(step);
  const { id, content } = step;
  for (let times = 0; times < 2; times++) {
    await log.appendNext(async ({ hash: head }) => {
      const said = { runbook: "test", step: id, content, head, by: "alice" };
      const signature = Buffer.from(await alice.sign(approvalMessage(said))).toString("hex");
      return { what: "approval", step: id, content, by: "alice", key: alice.key, signature };
    }, writer);
  }
  assert.deepEqual(await approvedBy(log, id), ["alice"]);
});

test("nobody approves under another's name, or without being asked", async (t) => {
  const log = logOf(t);
  const refused = [
    [{ step: "retire", by: "bob", key: alice }, "KEY_UNREADABLE"],
    [{ step: "retire", by: "mallory", key: mallory }, "USAGE_ARGUMENT"],
    [{ step: "nothing", by: "alice", key: alice }, "USAGE_ARGUMENT"],
  ] as const;
  for (const [order, code] of refused) {
    await assert.rejects(approveStep(log, runbook, order, writer), { code });
  }
  const automatic = runbookOf([{ id: "retire" }], { approvers });
  const order = { step: "retire", by: "alice", key: alice };
  await assert.rejects(approveStep(log, automatic, order, writer), { code: "USAGE_ARGUMENT" });
  assert.deepEqual(await log.read(), []);
});

test("an approval is for the step as it was, at one place of one log, and signed by that person", async (t) => {
  const log = logOf(t);
  await approveStep(log, runbook, { step: "retire", by: "alice", key: alice }, writer);
  const edited = runbookOf([{ ...two, at: "T-1h" }], { approvers });
  assert.deepEqual(await approvedBy(log, "retire", edited), []);
  const swapped = runbookOf([two, { ...two, id: "other" }, press], {
    approvers: [
      { name: "alice", key: bob.key },
      { name: "bob", key: alice.key },
    ],
  });
  assert.deepEqual(await approvedBy(log, "retire", swapped), []);

  const { event: signed } = (await log.read()).at(-1) ?? {};
  assert.ok(signed?.what === "approval");
  const otherStep = runbook.steps[1];
  assert.ok(otherStep);
  const forged = [
    signed, // a second time, at another place
    { ...signed, step: "other", content: otherStep.content },
    { ...signed, by: "bob", key: alice.key },
    { ...signed, by: "bob", key: bob.key, signature: "00".repeat(64) },
    { ...signed, by: "bob", key: bob.key, signature: "no" },
  ];
  for (const event of forged) {
    await log.append(event, writer);
    assert.deepEqual(await approvedBy(log, "retire"), ["alice"]);
    assert.deepEqual(await approvedBy(log, "other"), []);
    const elsewhere = logOf(t);
    await elsewhere.append(event, writer);
    assert.deepEqual(await approvedBy(elsewhere, "retire"), []);
  }
});

test("a manual step is done when it is approved", async (t) => {
  const log = logOf(t);
  const order = { step: "press", by: "bob", key: bob };
  assert.equal((await approveStep(log, runbook, order, writer)).isDone, true);
  assert.equal(progressOf(runbook, await log.read()).get("press")?.state.kind, "done");
  await assert.rejects(approveStep(log, runbook, { ...order, by: "alice", key: alice }, writer), {
    code: "USAGE_EXISTS",
  });
});

test("a manual step that a kill left approved and not done is ticked off by whoever comes next", async (t) => {
  const log = logOf(t);
  const [by, key] = ["bob", bob] as const;
  const step = runbook.steps.find(({ id }) => id === "press");
  assert.ok(step);
  await log.appendNext(async ({ hash: head }) => {
    const approval = { runbook: "test", step: "press", content: step.content, head, by };
    const signature = Buffer.from(await key.sign(approvalMessage(approval))).toString("hex");
    return { what: "approval", ...approval, key: key.publicKey, signature };
  }, writer);
  assert.equal(progressOf(runbook, await log.read()).get("press")?.state.kind, "open");
  const { isDone, approvedBy: names } = await approveStep(
    log,
    runbook,
    { step: "press", by, key },
    writer,
  );
  assert.deepEqual([isDone, names], [true, ["bob"]]);
  const events = (await log.read()).map(({ event }) => event.what);
  assert.deepEqual(events, ["begun", "approval", "done"]);
});
