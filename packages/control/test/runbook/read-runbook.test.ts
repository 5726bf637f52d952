import assert from "node:assert/strict";
import { test } from "node:test";
import { shownOffset } from "../../src/index.ts";
import { attackTime, stepTime } from "../../src/runbook/step-time.ts";
import { attack, hour, runbookOf } from "../support/runbook.ts";

const key = (digit: string): string => digit.repeat(64);

test("times are relative to T, and a local time is where it comes first", () => {
  assert.equal(stepTime("T-48h", attack), attack - 48 * hour);
  assert.equal(stepTime("T+90s", attack), attack + 90_000);
  assert.equal(stepTime("T", attack), attack);
  assert.equal(stepTime("2003-08-15T12:00:00+02:00", attack), attack - 14 * hour);
  assert.equal(attackTime("2003-08-16T00:00:00"), attack - 14 * hour);
  assert.equal(attackTime("2003-08-16T00:00:00+12:00"), attack - 12 * hour);
  assert.equal(shownOffset(attack - 48 * hour, attack), "T-48h");
  assert.equal(shownOffset(attack + 90_000, attack), "T+90s");
});

test("what is no time is refused", () => {
  for (const text of ["2003-02-31T00:00:00Z", "2003-08-16T25:00:00Z", "2003-08-16"]) {
    assert.equal(attackTime(text), undefined, text);
  }
  for (const text of ["T-", "T-0h", "T-48", "t-48h", "T-1h30m", "48h", "2003-08-16T00:00:00"]) {
    assert.equal(stepTime(text, attack), undefined, text);
  }
});

test("a runbook that makes no sense is refused where it does not", () => {
  const approvers = [{ name: "alice", key: key("a") }];
  const condition = { id: "c", measure: "waiting", above: 1, for: "1m" } as const;
  const origin = "http://127.0.0.1:9100";
  const wrong: readonly (readonly [RegExp, () => unknown])[] = [
    [/^steps\.1\.id: .*twice/, () => runbookOf([{ id: "a" }, { id: "a" }])],
    [/^steps\.0\.after\.0: there is no step b/, () => runbookOf([{ after: ["b"] }])],
    [
      /^steps\.1\.after: .*circle: b, c/,
      () => runbookOf([{}, { id: "b", after: ["c"] }, { id: "c", after: ["b"] }]),
    ],
    [/^steps\.0\.when: there is no condition/, () => runbookOf([{ when: "x" }])],
    [/^steps\.0\.mode: step-1 needs 1 .*lists 0/, () => runbookOf([{ mode: "approved" }])],
    [
      /^steps\.0\.mode: step-1 needs 2 .*lists 1/,
      () => runbookOf([{ mode: "approved", approvals: 2 }], { approvers }),
    ],
    [/^steps\.0\.approvals: /, () => runbookOf([{ approvals: 2 }], { approvers })],
    [/^steps\.0\.mode: .*manual/, () => runbookOf([{ do: { say: "x" } }], { approvers })],
    [/^steps\.0\.do: names: /, () => runbookOf([{ do: { "names retire": { name: "a.b" } } }])],
    [
      /^approvers\.1\.key: .*same key/,
      () => runbookOf([{}], { approvers: [...approvers, { name: "bob", key: key("a") }] }),
    ],
    [
      /^conditions\.0: .*origin, recording or route/,
      () => runbookOf([{}], { conditions: [condition] }),
    ],
    [
      /^conditions\.0: .*of this machine/,
      () => runbookOf([{}], { conditions: [{ ...condition, origin: "http://192.0.2.1:9100" }] }),
    ],
    [
      /^conditions\.0: .*above or below/,
      () => runbookOf([{}], { conditions: [{ ...condition, origin, below: 1 }] }),
    ],
    [
      /^conditions\.0: .*at most 9m/,
      () => runbookOf([{}], { conditions: [{ ...condition, origin, for: "1h" }] }),
    ],
    [
      /^conditions\.0: .*nothing else/,
      () => runbookOf([{}], { conditions: [{ ...condition, route: "a" }] }),
    ],
    [
      /^conditions\.0: .*at most 60m/,
      () => runbookOf([{}], { conditions: [{ id: "c", route: "a", for: "2h" }] }),
    ],
    [/^attack: /, () => runbookOf([{}], { attack: "2003-02-31T00:00:00Z" })],
    [/^attack: /, () => runbookOf([{}], { attack: "9999-12-31T23:00:00-02:00" })],
    [/^steps\.0\.at: .*at most 1830d \(five years\) before/, () => runbookOf([{ at: "T-1831d" }])],
    [/^steps\.1\.at: .*at most 1830d/, () => runbookOf([{}, { at: "T+1831d" }])],
    [/^steps\.0\.at: .*at most 1830d/, () => runbookOf([{ at: "2013-08-16T00:00:00Z" }])],
    [/^steps\.0\.at: .*at most 1830d/, () => runbookOf([{ at: "T-999999d" }])],
    [
      /^steps\.0\.at: there is no/,
      () => runbookOf([{ at: "T+2d" }], { attack: "9999-12-31T00:00:00Z" }),
    ],
  ];
  for (const [message, make] of wrong) assert.throws(make, { message }, String(message));
});

test("a plan may reach years around T", () => {
  const { steps } = runbookOf([{ at: "T-1830d" }, { at: "T+1830d" }]);
  assert.deepEqual(
    steps.map(({ at = 0 }) => at - attack),
    [-1830 * 24 * hour, 1830 * 24 * hour],
  );
});

test("a step is another one as soon as anything about it is", () => {
  const step = { do: { "names retire": { name: "update.example.com" } } } as const;
  const names = { server: "192.0.2.53", key: "ops.key" };
  const contentOf = (...args: Parameters<typeof runbookOf>): string | undefined => {
    return runbookOf(...args).steps[0]?.content;
  };
  const contents = [
    contentOf([step], { names }),
    contentOf([{ ...step, at: "T-1h" }], { names }),
    contentOf([step], { names, attack: "2003-08-16T00:00:01Z" }),
    contentOf([step], { names: { ...names, server: "192.0.2.54" } }),
    contentOf([step], { names, dir: "other" }),
    contentOf([{ ...step, why: "the worm" }], { names }),
    contentOf([{ do: { "names retire": { name: "other.example.com" } } }], { names }),
  ];
  assert.equal(new Set(contents).size, contents.length);
  assert.equal(contentOf([step, { id: "more" }], { names }), contents[0]);
});
