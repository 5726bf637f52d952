import assert from "node:assert/strict";
import { createServer } from "node:http";
import { type AddressInfo } from "node:net";
import { test } from "node:test";
import { zeroCounts } from "../src/counters.ts";
import { refuseForNow } from "../src/refusals.ts";
import { ask } from "./support/http.ts";

const seat = { standing: "waiting" as const, hold: () => {}, release: () => {} };

test("a refusal names when to come back, and a browser gets a page under a KiB with the alternates", async (t) => {
  const alternates = Array.from({ length: 40 }, (_, at) => `https://a${at}.example/x&y'z/`);
  const server = createServer((request, response) => {
    const exchange = {
      request,
      response,
      path: undefined,
      class: "patch" as const,
      client: undefined,
      from: undefined,
      startedAt: 0,
      ticket: undefined,
      seat,
      counters: zeroCounts(),
    };
    refuseForNow(exchange, 503, alternates);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const waits = new Set<number>();
  for (let round = 0; round < 20; round++) {
    const plain = await ask(url);
    assert.equal(plain.status, 503);
    assert.match(plain.headers["content-type"] ?? "", /^text\/plain/);
    waits.add(Number(plain.headers["retry-after"]));
  }
  assert.ok(waits.size > 3 && [...waits].every((seconds) => seconds >= 5 && seconds < 25));
  const page = await ask(url, { headers: { Accept: "text/html,*/*" } });
  assert.ok(page.body.length < 1024);
  assert.match(page.body.toString(), /<a href="https:\/\/a0\.example\/x&#38;y&#39;z\/security\/">/);
  assert.equal(page.headers["content-length"], String(page.body.length));
  // For a screen reader, and for a phone: its language, its heading, links by their names, its width.
  const text = page.body.toString();
  assert.match(
    text,
    /^<!doctype html><html lang=en><meta charset=utf-8><title>Please wait<\/title>/,
  );
  assert.match(text, /<meta name=viewport content="width=device-width">/);
  assert.match(text, /<h1>Please wait<\/h1><p>Too busy now\./);
  assert.match(text, /">a0\.example<\/a>/);
});
