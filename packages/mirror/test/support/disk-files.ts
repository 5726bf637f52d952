import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Files } from "../../../client/test/support/faulty-route.ts";

/** What a web server of the folder has at the moment of each request. */
export function diskFiles(folder: string): Files {
  return {
    get(path) {
      try {
        return readFileSync(join(folder, path));
      } catch {
        return undefined;
      }
    },
  };
}
