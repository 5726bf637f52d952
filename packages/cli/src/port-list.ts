import { InvalidArgumentError } from "commander";

const listLengthMax = 512;
const portMax = 65_535;

/** Reads an option's value as ports, at most `most` of them: `9001,9005` or `9001-9004`. */
export function portList(most: number): (text: string) => readonly number[] {
  return (text) => {
    const ports: number[] = [];
    for (const part of text.slice(0, listLengthMax).split(",")) {
      const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part);
      const first = Number(match?.[1]);
      const last = Number(match?.[2] ?? first);
      if (!(first >= 1 && first <= last && last <= portMax)) throw wrong(most);
      if (ports.length + last - first >= most) throw wrong(most);
      for (let port = first; port <= last; port++) ports.push(port);
    }
    return ports;
  };
}

function wrong(most: number): InvalidArgumentError {
  return new InvalidArgumentError(`Write at most ${most} ports, as 9001,9005 or 9001-9004.`);
}
