import { type Answer, ask } from "./http.ts";

/** A time as policies write it, so many seconds from now. */
export function inSeconds(seconds: number): string {
  return `${new Date(Date.now() + seconds * 1000).toISOString().slice(0, 19)}Z`;
}

/** Sends a policy as `causeway policy --origin` does; `policy` may be any text. */
export function putPolicy(
  { adminUrl }: { readonly adminUrl: string | undefined },
  policy: object | string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return ask(`${adminUrl}/policy`, {
    method: "PUT",
    headers: { "Content-Type": "application/json", ...headers },
    body: typeof policy === "string" ? policy : JSON.stringify(policy),
  });
}
