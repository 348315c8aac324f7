import type { FilterPattern } from './index';
import { regexTest } from './matcher';
import type { TextTest } from './matcher';

const TERM = /\s*(?<sign>[?-]?)(?:"(?<quoted>(?:[^"\\]|\\.)*)"|%(?<regex>(?:[^%\\]|\\.)*)%|(?<bare>[A-Za-z0-9_]+))(?=\s|$)/y;

/** Words and phrases that the text contains, or with `-` does not; with `?`, and nothing else, one of which it contains. */
export function termPattern(pattern: string): FilterPattern {
  const terms: { readonly sign: string; readonly test: TextTest }[] = [];
  for (let at = 0; at < pattern.length; at = TERM.lastIndex) {
    TERM.lastIndex = at;
    const groups = TERM.exec(pattern)?.groups;
    if (!groups) throw new SyntaxError(`not understood: ${pattern.slice(at).trim()}: put what is not letters and digits in double quotes`);
    const { sign, quoted, regex, bare } = groups;
    const contained = (quoted ?? bare)?.trim();
    terms.push({ sign, test: regex === undefined ? (text) => text.includes(contained) : regexTest(regex) });
  }
  const required = terms.filter(({ sign }) => sign !== '?');
  // "If you combine ? with other filter patterns, all question mark terms will be ignored."
  if (required.length === 0 && terms.length > 0) return (message) => terms.some(({ test }) => test(message));
  return (message) => required.every(({ sign, test }) => test(message) === (sign !== '-'));
}
