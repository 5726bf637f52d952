// An application that keeps itself up to date. It ships with root.json, the vendor's first root.
import { rename } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { isNewer } from "@causeway/client";
import { openClient } from "@causeway/client/node";

const version = "1.0.0";
const self = fileURLToPath(import.meta.url);
const folder = path.dirname(self);

console.log(`own-app ${version}`);

const client = await openClient({
  trust: path.join(folder, "root.json"),
  routes: (process.env["OWN_APP_ROUTES"] ?? "https://updates.example/").split(" "),
  stateFolder: path.join(folder, "update-state"),
});
try {
  const newest = await client.check("own-app", { platform: "any" });
  if (isNewer(newest.version, version)) {
    const got = await client.get("own-app", {
      platform: "any",
      output: `${self}.new`,
      have: [self],
      onProgress: (event) => event.kind === "verify" && console.log("verifying"),
    });
    await rename(got.file, self); // one step: the old application or the whole new one
    console.log(`updated to ${got.version}, ${newest.severity}; starts with the next run`);
  }
} catch (error) {
  console.error("no update this time:", error); // an application must start without one, too
} finally {
  client.close();
}
