import { UsageError } from "@causeway/kernel";
import { isMap, isSeq, parseDocument, YAMLSeq } from "yaml";
import type { RoutePatch } from "./edit.ts";

/**
 * The text of causeway.yaml with one route changed, or added at the end; its comments are kept.
 * @param text keeps to the schema
 * @throws {UsageError} `CONFIG_MALFORMED` when it is written in a way that only people can change
 */
export function withRoute(text: string, path: string, { at, values }: RoutePatch): string {
  if (Object.keys(values).length === 0) return text;
  const document = parseDocument(text, { version: "1.2", stringKeys: true });
  const cannot = (): UsageError => {
    const what = "its routes are written with aliases; make this change by hand, then publish";
    return new UsageError("CONFIG_MALFORMED", `${path}: ${what}.`);
  };
  if (!document.has("routes") || document.get("routes") === null) {
    document.set("routes", new YAMLSeq());
  }
  const routes = document.get("routes", true);
  if (!isSeq(routes)) throw cannot();
  if (routes.items.length === 0) routes.flow = false; // what init writes: []
  if (at === undefined) {
    routes.add(document.createNode(values));
  } else {
    const route = routes.items[at];
    if (!isMap(route)) throw cannot();
    for (const [key, value] of Object.entries(values)) {
      if (value === undefined) route.delete(key);
      // A plain value takes the old one's place, and its comment stays.
      else route.set(key, typeof value === "object" ? document.createNode(value) : value);
    }
  }
  const changed = document.toString({ lineWidth: 0 });
  return text.includes("\r\n") ? changed.replaceAll(/\r?\n/g, "\r\n") : changed;
}
