import { addRelease, publish } from "../../src/index.ts";

/*
 * A process to be killed: adds the versions named on its command line and publishes after each,
 * as a vendor's script would; what was added already is passed over.
 */

const [dir = "", file = "", ...versions] = process.argv.slice(2);
const passphrase = (): Promise<string> => Promise.resolve("");

for (const version of versions) {
  try {
    await addRelease(dir, { file, product: "reader", version, workers: 1 });
  } catch (error) {
    const isThere = error instanceof Error && "code" in error && error.code === "USAGE_EXISTS";
    if (!isThere) throw error;
  }
  await publish(dir, { passphrase });
}
