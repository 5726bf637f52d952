import assert from "node:assert/strict";
import { test } from "node:test";
import { toPlatform } from "@causeway/kernel";
import { platformWarning } from "../src/releases/platform.ts";

test("a platform that no machine calls itself is told with the name that they do use", () => {
  const told = (text: string): string | undefined => platformWarning(toPlatform(text));
  assert.match(told("windows-x64") ?? "", /no machine calls itself windows-x64.* win32-x64\.$/);
  assert.match(told("macos-aarch64") ?? "", / darwin-arm64\.$/);
  assert.match(told("linux-x86_64") ?? "", / linux-x64\.$/);
  for (const own of ["any", "linux-x64", "win32-arm64", "darwin-arm64", "plan9-mips"]) {
    assert.equal(told(own), undefined);
  }
});
