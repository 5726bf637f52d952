import assert from "node:assert/strict";
import { test } from "node:test";
import { judge } from "./support/fuzz/judge.ts";
import { checkLogLine } from "./support/fuzz/log-lines.ts";
import { makeScript } from "./support/fuzz/script.ts";
import { makeSite } from "./support/fuzz/site.ts";

const right = "GET /metadata/timestamp.json HTTP/1.1\r\nHost: a\r\n\r\n";
const file = '{"signed":{"version":1}}';

function answer(status: number, body: string, more: readonly string[] = []): string {
  const length = `Content-Length: ${body.length}`;
  return [`HTTP/1.1 ${status} Some Reason`, length, ...more, "", body].join("\r\n");
}

/** What the judge of a fuzzing run says: the statuses, or what was wrong. */
function verdict(sent: string, received: string, complete = false): string {
  const site = makeSite();
  try {
    return judge(
      Buffer.from(sent),
      { bytes: Buffer.from(received), complete, late: false },
      site,
    ).join();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    site.repository.remove();
  }
}

test("the judge of a fuzzing run lets right answers pass, and those that were cut", () => {
  assert.equal(verdict(right, answer(200, file)), "200");
  assert.equal(verdict(right, answer(200, file).slice(0, -5)), "200");
  assert.equal(verdict(right, answer(200, file).slice(0, 10)), "0");
  assert.equal(verdict(right.repeat(2), answer(200, file).repeat(2), true), "200,200");
  const refusal = answer(400, "no", ["Connection: close"]);
  assert.equal(verdict(`${right}\0`, answer(200, file) + refusal), "200,400");
  assert.equal(verdict(right.replace("GET", "HEAD"), answer(200, file).slice(0, -24)), "200");
});

test("the judge sees what a server must not do", () => {
  const close = ["Connection: close"];
  const hidden = `${right.replace("\r\n\r\n", `\r\nContent-Length: ${right.length}\r\n\r\n`)}${right}`;
  const folded = right.replace("\r\n\r\n", "\r\n folded\r\n\r\n");
  const cases: readonly (readonly [string, string, RegExp])[] = [
    [right, answer(200, file.replace("1", "2")), /other bytes/],
    [right, answer(200, `${file} `), /25 bytes instead of 24/],
    [right, answer(404, "no"), /404 instead of 200/],
    [right, answer(403, "no"), /status 403/],
    [right, answer(100, ""), /status 100/],
    [right, answer(200, file, ["Set-Cookie: a"]), /set-cookie/],
    [right, answer(200, file, ["X: \x1b[2J"]), /no header/],
    [right, answer(200, file).repeat(2), /answer to nothing/],
    [right, answer(200, file, close) + answer(400, "no", close), /behind one that closes/],
    [right, `${answer(200, file)}junk`, /no answer begins/],
    [hidden, answer(413, "no"), /goes on behind a body/],
    [hidden, answer(413, "no") + answer(200, file), /goes on behind a body/],
    [folded, answer(200, file), /200 for what is no request/],
    [`${right}\0`, answer(200, file) + answer(400, "no"), /broken connection goes on/],
  ];
  for (const [sent, received, wrong] of cases) assert.match(verdict(sent, received), wrong);
  assert.match(verdict(right.repeat(2), answer(200, file), true), /1 answers to 2/);
});

test("a line of the log that a request could have made up is seen", () => {
  const time = '"time":"2026-01-01T00:00:00.000Z"';
  const line = `{${time},"level":"info","event":"request-refused","url":"/a"}`;
  checkLogLine(line);
  const forged = line.replace("request-refused", "forged");
  for (const wrong of [forged, `${line}\x1b`, '{"event":"a"}', "X: y", ""]) {
    assert.throws(() => checkLogLine(wrong), JSON.stringify(wrong));
  }
});

test("a connection of the same seed does the same", () => {
  const site = makeSite();
  for (let seed = 0; seed < 50; seed++) {
    assert.deepEqual(makeScript(seed, site), makeScript(seed, site));
  }
  site.repository.remove();
});
