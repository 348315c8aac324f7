/** JSON text, and the members that a parsed object no longer tells of. */
export interface JsonText {
  /** As JSON.parse reads it: of two members of one name the last. */
  readonly value: unknown;
  /** Members whose name stands more than once in one object, by their path: `Statement[0].Effect`. */
  readonly repeatedMembers: readonly string[];
}

/** What stands in the text between values: strings whole, so that nothing in them counts. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]/g;

/** An object or list that is open at some place in the text. */
interface Open {
  /** Names so far; absent for a list. */
  readonly names?: Set<string>;
  /** Where its current member or element stands. */
  at: string | number;
  /** Whether the next string is a member's name. */
  expectsName: boolean;
}

/**
 * Parses JSON and tells which members stand twice (RFC 8259 section 4: names "SHOULD be unique"). Depth is no matter: neither JSON.parse
 * nor what is done here calls itself for each level.
 *
 * @throws SyntaxError if the text is not JSON
 */
export function parseJson(text: string): JsonText {
  const value: unknown = JSON.parse(text);
  const repeatedMembers: string[] = [];
  const open: Open[] = [];
  for (const [token] of text.matchAll(TOKEN)) {
    const innermost = open[open.length - 1];
    switch (token) {
      case '{': open.push({ names: new Set(), at: '', expectsName: true }); break;
      case '[': open.push({ at: 0, expectsName: false }); break;
      case '}': case ']': open.pop(); break;
      case ',':
        if (innermost.names) innermost.expectsName = true;
        else innermost.at = (innermost.at as number) + 1;
        break;
      case ':': break;
      default: if (innermost?.expectsName) nameOf(token, innermost, open, repeatedMembers);
    }
  }
  return { value, repeatedMembers };
}

function nameOf(token: string, object: Open, open: readonly Open[], repeatedMembers: string[]): void {
  const name = JSON.parse(token) as string;
  object.at = name;
  object.expectsName = false;
  if (object.names!.has(name)) repeatedMembers.push(pathOf(open));
  object.names!.add(name);
}

function pathOf(open: readonly Open[]): string {
  return open.map(({ at }) => (typeof at === 'number' ? `[${at}]` : `.${at}`)).join('').replace(/^\./, '');
}
