import type { Path } from './template-text';

/** What stands in the text between values: strings whole, so that nothing in them counts. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/** Where a member's name, or an element, begins; and what is in it. */
interface Node {
  readonly offset: number;
  readonly inner: Map<string | number, Node>;
}

/** An object or list that is open at some place in the text. */
interface Open {
  readonly node: Node;
  readonly isList: boolean;
  /** Of a list: the position of its next element. */
  next: number;
  /** Of an object: the name whose value comes next, and where it stands. */
  name?: { readonly text: string; readonly offset: number };
}

/**
 * Where the members and elements of a JSON text begin. The text is one that JSON.parse takes; depth is no matter, as nothing here calls itself.
 *
 * A parser of YAML finds the same and takes a hundred times as long: a second for a template of a megabyte.
 */
export class JsonIndex {
  private readonly root: Node = { offset: 0, inner: new Map() };

  public constructor(text: string) {
    const open: Open[] = [];
    for (const match of text.matchAll(TOKEN)) {
      const [token] = match;
      const innermost = open[open.length - 1];
      if (token === ',' || token === ':') continue;
      if (token === '}' || token === ']') {
        open.pop();
      } else if (innermost && !innermost.isList && innermost.name === undefined) {
        innermost.name = { text: JSON.parse(token) as string, offset: match.index };
      } else {
        const node = innermost ? added(innermost, match.index) : this.root;
        if (token === '{' || token === '[') open.push({ node, isList: token === '[', next: 0 });
      }
    }
  }

  /** The place of a value; of the innermost that is there, if the path leads further. */
  public offsetOf(path: Path): number {
    let node = this.root;
    for (const step of path) {
      const next = node.inner.get(step);
      if (!next) break;
      node = next;
    }
    return node.offset;
  }
}

function added(to: Open, offset: number): Node {
  const node: Node = { offset: to.name?.offset ?? offset, inner: new Map() };
  to.node.inner.set(to.name?.text ?? to.next++, node);
  to.name = undefined;
  return node;
}
