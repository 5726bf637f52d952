/** What looks like a ticket that ends then, in seconds; nobody but its giver can tell. */
export function ticketUntil(exp: unknown, sub = "machine", ent?: unknown): string {
  const parts = [{ alg: "HS256" }, { sub, exp, ent }].map((part) => {
    return Buffer.from(JSON.stringify(part)).toString("base64url");
  });
  return [...parts, "signature"].join(".");
}
