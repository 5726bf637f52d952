import assert from "node:assert/strict";
import { test } from "node:test";
import { fitOpenFiles } from "../src/fit-open-files.ts";
import { defaultLimits } from "../src/limits.ts";
import { openFilesAllowed, openFilesIn } from "../src/open-files.ts";

test("where files enough may be open, limits stay as they are", () => {
  assert.deepEqual(fitOpenFiles(defaultLimits, 16_384), defaultLimits);
  assert.deepEqual(fitOpenFiles(defaultLimits, Number.POSITIVE_INFINITY), defaultLimits);
});

test("a worker never wants more files than it may have open", () => {
  for (const allowed of [256, 1_024, 4_096, 8_192, 20_000]) {
    const fitting = fitOpenFiles(defaultLimits, allowed);
    const { listeners, openFilesMax, heldMax, connectionsMax, tlsConnectionsMax } = fitting;
    const always = 64 + 2 * listeners + openFilesMax + heldMax;
    assert.ok(always + connectionsMax + tlsConnectionsMax <= allowed, `${allowed}`);
    assert.ok(fitting.openedConnectionsMax >= connectionsMax, `${allowed}`);
    assert.ok(always + fitting.openedConnectionsMax <= allowed, `${allowed}, opened`);
  }
});

test("with 1,024 files half of the connections are left, and with none one", () => {
  const { connectionsMax, waitingMax, tlsConnectionsMax, openFilesMax, heldMax } = fitOpenFiles(
    defaultLimits,
    1_024,
  );
  assert.deepEqual(
    { connectionsMax, waitingMax, tlsConnectionsMax, openFilesMax, heldMax },
    {
      connectionsMax: 277,
      waitingMax: 138,
      tlsConnectionsMax: 138,
      openFilesMax: 208,
      heldMax: 209,
    },
  );
  assert.equal(fitOpenFiles(defaultLimits, 0).connectionsMax, 1);
});

test("limits that somebody has set lower are not raised", () => {
  const few = {
    ...defaultLimits,
    connectionsMax: 4,
    openedConnectionsMax: 8,
    waitingMax: 64,
    heldMax: 16,
  };
  const { connectionsMax, openedConnectionsMax, waitingMax } = fitOpenFiles(few, 1_024);
  assert.deepEqual([connectionsMax, openedConnectionsMax, waitingMax], [4, 8, 64]);
});

test("the system's own words are read, and where there are none nothing is bounded", async () => {
  const lines = "Max processes             15418   15418   processes\n";
  const files = "Max open files            1024                 524288               files     \n";
  assert.equal(openFilesIn(lines + files), 1_024);
  assert.equal(openFilesIn(files.replace("1024     ", "unlimited")), Number.POSITIVE_INFINITY);
  assert.equal(openFilesIn(""), Number.POSITIVE_INFINITY);
  assert.ok((await openFilesAllowed()) > 0);
});
