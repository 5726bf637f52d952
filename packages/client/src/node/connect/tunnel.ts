import * as http from "node:http";
import type { Duplex } from "node:stream";
import { RouteError } from "@causeway/kernel";
import { shown } from "../../routes/route.ts";
import { basicCredentials } from "../credentials.ts";
import { reasonOf } from "../http-fault.ts";
import { errnoOf } from "../internal/host-error.ts";
import { hostOf, portOf } from "./url-host.ts";

const headersLengthMax = 16 * 1024;

/** What is sent to a proxy that asks for a name and a password. */
export function proxyHeaders(proxy: URL): Readonly<Record<string, string>> {
  const credentials = basicCredentials(proxy);
  return credentials === undefined ? {} : { "proxy-authorization": credentials };
}

/** No connection to the proxy can be had. */
export function proxyUnreachable(url: URL, proxy: URL, cause: unknown): RouteError {
  const why = reasonOf(cause) ?? messageOf(cause);
  const text = `its proxy ${nameOf(proxy)} ${why}`;
  return new RouteError("PROXY_UNREACHABLE", shown(url), text, { cause });
}

/** The proxy asks for a name and a password, or refuses those that it got. */
export function proxyDenies(url: URL, proxy: URL): RouteError {
  const given = basicCredentials(proxy) !== undefined;
  const what = given ? "refuses its name and password" : "asks for a name and a password";
  const text = `its proxy ${nameOf(proxy)} ${what} (407)`;
  return new RouteError("PROXY_AUTHENTICATION", shown(url), text);
}

/** As messages name it: without its password. */
export function nameOf(proxy: URL): string {
  return new URL(proxy).origin;
}

/**
 * Has the proxy connect us to the host of `url` (RFC 9110 section 9.3.6). Owns the connection:
 * it is ended when this fails.
 * @throws {RouteError} `PROXY_AUTHENTICATION`, `PROXY_REFUSED` or `PROXY_UNREACHABLE`
 */
export function tunnel(socket: Duplex, proxy: URL, url: URL, signal: AbortSignal): Promise<Duplex> {
  const host = url.hostname;
  const to = `${host}:${portOf(url)}`;
  return new Promise((resolve, reject) => {
    const sent = http.request({
      method: "CONNECT",
      createConnection: () => socket,
      host: hostOf(proxy),
      path: to,
      maxHeaderSize: headersLengthMax,
      headers: { host: to, connection: "keep-alive", ...proxyHeaders(proxy) },
    });
    const end = (reason: unknown): void => {
      signal.removeEventListener("abort", onAbort);
      socket.destroy();
      sent.destroy();
      reject(reason);
    };
    const onAbort = (): void => end(signal.reason);
    sent.on("connect", (answer, _, early: Buffer) => {
      const status = answer.statusCode ?? 0;
      // Some say 401 of a wrong password; here only the proxy can have said it.
      if (status === 407 || status === 401) end(proxyDenies(url, proxy));
      else if (status < 200 || status > 299) end(refused(url, proxy, `answered ${status}`));
      else if (early.length > 0) end(refused(url, proxy, "spoke before the route could"));
      else {
        signal.removeEventListener("abort", onAbort);
        resolve(socket);
      }
    });
    sent.on("error", (cause) => {
      const isHttp = errnoOf(cause)?.startsWith("HPE_") !== true;
      end(isHttp ? proxyUnreachable(url, proxy, cause) : refused(url, proxy, "speaks no HTTP"));
    });
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
    sent.end();
  });
}

function refused(url: URL, proxy: URL, what: string): RouteError {
  const text = `its proxy ${nameOf(proxy)} ${what} to CONNECT`;
  return new RouteError("PROXY_REFUSED", shown(url), text);
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
