/**
 * The code without its comments; lines keep their numbers, strings stay. Not a parser: a quote
 * or `//` inside a regular expression misleads it up to the end of that line, never further.
 */
export function withoutComments(text: string): string {
  return text.replace(
    /("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\[^])*`)|\/\*[^]*?\*\/|\/\/[^\n]*/g,
    (all: string, kept: string | undefined) => kept ?? all.replace(/[^\n]/g, ""),
  );
}

const specifierPatterns = [
  /^(?:import|export)\s[^"'`;]*?\bfrom\s*["']([^"'\n]+)["']/gm, // also type imports
  /^import\s*["']([^"'\n]+)["']/gm,
  /\bimport\(\s*["'`]([^"'`\n]+)["'`]/g, // dynamic ones, and import("…").Type
  /\b(?:require|require\.resolve|import\.meta\.resolve)\(\s*["'`]([^"'`\n]+)["'`]/g,
] as const;

/** Every module that the code names, in whichever way. Formatted code is expected. */
export function importsOf(text: string): readonly string[] {
  const code = withoutComments(text);
  const found = specifierPatterns.flatMap((pattern) => {
    return [...code.matchAll(pattern)].map((match) => match[1] ?? "");
  });
  return [...new Set(found)];
}
