import type { RouteState } from "@causeway/kernel";
import { schemaText } from "../config-schema.ts";
import type { RoleName } from "../keys/key-file.ts";
import type { CarrierValue } from "./carrier-config.ts";
import { type CheckedYaml, type YamlPath, YamlReader } from "./checked-yaml.ts";

/** causeway.yaml as its schema lets it be. */
export interface ConfigValue {
  readonly name: string;
  readonly products?: readonly { readonly id: string; readonly name?: string }[];
  readonly routes?: readonly {
    readonly id: string;
    readonly url: string | readonly string[];
    readonly kind?: string;
    readonly region?: string;
    readonly priority?: number;
    readonly weight?: number;
    readonly capacity?: number;
    readonly state?: RouteState;
    readonly private?: boolean;
    readonly sealed?: number;
  }[];
  readonly poll?: string;
  readonly carriers?: readonly CarrierValue[];
  readonly security?: {
    readonly contact?: readonly string[];
    readonly expires?: string;
    readonly policy?: string;
    readonly languages?: string;
    readonly namespace?: string;
  };
  readonly expiry?: Readonly<Partial<Record<RoleName, string>>>;
}

export type ConfigPath = YamlPath;

/** A configuration that keeps to the schema, and where each part of it stands. */
export type ConfigFile = CheckedYaml<ConfigValue>;

const reader = new YamlReader<ConfigValue>(schemaText);

/** @throws {UsageError} `CONFIG_MALFORMED`, naming line and column */
export function parseConfig(text: string, path: string): ConfigFile {
  return reader.read(text, path);
}
