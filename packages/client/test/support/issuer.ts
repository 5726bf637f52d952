import { execFileSync } from "node:child_process";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import type { Certificate } from "./certificate.ts";
import { tempFolder } from "./temp-folder.ts";

export interface Issue {
  /** A DNS name, or the name of an authority. */
  readonly name: string;
  readonly isAuthority?: boolean;
  /** Years from and to which it is good. */
  readonly years: readonly [number, number];
  /** Itself when left out. */
  readonly by?: Certificate;
}

/** A certificate that is good in these years, whatever the time is now. */
export async function issue({ name, isAuthority, years, by }: Issue): Promise<Certificate> {
  await using folder = await tempFolder();
  const at = (file: string): string => path.join(folder.path, file);
  const run = (...args: readonly string[]): void => {
    execFileSync("openssl", args, { stdio: "ignore", cwd: folder.path });
  };
  const ca = isAuthority === true ? "TRUE" : "FALSE";
  const config = [
    "[ca]\ndefault_ca = own",
    "[own]\ndatabase = index\nnew_certs_dir = .\nrand_serial = yes",
    "default_md = sha256\npolicy = any\nx509_extensions = extensions",
    "[any]\ncommonName = supplied",
    `[extensions]\nbasicConstraints = critical, CA:${ca}\nsubjectAltName = DNS:${name}`,
    "subjectKeyIdentifier = none\nauthorityKeyIdentifier = none", // names and signatures alone tell
  ];
  await fs.writeFile(at("config"), config.join("\n"));
  await fs.writeFile(at("index"), "");
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];
  const request = ["-subj", `/CN=${name}`, "-nodes", "-keyout", "key", "-out", "request"];
  run("req", ...curve, ...request);
  await fs.writeFile(at("by.key"), by?.key ?? (await fs.readFile(at("key"))));
  if (by !== undefined) await fs.writeFile(at("by.cert"), by.cert);
  const [from, to] = years.map((year) => `${year}0101000000Z`);
  const signer = by === undefined ? ["-selfsign"] : ["-cert", "by.cert"];
  const dates = ["-startdate", from ?? "", "-enddate", to ?? ""];
  const files = ["-keyfile", "by.key", "-in", "request", "-out", "cert", "-notext", "-batch"];
  run("ca", "-config", "config", ...signer, ...dates, ...files);
  const [key, cert] = await Promise.all([
    fs.readFile(at("key"), "utf8"),
    fs.readFile(at("cert"), "utf8"),
  ]);
  return { key, cert };
}
