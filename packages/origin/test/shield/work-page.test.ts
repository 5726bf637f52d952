import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { type TestContext, test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { runInNewContext } from "node:vm";
import { zeroCounts } from "../../src/counters.ts";
import { begin } from "../../src/exchange.ts";
import { busyPage, refuseForNow } from "../../src/refusals.ts";
import { workScript } from "../../src/shield/work-page.ts";
import { WorkPuzzle } from "../../src/shield/work-puzzle.ts";
import { readWork } from "../../src/shield/work-reader.ts";
import { prefixOf } from "../../src/tls/address-prefix.ts";
import { openPage, shownAt, startServer } from "../support/browser.ts";
import { ask } from "../support/http.ts";

const alternates = ["https://a.example/patches/", "https://b.example/patches/"];
const page = "<p>what is out</p>";

/** Refuses whoever has not worked, and says with how many requests each came. */
async function startBusy(
  t: TestContext,
  pressure: number,
): Promise<{ url: string; asked: (string | undefined)[]; hasPage: Promise<void> }> {
  const asked: (string | undefined)[] = [];
  const { promise: hasPage, resolve: gotPage } = Promise.withResolvers<void>();
  const puzzle = new WorkPuzzle("web-1");
  puzzle.setKeys([{ kid: "k", secret: "s".repeat(43), createdAt: 0 }]);
  const handler = readWork(async (exchange) => {
    asked.push(exchange.ticket?.aud);
    const { from } = exchange;
    assert.ok(from);
    if (exchange.ticket !== undefined) {
      begin(exchange, 200, ["Content-Type", "text/html"]);
      exchange.response.end(page);
      gotPage();
      return;
    }
    refuseForNow(exchange, 503, alternates, {
      challenge: () => puzzle.challenge(from, pressure, Date.now() / 1000),
    });
  }, puzzle);
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    const counters = zeroCounts();
    const client = request.socket.remoteAddress;
    const from = prefixOf(client);
    const none = { path: undefined, class: "page" as const, ticket: undefined, startedAt: 0 };
    if (request.url === "/favicon.ico") response.writeHead(404).end();
    else void handler({ request, response, client, from, counters, seat, ...none });
  };
  return { url: `${await startServer(t, serve)}/security/`, asked, hasPage };
}

for (const [pressure, what] of [
  [0, "a little"],
  [1, "as hard as it gets"],
] as const) {
  test(`a real browser that is refused works ${what}, and gets its page`, {
    timeout: 60_000,
  }, async (t) => {
    const { url, asked, hasPage } = await startBusy(t, pressure);
    openPage(t, url);
    await hasPage;
    assert.deepEqual(asked, [undefined, "web-1"]);
  });
}

const seat = { standing: "waiting" as const, hold: () => {}, release: () => {} };

test("the page has less than a KiB with its script, and one that has worked waits", async (t) => {
  const { url, asked } = await startBusy(t, 1);
  const { body, headers } = await ask(url, {
    headers: { Accept: "text/html", Cookie: "a=b; causeway-work=1900000000.13.xxxxxxxx.y.1; c=d" },
  });
  assert.ok(body.length < 1024, `${body.length} bytes`);
  assert.equal(headers["cache-control"], "no-store");
  assert.ok(body.toString().includes("https://b.example/patches/security/"));
  assert.deepEqual(asked, [undefined]);
  const seconds = headers["retry-after"];
  assert.ok(body.toString().includes(`setTimeout(()=>location.reload(),${seconds}e3)`));
});

test("while a browser works its page is there, and can be used", async (t) => {
  const endless = workScript(`1900000000.32.${"x".repeat(8)}.${"y".repeat(22)}`, undefined);
  const behind = "<script>setTimeout(() => fetch('/alive'), 1)</script>";
  const asked = new Set<string | undefined>();
  const url = await startServer(t, ({ url: path }, response) => {
    asked.add(path);
    response.setHeader("Content-Type", "text/html");
    if (path === "/security/")
      response.end(busyPage(503, alternates, { script: endless }) + behind);
    else response.end();
  });
  // On a busy machine the browser may be done looking before its first timer is due.
  for (let look = 0; look < 3 && !asked.has("/alive"); look++) {
    assert.match(await shownAt(t, `${url}/security/`), /<h1>Please wait<\/h1>/);
  }
  assert.ok(asked.has("/alive"));
});

/** How often a browser comes back that solves the puzzle, and keeps cookies or none. */
async function comesBack(keepsCookies: boolean): Promise<number> {
  const written = Promise.withResolvers<string>();
  let stored = "";
  let came = 0;
  const document = {
    get cookie() {
      return stored;
    },
    set cookie(text: string) {
      if (keepsCookies) stored = text;
      written.resolve(text);
    },
  };
  const script = workScript(`1900000000.08.${"x".repeat(8)}.${"y".repeat(22)}`, undefined);
  const [, code = ""] = /^<script>(.*)<\/script>$/.exec(script) ?? [];
  const location = { reload: () => came++ };
  const around = { crypto: webcrypto, TextEncoder, setTimeout: setImmediate };
  runInNewContext(code, { ...around, document, location });
  assert.match(await written.promise, /^causeway-work=1900000000\.08\..*;path=\/;/);
  await nextTurn();
  return came;
}

test("a browser that keeps no cookies works once, and does not come back for ever", async () => {
  assert.equal(await comesBack(true), 1);
  assert.equal(await comesBack(false), 0);
});
