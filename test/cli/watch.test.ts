import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import { setInterval } from "node:timers/promises";
import { causewayJson, ended, folderFor, serve, start } from "../support/cli.ts";
import { noTerminal, Screen } from "../support/screen.ts";
import { TestVendor } from "../support/vendor.ts";

const skip = noTerminal();
const escape = "\u001b";

/** An origin at work: whoever watches sees a few requests each second. */
async function busyOrigin(t: TestContext): Promise<{ readonly adminUrl: string }> {
  const { tree } = await TestVendor.make(folderFor(t));
  const { url, adminUrl } = await serve(t, "--repository", tree, "--admin-port", "0");
  assert.ok(adminUrl !== null);
  const over = new AbortController();
  const working = (async () => {
    for await (const _ of setInterval(100, undefined, { signal: over.signal })) {
      await fetch(new URL("metadata/timestamp.json", url));
      await fetch(new URL("targets/none", url));
    }
  })().catch(() => undefined);
  t.after(async () => {
    over.abort();
    await working;
  });
  return { adminUrl };
}

for (const [columns, rows] of [
  [80, 24],
  [40, 16],
] as const) {
  test(`on ${columns} columns an operator sees the traffic move, and Ctrl-C ends it`, {
    skip,
  }, async (t) => {
    const { adminUrl } = await busyOrigin(t);
    const args = ["watch", "--origin", adminUrl, "--origin", "http://127.0.0.1:1"];
    const screen = await Screen.start(t, args, { columns, rows });
    const shown = await screen.shows(/^requests\/s +[▁-█]{2,} +[1-9]\d*(?:\.\d)?(?: |$)/m);
    assert.match(shown, /^causeway watch, \d\d:\d\d:\d\d UTC, 2 origins$/m);
    assert.match(shown, /^ {2}metadata +[▁-█]+ +\d/m);
    assert.match(shown, /^refused\/s +▁+ +0/m);
    assert.match(shown, /^http:\/\/127\.0\.0\.1:1\/ nothing lis/m);
    assert.ok(shown.split("\n").every((line) => line.length <= columns));
    await screen.hidesCursor();
    await screen.press("C-c");
    assert.equal(await screen.ends(), 130);
    assert.equal(await screen.showsCursor(), true);
    const history = (await screen.history()).replace("^C", ""); // the terminal's own
    assert.equal(
      history.match(/causeway watch/g)?.length,
      1,
      `views were left behind:\n${history}`,
    );
    assert.match(history, /^error: interrupted; .* \[INTERRUPTED\]$/m);
  });
}

test("what is wrong is coloured, unless nobody wants colours", { skip }, async (t) => {
  for (const [env, isColoured] of [
    [{}, true],
    [{ NO_COLOR: "1" }, false],
  ] as const) {
    const screen = await Screen.start(t, ["watch", "--origin", "http://127.0.0.1:1"], { env });
    await screen.shows(/nothing listens there/);
    const red = `${escape}[31m`;
    if (isColoured) await screen.showsColoured(red);
    else assert.ok(!(await screen.coloured()).includes(red));
  }
});

test("--json prints a line each second, until it is interrupted", async (t) => {
  const { adminUrl } = await busyOrigin(t);
  const watching = start(["watch", "--json", "--origin", adminUrl]);
  t.after(() => watching.kill("SIGKILL"));
  const end = ended(watching);
  const lines: Record<string, unknown>[] = [];
  assert.ok(watching.stdout);
  for await (const line of createInterface({ input: watching.stdout })) {
    lines.push(JSON.parse(line) as Record<string, unknown>);
    const { requestsPerSecond } = lines.at(-1) as { readonly requestsPerSecond?: object };
    const isAtWork = Object.values(requestsPerSecond ?? {}).some((rate) => rate > 0);
    if (isAtWork && lines.length > 2) watching.kill("SIGINT");
  }
  assert.equal((await end).code, 130);
  const last = lines.pop() as { readonly error: { readonly code: string } };
  assert.equal(last.error.code, "INTERRUPTED");
  const times = lines.map(({ at }) => Number(at));
  assert.ok(new Set(times).size > 1);
  assert.deepEqual(lines.at(-1)?.["origins"], [{ url: `${adminUrl}/`, ok: true }]);
});

test("elsewhere it is a line each second, and an origin that comes back is told", async (t) => {
  const { adminUrl } = await busyOrigin(t);
  const front = await startFront(t, adminUrl);
  const watching = start(["watch", "--origin", front.url]);
  t.after(() => watching.kill("SIGKILL"));
  const end = ended(watching);
  const saw = async (stream: "stdout" | "stderr", pattern: RegExp): Promise<void> => {
    let said = "";
    const source = watching[stream];
    assert.ok(source);
    for (;;) {
      const [text] = (await once(source, "data")) as [string];
      said += text;
      if (pattern.test(said)) return;
    }
  };
  const working = saw(
    "stdout",
    /^\d\d:\d\d:\d\d UTC: [1-9].* requests\/s \(0 % with a ticket\); 0 re/m,
  );
  await saw("stderr", /^warning: http:\S+ it answers 500; is that the admin port of causeway/m);
  front.isBroken = false;
  await saw("stderr", /^http:\S+ answers again$/m);
  await working;
  watching.kill("SIGINT");
  const { code, stdout } = await end;
  assert.equal(code, 130);
  assert.ok(!stdout.includes(escape));
});

/** Stands before an admin port, and answers 500 while it is broken. */
async function startFront(
  t: TestContext,
  adminUrl: string,
): Promise<{ readonly url: string; isBroken: boolean }> {
  const server: Server = createServer();
  const front = { url: "", isBroken: true };
  server.on("request", async (request, response) => {
    if (front.isBroken) {
      response.writeHead(500).end();
      return;
    }
    response.end(await (await fetch(new URL(request.url ?? "/", adminUrl))).text());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  front.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return front;
}

test("what is no admin port's URL is refused before anything is asked", async () => {
  for (const origin of [
    "127.0.0.1:9100",
    "https://a.example/",
    "http://u:p@h/",
    "http://h/?q",
    "",
  ]) {
    const { code, json } = await causewayJson(["watch", "--origin", origin]);
    assert.equal(code, 2, origin);
    assert.match(JSON.stringify(json), /"USAGE_ARGUMENT"/);
  }
  const many = Array.from({ length: 65 }, (_, at) => ["--origin", `http://127.0.0.1:${9100 + at}`]);
  const { code, json } = await causewayJson(["watch", ...many.flat()]);
  assert.equal(code, 2);
  assert.match(JSON.stringify(json), /at most 64 origins/);
});
