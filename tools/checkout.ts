import { delimiter, resolve } from "node:path";

/** The checkout's folder. */
export const root = resolve(import.meta.dirname, "..");

/** The environment of every child: our own tools and Node.js first, packages run from source. */
export function sourceEnvironment(): NodeJS.ProcessEnv {
  // node:test sets the variable that is left out in the files that it runs; a run that one of
  // these starts would report to it instead of to us.
  const { NODE_TEST_CONTEXT: _outer, ...env } = process.env;
  const bin = resolve(root, "node_modules/.bin");
  return {
    ...env,
    PATH: `${bin}${delimiter}${env["PATH"] ?? ""}`,
    NODE_OPTIONS: "--conditions=causeway-source",
    // Tests start the command line hundreds of times; without types to strip, it starts in a third
    // of the time.
    NODE_COMPILE_CACHE: resolve(root, "node_modules/.cache/compiled"),
  };
}
