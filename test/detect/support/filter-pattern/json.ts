import type { FilterPattern, Reading } from './index';
import { compareNumbers, NUMBER, refuseMoreRegexes, regexTest, wildcardTest } from './matcher';
import type { Operator } from './matcher';
import { selectorOf } from './selector';
import type { Selector } from './selector';

/** What stands right of an operator. */
type Operand =
  | { readonly kind: 'text'; readonly text: string; readonly quoted: boolean }
  | { readonly kind: 'regex'; readonly source: string };

type Condition = (event: unknown) => boolean;

const TOKEN = /\s*(?:(?<punctuation>&&|\|\||[(){}])|(?<operator>!=|<=|>=|=|<|>)|(?<selector>\$(?:\.\*|\.?\[[^\]]*\]|\.[\w-]+)+)|"(?<quoted>(?:[^"\\]|\\.)*)"|%(?<regex>(?:[^%\\]|\\.)*)%|(?<bare>[\w.*+:/-]+))/y;

interface Token {
  readonly kind: 'punctuation' | 'operator' | 'selector' | 'quoted' | 'regex' | 'bare';
  readonly text: string;
}

const WILDCARDS_AT_MOST = 3;

/** `{ … }`: conditions on properties, with `&&` before `||`, and parentheses before both. */
export function jsonPattern(pattern: string, reading: Reading): FilterPattern {
  const condition = new Parser(tokensOf(pattern), reading).whole();
  return (message) => {
    const event = parsed(message);
    return typeof event === 'object' && event !== null && condition(event);
  };
}

function parsed(message: string): unknown {
  try {
    return JSON.parse(message);
  } catch {
    return undefined;
  }
}

function tokensOf(pattern: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  for (let at = 0; at < pattern.trimEnd().length; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at;
    const groups = TOKEN.exec(pattern)?.groups;
    if (!groups) throw new SyntaxError(`not understood: ${pattern.slice(at, at + 20).trim()}`);
    const [kind, text] = Object.entries(groups).find(([, value]) => value !== undefined)!;
    tokens.push({ kind: kind as Token['kind'], text: kind === 'quoted' ? text.replace(/\\(.)/g, '$1') : text });
  }
  return tokens;
}

class Parser {
  private at = 0;
  private wildcards = 0;
  private regexes = 0;

  constructor(private readonly tokens: readonly Token[], private readonly reading: Reading) {}

  whole(): Condition {
    this.expect('{');
    const condition = this.either();
    this.expect('}');
    if (this.at < this.tokens.length) throw this.unexpected();
    if (this.wildcards > WILDCARDS_AT_MOST) throw new SyntaxError(`${this.wildcards} wildcards in selectors: ${WILDCARDS_AT_MOST} at most`);
    refuseMoreRegexes(this.regexes);
    return condition;
  }

  private either(): Condition {
    const parts = [this.both()];
    while (this.skip('||')) parts.push(this.both());
    return (event) => parts.some((part) => part(event));
  }

  private both(): Condition {
    const parts = [this.one()];
    while (this.skip('&&')) parts.push(this.one());
    return (event) => parts.every((part) => part(event));
  }

  private one(): Condition {
    if (!this.skip('(')) return this.comparison();
    const inner = this.either();
    this.expect(')');
    return inner;
  }

  private comparison(): Condition {
    const selector = selectorOf(this.take('selector'));
    this.wildcards += selector.wildcards;
    if (this.tokens[this.at]?.kind === 'bare') return this.inWords(selector);
    const operator = this.take('operator') as Operator;
    const operand = this.operand();
    const test = valueTest(operator, operand);
    const missing = operator === '!=' && this.reading.unequalWhereMissing === true;
    return (event) => {
      const values = selector.select(event);
      return values.length === 0 ? missing : values.some(test);
    };
  }

  /** `IS NULL`, `IS TRUE`, `IS FALSE`, `NOT EXISTS`: "the variables IS NOT and EXISTS currently aren't supported". */
  private inWords(selector: Selector): Condition {
    const words = `${this.take('bare')} ${this.take('bare')}`;
    switch (words) {
      case 'NOT EXISTS': return (event) => selector.select(event).length === 0;
      case 'IS NULL': return (event) => selector.select(event).includes(null);
      case 'IS TRUE': return (event) => selector.select(event).includes(true);
      case 'IS FALSE': return (event) => selector.select(event).includes(false);
      default: throw new SyntaxError(`'${words}' is not supported`);
    }
  }

  private operand(): Operand {
    const token = this.tokens[this.at++];
    switch (token?.kind) {
      case 'quoted': return { kind: 'text', text: token.text, quoted: true };
      case 'bare': return { kind: 'text', text: token.text, quoted: false };
      case 'regex':
        this.regexes++;
        return { kind: 'regex', source: token.text };
      default:
        this.at--;
        throw this.unexpected();
    }
  }

  private take(kind: Token['kind']): string {
    const token = this.tokens[this.at];
    if (token?.kind !== kind) throw this.unexpected();
    this.at++;
    return token.text;
  }

  private skip(text: string): boolean {
    const token = this.tokens[this.at];
    const there = token?.kind === 'punctuation' && token.text === text;
    if (there) this.at++;
    return there;
  }

  private expect(text: string): void {
    if (!this.skip(text)) throw this.unexpected(text);
  }

  private unexpected(wanted?: string): SyntaxError {
    return new SyntaxError(`${this.tokens[this.at]?.text ?? 'the end'} where ${wanted ?? 'something else'} was expected`);
  }
}

/** "If a property selector points to an array or object, the filter pattern won't match": not with `!=` either. */
function valueTest(operator: Operator, operand: Operand): (value: unknown) => boolean {
  if (operand.kind === 'text' && !operand.quoted && NUMBER.test(operand.text)) {
    const number = Number(operand.text);
    return (value) => (typeof value === 'number' && compareNumbers(value, operator, number))
      || (typeof value === 'string' && (operator === '=' || operator === '!=') && (value === operand.text) === (operator === '='));
  }
  if (operator !== '=' && operator !== '!=') throw new SyntaxError(`${operator} compares numbers`);
  const matches = operand.kind === 'regex' ? regexTest(operand.source) : wildcardTest(operand.text);
  const textual = (value: unknown): value is string | number => typeof value === 'string' || (typeof value === 'number' && !(operand.kind === 'text' && operand.quoted));
  return (value) => textual(value) ? matches(String(value)) === (operator === '=') : operator === '!=' && (typeof value === 'boolean' || typeof value === 'number');
}
