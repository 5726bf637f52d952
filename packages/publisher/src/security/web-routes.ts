import { hashedTargetPath, type RouteEntry } from "@causeway/kernel";
import type { PublicPatch } from "./public-patch.ts";

/** A route that programs which know nothing of Causeway can use. */
export interface WebRoute {
  readonly id: string;
  /** http or https; ends with `/`. */
  readonly base: string;
  readonly priority: number;
  /** ISO 3166-1 alpha-2 in lower case, where the region says it. */
  readonly country?: string;
}

// What a reader tries one after the other; a list of 10,000 routes in each file of 10,000 patches
// would be more bytes than the patches.
const webRoutesMax = 64;

// ISO 3166-1 alpha-2, but those that clouds use for continents and the like (af, me, na, sa).
const countries = new Set(
  (
    "ad ae ag ai al am ao aq ar at au aw ax az ba bb bd be bf bg bh bi bj bl bm bn bo bq br bs " +
    "bt bv bw by bz ca cc cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec " +
    "ee eg eh er es et fi fj fk fm fo fr ga gb gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy " +
    "hk hm hn hr ht hu id ie il im in io iq ir is it je jm jo jp ke kg kh ki km kn kp kr kw ky kz " +
    "la lb lc li lk lr ls lt lu lv ly ma mc md mf mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx " +
    "my mz nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro " +
    "rs ru rw sb sc sd se sg sh si sj sk sl sm sn so sr ss st sv sx sy sz tc td tf tg th tj tk tl " +
    "tm tn to tr tt tv tw tz ua ug um us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw"
  ).split(" "),
);

/** The active routes that are reached by http or https, the best first, at most 64. */
export function webRoutesOf(routes: readonly RouteEntry[]): readonly WebRoute[] {
  return routes
    .filter(({ state }) => state === "active")
    .toSorted((a, b) => a.priority - b.priority || b.weight - a.weight)
    .flatMap(({ id, urls, priority, region }): WebRoute[] => {
      const base = urls.find((url) => /^https?:/.test(url));
      if (base === undefined) return [];
      const country = region?.split("-")[0] ?? "";
      return [{ id, base, priority, ...(countries.has(country) && { country }) }];
    })
    .slice(0, webRoutesMax);
}

/** Where the patch lies in the tree. */
export function treePathOf({ target }: PublicPatch): string {
  return `targets/${hashedTargetPath(target.path, target.sha256)}`;
}
