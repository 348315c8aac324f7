/** Whether a text, as a log event has it, is what a pattern asks for. */
export type TextTest = (text: string) => boolean;

const REGEX_AT_MOST = 2;

/** "Filter patterns with regex can only include" letters, digits, these symbols and these operators. Parentheses are not among them. */
const REGEX_CHARACTERS = /^(?:\\x[0-9A-Fa-f]{2}|\\[^xA-Za-z]|\\[dDsSwW]|[A-Za-z0-9:_#=@/;,\- ^$?[\]{}|*+.])*$/;

/** @throws SyntaxError for a character that the closed set does not have */
export function regexTest(source: string): TextTest {
  if (!REGEX_CHARACTERS.test(source)) throw new SyntaxError(`%${source}% has a character that regular expressions of filter patterns may not have`);
  // `{,n}` is without a minimum here, and means itself to JavaScript.
  const regex = new RegExp(source.replace(/\{\s*(\d*)\s*,\s*(\d*)\s*\}/g, (_, least: string, most: string) => `{${least || '0'},${most}}`));
  return (text) => regex.test(text);
}

export function refuseMoreRegexes(found: number): void {
  if (found > REGEX_AT_MOST) throw new SyntaxError(`${found} regular expressions in one pattern: ${REGEX_AT_MOST} at most`);
}

/** A string with `*` for any text. */
export function wildcardTest(pattern: string): TextTest {
  if (!pattern.includes('*')) return (text) => text === pattern;
  const regex = new RegExp(`^${pattern.split('*').map((piece) => piece.replace(/[.+?^${}()|[\]\\]/g, '\\$&')).join('.*')}$`, 's');
  return (text) => regex.test(text);
}

export const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;

export type Operator = '=' | '!=' | '<' | '<=' | '>' | '>=';

export function compareNumbers(one: number, operator: Operator, other: number): boolean {
  switch (operator) {
    case '=': return one === other;
    case '!=': return one !== other;
    case '<': return one < other;
    case '<=': return one <= other;
    case '>': return one > other;
    case '>=': return one >= other;
  }
}
