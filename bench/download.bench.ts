import { execFileSync } from "node:child_process";
import { loadavg } from "node:os";
import { root } from "../tools/checkout.ts";
import { installSystemPackages, type SystemPackage } from "../tools/system-packages.ts";
import { measureDays } from "./download/days.ts";
import { Field } from "./download/field.ts";
import { measureKills } from "./download/kills.ts";

export const title = "90 MB over four routes of which some fail, beside aria2 and curl";

const reason = "bench/download";
const wanted: readonly SystemPackage[] = [
  { name: "nginx-light", command: "nginx", reason },
  { name: "aria2", command: "aria2c", reason },
  { name: "curl", command: "curl", reason },
  { name: "iproute2", command: "ip", reason },
  { name: "time", command: "time", reason },
];

export async function run(): Promise<string> {
  const missing = await installSystemPackages(wanted);
  if (process.platform !== "linux" || process.getuid?.() !== 0) {
    return "SKIPPED: network namespaces need Linux, and root.";
  }
  if (missing.length > 0) return `SKIPPED: ${missing.join("; ")}`;
  // A user runs what was built, so that is what is measured.
  execFileSync("npm", ["run", "build"], { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
  await using field = await Field.open();
  const days = await measureDays(field);
  const kills = await measureKills(field);
  return [
    ...introduction,
    "",
    days,
    "",
    kills,
    "",
    `Load at the end: ${loadavg()[0]?.toFixed(1)}.`,
  ].join("\n");
}

const introduction = [
  "The client and each route stand in a network namespace of their own, joined by veth pairs; what",
  "a route sends passes htb at 100 Mbit/s with a queue of 30 ms. Each route is nginx with a real",
  "repository of one patch of 90 MB of random bytes, so that no pack helps us and all programs",
  "fetch the same. A route is lost by sch_blackhole: nothing comes any more, and nobody says so.",
  "Seconds are those of the whole process, from its start to its end: ours first fetches and",
  "verifies the metadata, knowing nothing but the pinned root, and ends with the file hashed and",
  "synced. *MB too many*: payload that was sent to the client beyond the file's own bytes. Memory",
  "is the largest resident set. The limit is what the routes can send of use, by TCP's share.",
];
