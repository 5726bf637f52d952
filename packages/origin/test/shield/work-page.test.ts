import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { zeroCounts } from "../../src/counters.ts";
import { begin } from "../../src/exchange.ts";
import { refuseForNow } from "../../src/refusals.ts";
import { WorkPuzzle } from "../../src/shield/work-puzzle.ts";
import { readWork } from "../../src/shield/work-reader.ts";
import { prefixOf } from "../../src/tls/address-prefix.ts";
import { ask } from "../support/http.ts";

const run = promisify(execFile);
const alternates = ["https://a.example/patches/", "https://b.example/patches/"];
const page = "<p>what is out</p>";

/** Refuses whoever has not worked, and says with how many requests each came. */
async function startBusy(
  t: { after(end: () => void): void },
  pressure: number,
): Promise<{ url: string; asked: (string | undefined)[] }> {
  const asked: (string | undefined)[] = [];
  const puzzle = new WorkPuzzle("web-1");
  puzzle.setKeys([{ kid: "k", secret: "s".repeat(43), createdAt: 0 }]);
  const handler = readWork(async (exchange) => {
    asked.push(exchange.ticket?.aud);
    const { from } = exchange;
    assert.ok(from);
    if (exchange.ticket !== undefined) {
      begin(exchange, 200, ["Content-Type", "text/html"]);
      exchange.response.end(page);
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
  const server = createServer(serve);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/security/`, asked };
}

for (const [pressure, what] of [
  [0, "a little"],
  [1, "as hard as it gets"],
] as const) {
  test(`a real browser that is refused works ${what}, and gets its page`, async (t) => {
    const profile = mkdtempSync(join(tmpdir(), "causeway-browser-"));
    t.after(() => rmSync(profile, { recursive: true, force: true, maxRetries: 5 }));
    const { url, asked } = await startBusy(t, pressure);
    const flags = ["--headless", "--no-sandbox", "--disable-gpu", `--user-data-dir=${profile}`];
    const shown = await run("chromium", [...flags, "--timeout=20000", "--dump-dom", url]);
    assert.ok(shown.stdout.includes(page), shown.stdout);
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
