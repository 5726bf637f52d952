#!/usr/bin/env node
// Older ones cannot even load the program, and npm only warns of them.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 24 || (major === 24 && minor < 15)) {
  process.stderr.write(
    `causeway needs Node.js 24.15 or later; this is ${process.versions.node}.\n`,
  );
  process.exitCode = 2;
} else {
  const { main } = await import("causeway/main");
  process.exitCode = await main(process.argv.slice(2));
}
