import { noise, TestRepository } from "../repository.ts";

/** What the fuzzed server serves, and what it must never serve. */
export interface Site {
  readonly repository: TestRepository;
  /** Targets of small files, and of one that fills buffers. */
  readonly small: readonly string[];
  readonly large: string;
  /** Bytes by path, without the first slash. */
  readonly files: ReadonlyMap<string, Buffer>;
}

export function makeSite(): Site {
  const repository = new TestRepository();
  const files = new Map<string, Buffer>();
  const put = (path: string, bytes: Buffer): string => {
    repository.write(path, bytes);
    files.set(path, bytes);
    return `/${path}`;
  };
  const add = (bytes: Buffer): string => {
    const path = repository.addTarget(bytes);
    files.set(path, bytes);
    return `/${path}`;
  };
  put("security/index.html", Buffer.from("<p>Where to get the patch"));
  return {
    repository,
    files,
    small: [
      put("metadata/timestamp.json", Buffer.from('{"signed":{"version":1}}')),
      put("metadata/1.root.json", noise(1_500, 2)),
      add(noise(100, 3)),
      add(noise(9_000, 4)),
      add(Buffer.alloc(0)),
    ],
    large: add(noise(700_000, 5)),
  };
}
