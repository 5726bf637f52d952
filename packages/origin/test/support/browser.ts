import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A server of pages until the test ends. @returns its URL, without a slash at the end */
export async function startServer(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Opens the page in a real browser, which stays there until the test ends. */
export function openPage(t: TestContext, url: string): void {
  const profile = newProfile();
  const flags = [...flagsFor(profile), "--remote-debugging-port=0"]; // or it ends by itself
  const browser = spawn("chromium", [...flags, url], { stdio: "ignore" });
  const ended = once(browser, "exit");
  t.after(async () => {
    browser.kill("SIGTERM");
    await ended;
    remove(profile);
  });
}

/** What a real browser has made of the page when all of it is loaded, as HTML. */
export async function shownAt(t: TestContext, url: string): Promise<string> {
  const profile = newProfile();
  t.after(() => remove(profile));
  const flags = [...flagsFor(profile), "--timeout=20000", "--dump-dom"];
  const bounds = { timeout: 60_000, killSignal: "SIGKILL" } as const;
  return (await run("chromium", [...flags, url], bounds)).stdout;
}

function newProfile(): string {
  return mkdtempSync(join(tmpdir(), "causeway-browser-"));
}

function remove(profile: string): void {
  rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
}

function flagsFor(profile: string): readonly string[] {
  return ["--headless", "--no-sandbox", "--disable-gpu", `--user-data-dir=${profile}`];
}
