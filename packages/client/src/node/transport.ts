import { fileTransport } from "./file-transport.ts";
import { httpTransport, type NodeTransport } from "./http-transport.ts";

/** Opens http, https and file URLs. */
export function nodeTransport(): NodeTransport {
  const overHttp = httpTransport();
  const fromFiles = fileTransport();
  return {
    open(request) {
      return request.url.protocol === "file:" ? fromFiles.open(request) : overHttp.open(request);
    },
    close() {
      overHttp.close();
    },
  };
}
