/** What each thing that a step can do is told, as the schema has it. */
export interface ActionArguments {
  /** To people, who do it. */
  readonly say: string;
  readonly "names lower": { readonly name: string; readonly ttl?: number };
  readonly "names restore": { readonly name: string };
  readonly "names retire": { readonly name: string };
  readonly "names move": { readonly name: string; readonly to: readonly string[] };
  readonly "routes add": {
    readonly id: string;
    readonly urls: readonly string[];
    readonly private?: boolean;
  };
  readonly "routes drain": { readonly id: string };
  readonly "routes restore": { readonly id: string };
  readonly "routes retire": { readonly id: string; readonly force?: boolean };
  readonly "routes seal": { readonly id: string };
  readonly "routes open": { readonly id: string };
  readonly publish: Readonly<Record<string, never>>;
  readonly refresh: Readonly<Record<string, never>>;
  readonly announce: {
    readonly routes: readonly string[];
    readonly for?: string;
    readonly out?: string;
    readonly private?: boolean;
  };
}

export type Verb = keyof ActionArguments;

/** One thing that a step does, as the command of that name. */
export type Action = {
  readonly [Each in Verb]: { readonly verb: Each; readonly args: ActionArguments[Each] };
}[Verb];
