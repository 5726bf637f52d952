import { isUtcSecond } from "@causeway/kernel";
import type { ConfigFile } from "./parse.ts";

/** What the public pages say of the vendor. */
export interface SecurityConfig {
  /** URIs: whom to tell of a vulnerability. */
  readonly contact: readonly string[];
  /** When security.txt must be looked at again: `YYYY-MM-DDTHH:MM:SSZ`. */
  readonly expires: string | undefined;
  readonly policy: string | undefined;
  readonly languages: string | undefined;
  /** The vendor's own URL, which names it in CSAF documents for good. */
  readonly namespace: string | undefined;
}

/** @throws {UsageError} `CONFIG_MALFORMED` */
export function securityConfig(file: ConfigFile): SecurityConfig {
  const { contact = [], expires, policy, languages, namespace } = file.value.security ?? {};
  if (expires !== undefined && !isUtcSecond(expires)) {
    throw file.error(["security", "expires"], "write a time in UTC, as 2027-08-12T09:00:00Z");
  }
  for (const [at, uri] of [policy, namespace, ...contact].entries()) {
    if (uri === undefined || URL.canParse(uri)) continue;
    const place = [["policy"], ["namespace"]][at] ?? ["contact", at - 2];
    throw file.error(["security", ...place], "this is no URI");
  }
  return { contact, expires, policy, languages, namespace };
}
