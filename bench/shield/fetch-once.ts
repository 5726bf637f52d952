import { request } from "node:http";

/** What one try brought. */
export interface Fetched {
  /** 0 when no whole answer came. */
  readonly status: number;
  readonly length: number;
  /** Seconds, as in `Retry-After`; undefined when there was none. */
  readonly retryAfter: number | undefined;
  /** The beginning of the body. */
  readonly text: string;
  /** A place in the line, or a ticket. */
  readonly ticket: string | undefined;
  /** Of `Set-Cookie`. */
  readonly cookie: string | undefined;
}

const textLengthMax = 4_096;
export const nothing: Fetched = {
  status: 0,
  length: 0,
  retryAfter: undefined,
  text: "",
  ticket: undefined,
  cookie: undefined,
};

/** Asks for a path of a port of 127.0.0.1 over a new connection from `localAddress`, for `msMax`. */
export function fetchOnce(
  { port, localAddress }: { readonly port: number; readonly localAddress: string },
  path: string,
  headers: readonly string[],
  msMax: number,
): Promise<Fetched> {
  return new Promise((resolve) => {
    const all = ["Host", "route.example", ...headers, "Connection", "close"];
    const place = { host: "127.0.0.1", port, localAddress, agent: false };
    const asked = request({ ...place, path, headers: all });
    const timer = setTimeout(() => asked.destroy(), msMax);
    const end = (fetched: Fetched): void => {
      clearTimeout(timer);
      resolve(fetched);
    };
    asked.once("error", () => end(nothing));
    asked.once("close", () => end(nothing));
    asked.once("response", (response) => {
      let length = 0;
      let text = "";
      response.on("error", () => {});
      response.on("data", (bytes: Buffer) => {
        if (length < textLengthMax) text += bytes.toString("latin1", 0, textLengthMax);
        length += bytes.length;
      });
      response.once("end", () => {
        const { "retry-after": wait, "set-cookie": [cookie] = [] } = response.headers;
        const retryAfter = wait === undefined ? undefined : Number(wait);
        const shown = response.headers["causeway-ticket"];
        const ticket = typeof shown === "string" ? shown : undefined;
        end({ status: response.statusCode ?? 0, length, retryAfter, text, ticket, cookie });
      });
    });
    asked.end();
  });
}
