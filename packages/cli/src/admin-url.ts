import { UsageError } from "@causeway/kernel";

/** Where the documentation has an origin's admin port. */
export const defaultOrigin = "http://127.0.0.1:9100/";

/** @returns the admin port's URL, ending with a slash. @throws {UsageError} `USAGE_ARGUMENT` */
export function adminUrl(text: string): URL {
  const url = URL.parse(text);
  const isBare = url?.search === "" && url.hash === "" && url.username === "";
  if (url === null || url.protocol !== "http:" || !isBare) {
    const shown = JSON.stringify(text.slice(0, 80));
    const message = `${shown} is no admin port; write it as ${defaultOrigin}.`;
    throw new UsageError("USAGE_ARGUMENT", message);
  }
  return new URL(url.pathname.endsWith("/") ? url.href : `${url.href}/`);
}
