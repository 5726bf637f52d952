import assert from "node:assert/strict";
import { test } from "node:test";
import { hostNameOf } from "../src/index.ts";

test("a host has a name when that is neither an address nor nothing", () => {
  const named: readonly (readonly [string, string | undefined])[] = [
    ["https://Updates.Example/a", "updates.example"],
    ["https://updates.example.:8443/", "updates.example"],
    ["https://bücher.example/", "xn--bcher-kva.example"],
    ["http://192.0.2.1/", undefined],
    ["http://0x7f.1/", undefined],
    ["http://3221225985./", undefined],
    ["http://[2001:db8::1]/", undefined],
    ["file:///srv/a/", undefined],
    ["file://server/a/", undefined],
  ];
  for (const [url, name] of named) assert.equal(hostNameOf(new URL(url)), name, url);
});
