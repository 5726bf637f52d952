import { editRoutes, type RouteEdit } from "../../src/index.ts";

// A process to be killed: makes one change of the list of routes.

const [dir = "", edit = ""] = process.argv.slice(2);
await editRoutes(dir, JSON.parse(edit) as RouteEdit, { passphrase: () => Promise.resolve("") });
