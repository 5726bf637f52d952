import { placeOf } from "./connect/place.ts";
import { type ProxySettings, proxyRule } from "./connect/proxy-rule.ts";
import { fileTransport } from "./file-transport.ts";
import { httpTransport, type NodeTransport } from "./http-transport.ts";

export interface NodeTransportOptions {
  /** None unless given: the environment is not read here (`proxySettings` does). */
  readonly proxies?: ProxySettings;
}

/**
 * Opens http, https and file URLs.
 * @throws {UsageError} `USAGE_ARGUMENT` on a wrong proxy
 */
export function nodeTransport(options: NodeTransportOptions = {}): NodeTransport {
  const overHttp = httpTransport({ proxyFor: proxyRule(options.proxies ?? {}) });
  const fromFiles = fileTransport();
  return {
    via: (url) => overHttp.via?.(url),
    placeOf,
    open(request) {
      return request.url.protocol === "file:" ? fromFiles.open(request) : overHttp.open(request);
    },
    close() {
      overHttp.close();
    },
  };
}
