import { homedir } from "node:os";
import path from "node:path";

/** Where a customer's state lies unless told otherwise (XDG Base Directory on Unix). */
export function defaultStateFolder(): string {
  const { XDG_STATE_HOME, LOCALAPPDATA } = process.env;
  if (process.platform === "win32") {
    return path.join(LOCALAPPDATA ?? path.join(homedir(), "AppData", "Local"), "causeway");
  }
  const base = path.isAbsolute(XDG_STATE_HOME ?? "") ? XDG_STATE_HOME : undefined;
  return path.join(base ?? path.join(homedir(), ".local", "state"), "causeway");
}
