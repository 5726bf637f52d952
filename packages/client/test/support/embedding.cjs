// An application's main process, as Electron runs it: CommonJS, with its own settings, and much else to do.
const assert = require("node:assert/strict");
const dns = require("node:dns");
const http = require("node:http");
const https = require("node:https");
const net = require("node:net");
const tls = require("node:tls");

const emitters = { process, http: http.globalAgent, https: https.globalAgent };

function surroundings() {
  const listeners = Object.entries(emitters).flatMap(([name, emitter]) => {
    return emitter.eventNames().map((event) => [name, event, emitter.listenerCount(event)]);
  });
  return {
    listeners,
    globals: Object.getOwnPropertyNames(globalThis).toSorted(),
    environment: { ...process.env },
    folder: process.cwd(),
    exitCode: process.exitCode,
    agents: [{ ...http.globalAgent.options }, { ...https.globalAgent.options }],
    resolver: [dns.getDefaultResultOrder(), dns.getServers()],
    families: [net.getDefaultAutoSelectFamily(), net.getDefaultAutoSelectFamilyAttemptTimeout()],
    tls: [tls.DEFAULT_MIN_VERSION, tls.DEFAULT_CIPHERS],
    fetch: globalThis.fetch,
    prepareStackTrace: Error.prepareStackTrace,
  };
}

async function main() {
  const [stateFolder, trust, route, product] = process.argv.slice(2);
  const before = surroundings();
  const { openClient } = require("@causeway/client/node");
  assert.deepEqual(surroundings(), before, "after loading");
  const client = await openClient({ stateFolder, trust, routes: [route] });
  const code = await client.check(product).then(
    () => "none",
    (error) => error.code,
  );
  client.close();
  assert.deepEqual(surroundings(), before, "after a check");
  process.stdout.write(code);
}

void main();
