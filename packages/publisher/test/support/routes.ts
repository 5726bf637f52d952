import { readFile } from "node:fs/promises";
import type { TestContext } from "node:test";
import { decodeRouteList, parseJson, type RouteList } from "@causeway/kernel";
import { editRoutes, type RouteEdit, type RoutesResult } from "../../src/index.ts";
import { TestVendor } from "./vendor.ts";
import { targetBytes, WalkingClient } from "./walking-client.ts";

/** A causeway.yaml with two routes, and comments in every place. */
export const routesYaml = `name: Contoso # as on the box

# Ours first.
routes:
  - id: origin-1 # in the cellar
    url: https://a.example/
  # the one with the fast line
  - { id: mirror-1, url: [https://m.example/, https://m2.example/], weight: 50 }
`;

/** A vendor that has published these routes, and what `more` adds to the file. */
export async function vendorWithRoutes(t: TestContext, more = ""): Promise<TestVendor> {
  const vendor = await TestVendor.make(t);
  await vendor.configure(routesYaml + more);
  await vendor.publish();
  return vendor;
}

export function edited(vendor: TestVendor, edit: RouteEdit): Promise<RoutesResult> {
  return editRoutes(vendor.dir, edit, vendor.common());
}

/** The list that a new client reads from a tree. */
export async function listIn(tree: string, now: number): Promise<RouteList> {
  const client = await WalkingClient.pinned(tree, now);
  await client.refresh(tree, now);
  const bytes = await targetBytes(tree, await client.find(tree, "routes.json", now));
  return decodeRouteList(parseJson(bytes, "routes.json"));
}

export async function statesIn(
  tree: string,
  now: number,
): Promise<Readonly<Record<string, string>>> {
  const { routes } = await listIn(tree, now);
  return Object.fromEntries(routes.map(({ id, state }) => [id, state]));
}

export function configOf(vendor: TestVendor): Promise<string> {
  return readFile(vendor.path("causeway.yaml"), "utf8");
}
