import type { AnnouncementNews } from "@causeway/client";
import type { Terminal } from "../terminal.ts";

/** Says what became of an announcement that lay in the state folder, or stood in the DNS. */
export function tellNews({ from, urls = [], refused }: AnnouncementNews, terminal: Terminal): void {
  if (refused === undefined) terminal.say(`${from}: announcement taken: ${urls.join(" ")}`);
  else terminal.warn(`${from}: ${refused.message} [${refused.code}]`);
}
