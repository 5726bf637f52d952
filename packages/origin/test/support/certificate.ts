import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** An authority of one test, and the two files that a server of it is given. */
export class TestAuthority {
  readonly folder = mkdtempSync(join(tmpdir(), "causeway-tls-"));
  readonly caFile = this.at("ca.pem");
  readonly files = { certFile: this.at("cert.pem"), keyFile: this.at("key.pem") };

  constructor(t: { after(clean: () => void): void }) {
    t.after(() => rmSync(this.folder, { recursive: true, force: true }));
    this.#openssl("req", "-x509", ...newKey("ca.key"), "-out", "ca.pem", "-subj", "/CN=test CA");
    this.put(this.issue("first"));
  }

  get ca(): string {
    return readFileSync(this.caFile, "utf8");
  }

  at(name: string): string {
    return join(this.folder, name);
  }

  /** A new pair for this machine, with its chain. */
  issue(name: string): { readonly cert: string; readonly key: string } {
    const subject = `/CN=${name}`;
    this.#openssl("req", ...newKey("new.key"), "-out", "new.csr", "-subj", subject);
    writeFileSync(this.at("extensions"), "subjectAltName=IP:127.0.0.1,DNS:localhost\n");
    const by = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2"];
    const files = ["-in", "new.csr", "-out", "new.pem", "-extfile", "extensions"];
    this.#openssl("x509", "-req", ...by, ...files);
    const cert = readFileSync(this.at("new.pem"), "utf8") + this.ca;
    return { cert, key: readFileSync(this.at("new.key"), "utf8") };
  }

  /** Replaces both files, as tools that renew do. */
  put({ cert, key }: { readonly cert: string; readonly key: string }): void {
    this.write("cert.pem", cert);
    this.write("key.pem", key);
  }

  write(name: string, text: string, mode = 0o600): void {
    writeFileSync(this.at(`.${name}`), text, { mode });
    renameSync(this.at(`.${name}`), this.at(name));
  }

  #openssl(...args: readonly string[]): void {
    execFileSync("openssl", args, { cwd: this.folder, stdio: "ignore" });
  }
}

function newKey(file: string): readonly string[] {
  return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", file];
}
