import assert from "node:assert/strict";
import { test } from "node:test";
import { get } from "../support/edged-origin.ts";
import { metricOf } from "../support/metrics.ts";
import { eventually, testOrigin } from "../support/origin.ts";
import { inSeconds, putPolicy } from "../support/policy.ts";
import { noise } from "../support/repository.ts";

const patient = { waitMs: 600_000, standingWaitMs: 600_000, contentionMs: 600_000 };
const few = { workAtOnceMin: 1, workAtOnceMax: 1, heldMs: { least: 0, most: 1 } };

test("what a machine is worth while others wait is said while the origin runs", async (t) => {
  const share = {
    shareWorkMsPerSecond: 1e6,
    shareBytesPerSecond: 1024 * 1024,
    shareBurstMs: 30_000,
  };
  const limits = { ...patient, ...few, ...share };
  const origin = await testOrigin(t, { adminPort: 0, limits });
  const { repository, url } = origin;
  let made = 0;
  await eventually("others have to wait", async () => {
    const paths = Array.from({ length: 20 }, () => repository.addTarget(noise(1_000, ++made)));
    await Promise.all(paths.map((path) => get(`${url}${path}`, "127.0.0.2")));
    const waited = 'admissions_total{class="patch",client="newcomer",outcome="waited"}';
    return (await metricOf(origin, waited)) > 0;
  });
  const large = `${url}${repository.addTarget(noise(8 * 1024 * 1024))}`;
  assert.equal(await get(large, "127.0.1.1"), 200);
  assert.equal(await get(large, "127.0.1.1"), 200, "so much is within its share");

  const shares = { machinePercent: 10, until: inSeconds(600) };
  assert.equal((await putPolicy(origin, { shares })).status, 200);
  assert.equal(await get(large, "127.0.2.1"), 200);
  assert.equal(await get(large, "127.0.2.1"), 429, "and now it is not");

  await putPolicy(origin, {});
  assert.equal(await get(large, "127.0.3.1"), 200);
  assert.equal(await get(large, "127.0.3.1"), 200);
});
