import type { Platform } from "@causeway/kernel";

/** What a machine says of itself (Node.js' names), by what people call it. */
const machineNames: ReadonlyMap<string, string> = new Map([
  ["windows", "win32"],
  ["win", "win32"],
  ["win64", "win32"],
  ["macos", "darwin"],
  ["osx", "darwin"],
  ["mac", "darwin"],
  ["amd64", "x64"],
  ["x86_64", "x64"],
  ["aarch64", "arm64"],
  ["x86", "ia32"],
  ["i386", "ia32"],
]);

/** Why no machine would find a patch for `platform` by itself, or undefined. */
export function platformWarning(platform: Platform): string | undefined {
  const named = platform.split("-").map((part) => machineNames.get(part) ?? part);
  const own = named.join("-");
  if (own === platform) return undefined;
  return `no machine calls itself ${platform}, so none finds this patch unasked; write ${own}.`;
}
