import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { busyPage, pageOf } from "../../src/refusals.ts";
import { workScript } from "../../src/shield/work-page.ts";
import { shownAt, startServer } from "../support/browser.ts";

const longName = `${"a".repeat(60)}.${"b".repeat(60)}.example`;
const alternates = [`https://${longName}/patches/`, "https://mirror.contoso.example/"];
const script = workScript(`1900000000.16.${"x".repeat(8)}.${"y".repeat(22)}`, undefined);

interface Seen {
  readonly lang: string;
  readonly title: string;
  /** Of the page, and of the screen that it is shown on. */
  readonly widths: readonly [number, number];
  readonly text: string;
  /** Where each link leads, and how high it is. */
  readonly links: readonly (readonly [string, number])[];
}

/** Shows the page 320 px wide in a real browser, with no script of its own. */
async function shownNarrow(t: TestContext, page: string): Promise<Seen> {
  const measuring = `<!doctype html><title>none</title>
<iframe src=/page sandbox=allow-same-origin style="width:320px;height:1200px;border:0"></iframe>
<script>onload = () => {
  const { documentElement: root, title, body, links } = frames[0].document;
  document.title = encodeURIComponent(JSON.stringify({
    lang: root.lang,
    title,
    widths: [root.scrollWidth, root.clientWidth],
    text: body.innerText,
    links: [...links].map((link) => [link.href, link.getBoundingClientRect().height]),
  }));
}</script>`;
  const url = await startServer(t, (request, response) => {
    response.setHeader("Content-Type", "text/html; charset=utf-8");
    response.end(request.url === "/page" ? page : measuring);
  });
  const [, told = ""] = /<title>(.*?)<\/title>/.exec(await shownAt(t, url)) ?? [];
  const seen = JSON.parse(decodeURIComponent(told)) as Seen;
  return { ...seen, links: seen.links.map(([href, height]) => [href.replace(url, ""), height]) };
}

const pages: readonly (readonly [string, string, RegExp, readonly string[]])[] = [
  ["busy", busyPage(503, alternates), /Too busy now\..*Try again/s, ["/page"]],
  ["over its share", busyPage(429, alternates), /Too many requests.*Try again/s, ["/page"]],
  [
    "busy, with work and a place",
    busyPage(503, alternates, { reloads: 24, script }),
    /Too busy now\..*Trying again in 24 s\./s,
    [],
  ],
  ["retired", pageOf("This name is retired", "Use another route.", alternates), /Use another/, []],
];

for (const [what, page, text, links] of pages) {
  test(`the page of who is refused (${what}) is for a narrow screen without scripts`, async (t) => {
    assert.ok(Buffer.byteLength(page) < 1024);
    const seen = await shownNarrow(t, page);
    assert.equal(seen.lang, "en");
    assert.notEqual(seen.title, "");
    assert.deepEqual(seen.widths, [320, 320], "nothing is cut, and nothing has to be moved");
    assert.match(seen.text, text);
    const others = alternates.map((base) => `${base}security/`);
    const there = others.filter((href) => page.includes(href));
    assert.ok(there.length > 0, "where else to go");
    assert.deepEqual(
      seen.links.map(([href]) => href),
      [...links, ...there],
    );
    assert.ok(
      seen.links.every(([, height]) => height >= 20),
      JSON.stringify(seen.links),
    );
  });
}
