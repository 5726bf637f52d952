import { workLifeSeconds } from "./work-puzzle.ts";

/** The cookie that shows a solution. */
export const workCookie = "causeway-work";

const triesAtOnce = 2_048; // 40 ms on a desktop, 0.2 s on a phone

/**
 * The part of a page that has a browser solve `challenge` and come back; or, where it has solved
 * one, come back after `seconds`, unless that is undefined: then the page does so by itself. Where
 * there is no Web Crypto (plain http) it does nothing. Short, since the whole page has less than a
 * KiB.
 */
export function workScript(challenge: string, seconds: number | undefined): string {
  const below = 2 ** (32 - Number(challenge.split(".")[1])); // what begins with so many zero bits
  const solve =
    // Digests may be there at once: without a pause nothing is shown, and nothing can be clicked.
    // The pauses are few, since the tabs behind have one a second.
    `(async()=>{for(let n=0;;n+=${triesAtOnce}){await new Promise(setTimeout);` +
    `let a=await Promise.all([...Array(${triesAtOnce})].map((_,i)=>s.digest('SHA-256',` +
    `new TextEncoder().encode(c+(n+i))))),i=a.findIndex(h=>new DataView(h).getUint32()<${below});` +
    `if(~i){d.cookie='${workCookie}='+c+(n+i)+';path=/;samesite=lax;max-age=${workLifeSeconds}';` +
    // Read back, since a browser may ask again before it has stored it, and may store none at all.
    "return d.cookie&&location.reload()}}})()";
  const begin = `const c='${challenge}.',s=crypto.subtle,d=document`;
  const seen = `/${workCookie}=/.test(d.cookie)`;
  const again = seconds === undefined ? "||" : `?setTimeout(()=>location.reload(),${seconds}e3):`;
  return `<script>${begin};s&&(${seen}${again}${solve})</script>`;
}
