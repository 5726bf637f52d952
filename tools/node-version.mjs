// Imported for its effect. Plain JavaScript, so that even a Node.js that is too old for our .ts
// files can say so: npm runs it before every script.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 24 || (major === 24 && minor < 15)) {
  process.stderr.write(
    `This is Node.js ${process.versions.node}; Causeway needs 24.15 or later.\n` +
      "`npm install` brings 24.21 into node_modules/.bin, and `npm test` uses that one.\n" +
      "If this was `npm test`, the download was blocked: look at what `npm rebuild node` says.\n",
  );
  process.exit(2);
}
