import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toHostError } from "@causeway/client/internal/host-error";

// A socket's path has at most 103 bytes (macOS; Linux 107), and HAProxy first gives its own one a
// name with its process's number behind.
const folderBytesMax = 80;
const everywhere = "/tmp";

/**
 * A new folder for sockets and secrets, which only this user can enter. It is made where temporary
 * files go, or in `/tmp` when that path is too long for a socket.
 * @throws {HostError}
 */
export async function makeRunFolder(temporary: string = tmpdir()): Promise<string> {
  const name = "causeway-edge-";
  const wanted = join(temporary, name);
  const isShort = Buffer.byteLength(wanted) + 6 <= folderBytesMax;
  try {
    return await mkdtemp(isShort ? wanted : join(everywhere, name)); // mode 0700
  } catch (cause) {
    const place = isShort ? temporary : everywhere;
    throw toHostError(
      cause,
      `make a folder in ${place} for the edge's sockets (TMPDIR says where)`,
    );
  }
}
