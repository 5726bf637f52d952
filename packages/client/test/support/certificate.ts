import { execFileSync } from "node:child_process";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { tempFolder } from "./temp-folder.ts";

export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

/** A certificate for these names that vouches for itself. */
export async function selfSigned(...names: readonly string[]): Promise<Certificate> {
  await using folder = await tempFolder();
  const [key, cert] = [path.join(folder.path, "key.pem"), path.join(folder.path, "cert.pem")];
  const subject = ["-subj", "/CN=causeway test", "-days", "2", "-nodes"];
  const alternatives = names.map((name) => (/^[\d.]+$/.test(name) ? `IP:${name}` : `DNS:${name}`));
  const extension = ["-addext", `subjectAltName=${alternatives.join(",")}`];
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];
  const files = ["-keyout", key, "-out", cert];
  const args = ["req", "-x509", ...curve, ...subject, ...extension, ...files];
  execFileSync("openssl", args, { stdio: "ignore" });
  return { key: await fs.readFile(key, "utf8"), cert: await fs.readFile(cert, "utf8") };
}
