import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, isAbsolute, join } from "node:path";
import { HostError } from "@causeway/kernel";

/** An HAProxy that can stand in front. */
export interface Haproxy {
  /** The executable, an absolute path. */
  readonly file: string;
  /** As `2.6.12`. */
  readonly version: string;
}

// 2.6: `jwt_verify` is of 2.5, and 2.6 the first of those with long support that has it.
const oldest = [2, 6] as const;
// A user's own search path often lacks them, and that is where Debian puts it.
const usualFolders = ["/usr/sbin", "/usr/local/sbin"];
const patienceMs = 5_000;
const answerBytesMax = 64 * 1024;

/**
 * The first HAProxy on the search path that is not too old.
 * @param searchPath as in `PATH`; relative parts of it are passed over
 * @throws {HostError} `HOST_MISSING`, whose message says what to do
 */
export async function findHaproxy(
  searchPath: string | undefined,
  alsoIn: readonly string[] = usualFolders,
): Promise<Haproxy> {
  const folders = (searchPath ?? "").split(delimiter).filter((folder) => isAbsolute(folder));
  let found = "there is no haproxy on the search path";
  for (const folder of new Set([...folders, ...alsoIn])) {
    const file = join(folder, "haproxy");
    if (!(await isExecutable(file))) continue;
    const said = await versionText(file);
    const [, version = "", major, minor] = /\bversion ((\d+)\.(\d+)[\w.]*)/.exec(said) ?? [];
    if (isNewEnough(Number(major), Number(minor))) return { file, version };
    found = `${file} is ${version === "" ? "of no version that can be read" : version}`;
  }
  const what = `${found}, and HAProxy ${oldest.join(".")} or later is needed`;
  throw new HostError("HOST_MISSING", `${what}: install it (apt-get install haproxy).`);
}

function isNewEnough(major: number, minor: number): boolean {
  return major > oldest[0] || (major === oldest[0] && minor >= oldest[1]);
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** What `haproxy -v` says; empty when it cannot be run. */
function versionText(file: string): Promise<string> {
  const bounds = { timeout: patienceMs, maxBuffer: answerBytesMax };
  return new Promise((resolve) => {
    execFile(file, ["-v"], bounds, (_error, stdout) => resolve(stdout));
  });
}
