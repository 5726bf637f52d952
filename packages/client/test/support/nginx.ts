import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { freePort, untilListening } from "../../../../test/support/listening.ts";
import type { Certificate } from "./certificate.ts";
import { tempFolder } from "./temp-folder.ts";

export interface Nginx extends AsyncDisposable {
  readonly url: string;
  /** `PROTOCOL CONNECTION PATH` of each request, in order. */
  requests(): Promise<readonly string[]>;
}

/** Debian's nginx on loopback, which serves these files over HTTP/2 and TLS. */
export async function startNginx(
  certificate: Certificate,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<Nginx> {
  const folder = await tempFolder();
  const at = (name: string): string => path.join(folder.path, name);
  const port = await freePort();
  for (const [name, bytes] of files) {
    await fs.mkdir(path.dirname(at(`tree/${name}`)), { recursive: true });
    await fs.writeFile(at(`tree/${name}`), bytes);
  }
  await fs.chmod(folder.path, 0o755); // its worker is another user
  await fs.writeFile(at("key.pem"), certificate.key);
  await fs.writeFile(at("cert.pem"), certificate.cert);
  await fs.writeFile(
    at("nginx.conf"),
    `daemon off; pid ${at("pid")}; error_log ${at("error.log")};
     events { worker_connections 64; }
     http {
       log_format brief "$server_protocol $connection $request_uri";
       access_log ${at("access.log")} brief;
       client_body_temp_path ${at("body")}; proxy_temp_path ${at("proxy")};
       fastcgi_temp_path ${at("fastcgi")}; uwsgi_temp_path ${at("uwsgi")};
       scgi_temp_path ${at("scgi")};
       server {
         listen 127.0.0.1:${port} ssl http2;
         ssl_certificate ${at("cert.pem")}; ssl_certificate_key ${at("key.pem")};
         root ${at("tree")};
       }
     }`,
  );
  const child = spawn("nginx", ["-c", at("nginx.conf"), "-e", at("error.log")], {
    stdio: "ignore",
  });
  await untilListening(port);
  return {
    url: `https://localhost:${port}/`,
    async requests() {
      return (await fs.readFile(at("access.log"), "utf8")).trim().split("\n");
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGQUIT");
      child.kill("SIGTERM");
      await once(child, "close");
      await folder[Symbol.asyncDispose]();
    },
  };
}
