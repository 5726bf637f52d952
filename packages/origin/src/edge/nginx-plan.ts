import type { Endpoint } from "./endpoint.ts";

/** What an nginx that serves the static tree is made of. */
export interface NginxPlan {
  /** The vendor's, for a comment. */
  readonly title: string;
  readonly listen: readonly Endpoint[];
  /** The repository's static tree; absolute. */
  readonly tree: string;
  /** Base URLs of other routes, each ending in `/`. */
  readonly duplicates: readonly string[];
  /** Networks of the edges in front, whose `X-Forwarded-For` is believed; none: it is in front. */
  readonly behind: readonly string[];
  /** Where it writes its number; absolute. */
  readonly pidFile: string;
}
