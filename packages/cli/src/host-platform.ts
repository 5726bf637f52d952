/** This machine as a platform: operating system and processor in Node.js's names. */
export function thisPlatform(): string {
  return `${process.platform}-${process.arch}`;
}
