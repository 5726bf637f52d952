import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { tellHaproxy } from "../src/edge/runtime-socket.ts";
import { controlSocket } from "./support/control-socket.ts";

/** A socket that says `text` again and again, and never ends. */
function endlessSocket(t: TestContext, text: string, everyMs: number): Promise<string> {
  return controlSocket(t, (socket) => {
    const saying = setInterval(() => socket.write(text), everyMs);
    socket.on("close", () => clearInterval(saying));
  });
}

test("who says a little again and again is not listened to for ever", async (t) => {
  const socket = await endlessSocket(t, "a", 5);
  const asked = tellHaproxy(socket, "show info", [], { patienceMs: 200 });
  await assert.rejects(asked, { code: "HOST_IO", message: /does not answer/ });
});

test("an answer without end is not kept", async (t) => {
  const socket = await endlessSocket(t, "a".repeat(65_536), 1);
  const asked = tellHaproxy(socket, "show info", [], { patienceMs: 60_000 });
  await assert.rejects(asked, { code: "HOST_IO", message: /has no end/ });
});

test("nobody waits for an answer that is not wanted any more", async (t) => {
  const over = new AbortController();
  const socket = await controlSocket(t, (connection) => {
    connection.resume();
    connection.on("end", () => {
      over.abort();
    });
  });
  const { signal } = over;
  await assert.rejects(tellHaproxy(socket, "show info", [], { patienceMs: 60_000, signal }));
});
